"""Changes made up from a seed: objects that are there before, or after, or stay and differ; and how it is disturbed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.chaos.kills import BASE, Boundary, Instant, Kill, Late, Trial
from tests.chaos.scenario import PROVIDERS, Manifest, Scenario, address_of

_NAMES = ("a", "b", "c", "d")
_PATIENCE = 2.0
"""Seconds that recovery waits for writes that come while it looks."""

Spec = dict[str, Any]


@dataclass(slots=True)
class _Draft:
    """A scenario in the making: each side is (kind, name) to manifest."""

    rng: Random
    provider: str
    base: list[Manifest] = field(default_factory=list)
    target: list[Manifest] = field(default_factory=list)
    strangers: list[Sequence[Any]] = field(default_factory=list)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def add(self, side: list[Manifest], kind: str, name: str, spec: Spec, *, replace: bool = False) -> None:
        meta: dict[str, Any] = {"name": name} | ({"replace": "allowed"} if replace else {})
        side.append({"apiVersion": f"{self.provider}/v1", "kind": kind, "metadata": meta, "spec": spec})

    def presence(self) -> tuple[bool, bool]:
        """Whether an object is there before, and whether it is after."""
        return self.rng.choice([(True, True)] * 4 + [(True, False), (False, True), (False, True), (False, False)])

    def again(self, spec: Spec, **other: Callable[[Random], Any]) -> Spec:
        """Return a spec in which each field named is made anew, every other time."""
        return spec | {name: make(self.rng) for name, make in other.items() if self.chance(0.5)}

    def moved(self, name: str) -> str:
        """Return the name under which the manifest stands afterwards: mostly the same."""
        return f"{name}-moved" if self.chance(0.15) else name


def _uipath(draft: _Draft) -> None:
    rng = draft.rng
    for name in _NAMES:
        before, after = draft.presence()
        spec = {"project": "p", "title": _words(rng), "modelFamily": rng.choice(["english", "transformer-xlm"])}
        then = draft.again(spec, title=_words)
        if draft.chance(0.15):
            then["modelFamily"] = "german"
        if before:
            draft.add(draft.base, "Dataset", name, spec, replace=True)
        if after:
            draft.add(draft.target, "Dataset", name, then, replace=True)
        for own in (f"{name}-x", f"{name}-y"):
            _stream(draft, name, own, before=before, after=after)
    draft.strangers.append(["uipath", "PUT", "/p/stranger", {"dataset": {"title": "Stranger"}}])


def _stream(draft: _Draft, dataset: str, name: str, *, before: bool, after: bool) -> None:
    was, is_ = draft.presence()
    spec = {"dataset": dataset, "name": name, "title": _words(draft.rng), "model": _model(draft.rng)}
    if draft.chance(0.3):
        spec["startFrom"] = "2020-01-01T00:00:00Z"
    then = draft.again(spec, title=_words, model=_model)
    if "startFrom" in then and draft.chance(0.3):
        then["startFrom"] = "2021-01-01T00:00:00Z"
    if before and was:
        draft.add(draft.base, "Stream", name, spec)
    if after and is_:
        draft.add(draft.target, "Stream", draft.moved(name), then)


def _words(rng: Random) -> str:
    return rng.choice(["Mail", "Calls", "Claims"])


def _model(rng: Random) -> Spec:
    return {"version": rng.randint(1, 3), "labelThresholds": {"Refund": rng.choice([0.1, 0.5])}}


def _rows(draft: _Draft, count: int) -> list[Spec]:
    return [_row(draft, f"q{number}", 1) for number in range(count) if draft.chance(0.7)]


def _row(draft: _Draft, asked: str, version: int) -> Spec:
    """Return a row; no two have the same content, so that a new key is told from a new row."""
    row: Spec = {"input": asked, "expectedAnswer": f"{asked} answer {version}"}
    if draft.chance(0.3):
        row["expectedSources"] = [{"name": draft.rng.choice("nm"), "value": f"v{version}"}]
    return row


def _rows_then(draft: _Draft, rows: list[Spec]) -> list[Spec]:
    then = []
    for number, row in enumerate(rows):
        match draft.rng.randrange(6):
            case 0:
                pass
            case 1:
                then.append(_row(draft, row["input"], 2))
            case 2:
                then.append({**row, "input": f"{row['input']} in other words {number}"})
            case _:
                then.append(row)
    return [*then, *(_row(draft, f"new {number}", 1) for number in range(draft.rng.randint(0, 6)))]


def _geai(draft: _Draft) -> None:
    for name in _NAMES:
        before, after = draft.presence()
        mode, rows = draft.rng.choice(["sync", "sync", "upsert"]), _rows(draft, 6)
        spec = {"name": name, "description": _words(draft.rng), "rows": {"mode": mode, "items": rows}}
        then = draft.again(spec, description=_words)
        if draft.chance(0.6):
            then["rows"] = {"mode": mode, "items": _rows_then(draft, rows)}
        address = draft.moved(name)
        if address == name and draft.chance(0.2):
            then["name"] = f"{name} renamed"
        if before:
            draft.add(draft.base, "Dataset", name, spec)
        if after:
            draft.add(draft.target, "Dataset", address, then)
    row = {"dataSetRowInput": "q0", "dataSetRowExpectedAnswer": "theirs"}
    draft.strangers.append(["geai", "POST", "/dataSet", {"dataSetName": "stranger", "rows": [row]}])


def _modelarts(draft: _Draft) -> None:
    for name in _NAMES[:3]:
        before, after = draft.presence()
        spec: Spec = {"name": name, "type": "image-classification", "workPath": f"/zoo/out/{name}/"}
        spec |= {"dataSource": {"type": "obs", "path": "/zoo/in/"}}
        spec |= {"description": _words(draft.rng), "labels": _labels(draft.rng)}
        then = draft.again(spec, description=_words, labels=_labels)
        if draft.chance(0.15):
            then["type"] = "object-detection"
        elif draft.chance(0.15):
            then["name"] = f"{name}-renamed"
        if before:
            draft.add(draft.base, "Dataset", name, spec, replace=True)
            _versions(draft, draft.base, name)
        if after:
            draft.add(draft.target, "Dataset", name, then, replace=True)
            _versions(draft, draft.target, name)
    body = {"dataset_name": "stranger", "data_sources": [{"data_type": 0, "data_path": "/zoo/in/"}]}
    draft.strangers.append(["modelarts", "POST", "", {**body, "work_path": "/zoo/theirs/", "work_path_type": 0}])


def _labels(rng: Random) -> list[Spec]:
    chosen = rng.sample(["cat", "dog", "ant", "bird"], rng.randint(1, 4))
    return [{"name": each, "color": rng.choice(["#FF0000", "#00FF00"])} for each in chosen]


def _versions(draft: _Draft, side: list[Manifest], dataset: str) -> None:
    """Declare versions; one of them is the current one, whatever the order in which they are published."""
    chosen = sorted(draft.rng.sample(["V1", "V2", "V3"], draft.rng.randint(0, 3)))
    current = draft.rng.choice(chosen) if chosen else ""
    for each in chosen:
        spec = {"dataset": dataset, "name": each} | ({"current": True} if each == current else {})
        draft.add(side, "DatasetVersion", f"{dataset}-{each}", spec)


def _vi(draft: _Draft) -> None:
    specs: tuple[Spec, ...] = ({"format": "ViFull", "splitRatio": 0.8}, {"format": "ViFull"}, {"format": "ViJsonl"})
    for name in _NAMES:
        before, after = draft.presence()
        spec = {"name": name, "type": "vqa", "description": _words(draft.rng)}
        then = draft.again(spec, description=_words)
        if draft.chance(0.15):
            then["type"] = "phrase-grounding"
        elif draft.chance(0.2):
            then["name"] = f"{name} renamed"
        if before:
            draft.add(draft.base, "Dataset", name, spec, replace=True)
        if after:
            draft.add(draft.target, "Dataset", name, then, replace=True)
        for number, each in enumerate(specs):
            was, is_ = draft.presence()
            if before and was:
                draft.add(draft.base, "Export", f"{name}-{number}", {"dataset": name, **each})
            if after and is_:
                draft.add(draft.target, "Export", f"{name}-{number}", {"dataset": name, **each})
    body = {"name": "stranger", "owner": "emulator", "type": "vqa", "content": "Image"}
    draft.strangers.append(["vi", "POST", "", body])


_MAKERS: Mapping[str, Callable[[_Draft], None]] = {
    "uipath": _uipath,
    "geai": _geai,
    "modelarts": _modelarts,
    "vi": _vi,
}


def make_scenario(rng: Random, providers: Sequence[str]) -> Scenario:
    """Make up a change of a stack with resources of these providers."""
    base: list[Manifest] = []
    target: list[Manifest] = []
    strangers: list[Sequence[Any]] = []
    for provider in providers:
        draft = _Draft(rng, provider)
        _MAKERS[provider](draft)
        base += draft.base
        target += draft.target
        strangers += draft.strangers
    if len(providers) > 1:
        _refer(rng, target)
    return Scenario("+".join(providers), tuple(base), tuple(strangers), tuple(target), tuple(_removable(target)))


def _refer(rng: Random, target: list[Manifest]) -> None:
    """Let some descriptions name the id of an object of a provider that comes earlier."""
    for number, each in enumerate(target):
        earlier = [other for other in target[:number] if other["apiVersion"] != each["apiVersion"]]
        if each["kind"] == "Dataset" and earlier and rng.random() < 0.3:
            each["spec"]["description"] = f"Beside ${{{address_of(rng.choice(earlier))}.id}}"


def _removable(target: Sequence[Manifest]) -> Iterator[str]:
    """Yield what may be taken out: a current version may not, since which comes after it is the server's choice."""
    return (address_of(each) for each in target if not each["spec"].get("current"))


def make_providers(rng: Random) -> tuple[str, ...]:
    """Choose one provider, or now and then several."""
    count = rng.choices([1, 2, 4], [6, 2, 1])[0]
    chosen = rng.sample(PROVIDERS, count)
    return tuple(each for each in PROVIDERS if each in chosen)


def make_trial(rng: Random, *, boundaries: int, writes: int, seconds: float, removable: Sequence[str]) -> Trial:
    """Make up how a change is disturbed.

    Args:
        rng: Chooses.
        boundaries: How many an undisturbed run of it has.
        writes: How many writes.
        seconds: How long that takes.
        removable: Addresses that may be taken out.
    """
    kills: list[Kill] = []
    for _ in range(rng.choices([1, 2, 3, 4], [5, 3, 2, 1])[0]):
        match rng.choices(["boundary", "instant", "late"], [5, 3, 3])[0]:
            case "boundary":
                kills.append(Boundary(rng.randint(1, boundaries + boundaries // 10)))
            case "instant":
                kills.append(Instant(rng.uniform(0, 1.2 * seconds)))
            case _ if writes:
                kills.append(Late(rng.randrange(writes), rng.random() < 0.5, rng.random() < 0.5))
            case _:
                kills.append(Boundary(1))
    taken_out = ""
    if rng.random() < 0.3:
        taken_out = rng.choice([*removable, BASE])
    during = any(isinstance(each, Late) and each.during for each in kills)
    return Trial(tuple(kills), rng.choice([1, 3, 10]), taken_out, _PATIENCE if during else 0)
