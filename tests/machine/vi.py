"""The machine's side of Vi: datasets with exports."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.machine.account import Caller, Declared, Document, Facts, Thing, Things
from tests.support.vi import ORGANIZATION, SECRET

_ROOT = f"/workspaces/{ORGANIZATION}/datasets"
_DATASETS = ("shelves", "doors", "lamps")
_EXPORTS: Mapping[str, dict[str, Any]] = {
    "whole": {"format": "ViFull", "normalized": True},
    "split": {"format": "ViFull", "normalized": True, "splitRatio": 0.8},
    "theirs": {"format": "ViFull", "normalized": False},
}
_SPECS: tuple[dict[str, Any], ...] = ({}, {"description": "First"}, {"description": "Second"})
_FLEETING = ("status", "metadata", "etag")
_FACTS = Facts(
    provider="vi",
    connection={"token": "${env:MACHINE_TOKEN}", "organization": ORGANIZATION},
    secrets={"MACHINE_TOKEN": SECRET},
    listing=r"(datasets|datasetExports)\?",
    kept="/",
)


@dataclass(frozen=True, slots=True)
class Vi:
    """Datasets shelves, doors and lamps, with up to two exports each; shelves is always declared."""

    call: Caller
    facts: Facts = _FACTS

    def declarations(self) -> st.SearchStrategy[Declared]:
        """Any of the datasets, each with a few exports."""
        exports = st.sets(st.sampled_from(("whole", "split")))
        one = st.tuples(st.sampled_from(range(len(_SPECS))), exports)
        others = st.dictionaries(st.sampled_from(_DATASETS[1:]), one, max_size=2)
        return st.builds(lambda first, rest: _declared({"shelves": first, **rest}), one, others)

    def names(self) -> tuple[str, ...]:
        """Ours, a dataset of theirs with an export, and an export of theirs in shelves."""
        own = (*_DATASETS, *(f"{each}/{below}" for each in _DATASETS for below in ("whole", "split")))
        return (*own, "theirs", "theirs/theirs", "shelves/theirs")

    def things(self) -> Things:
        """All datasets and exports that aren't going."""
        found = {}
        for each in self.call("GET", f"{_ROOT}?s=1000")["items"]:
            if each.get("deleteOp") is not None:
                continue
            remote_id, name = each["datasetId"].removeprefix(f"{ORGANIZATION}_"), each["name"]
            found[remote_id] = Thing(name, _lasting(each))
            for below in self.call("GET", f"{_ROOT}/{each['datasetId']}/datasetExports?s=1000")["items"]:
                specification = _word(below["spec"]["format"], below["spec"]["options"])
                found[f"{remote_id}/{below['datasetExportId']}"] = Thing(f"{name}/{specification}", _lasting(below))
        return found

    def meddle(self, deed: str, name: str, number: int) -> None:
        """Give a description, make, or remove; an export can only be made."""
        ids = {thing.name: each for each, thing in self.things().items()}
        above, _, own = name.partition("/")
        match deed:
            case "change" if not own and name in ids:
                self.call("PATCH", f"{_ROOT}/{_whole(ids[name])}", {"description": f"Meddled {number}"})
            case "make" if not own and name not in ids:
                body = {"name": name, "owner": ORGANIZATION, "type": "phrase-grounding", "content": "Image"}
                self.call("POST", _ROOT, {**body, "description": f"Made {number}"})
            case "make" if own and above in ids and name not in ids:
                spec = _EXPORTS[own]
                options = {"normalized": spec["normalized"], "splitRatio": spec.get("splitRatio")}
                asked = {"spec": {"format": spec["format"], "options": options}}
                self.call("POST", f"{_ROOT}/{_whole(ids[above])}/datasetExports", asked)
            case "remove" if not own and name in ids:
                self.call("DELETE", f"{_ROOT}/{_whole(ids[name])}")

    def differs(self, declared: Declared, things: Things) -> Iterator[str]:
        """Compare descriptions."""
        live = {each.name: each.document for each in things.values()}
        for name, document in declared.documents.items():
            spec, there = document["spec"], live.get(name)
            if there is None:
                yield f"{name} is not there"
            elif "description" in spec and spec["description"] != there.get("description"):
                yield f"{name}: description"

    def conflicts(self, declared: Declared, before: Thing, after: Thing) -> Iterator[str]:
        """There are no rows."""
        del declared, before, after
        yield from ()


def _whole(remote_id: str) -> str:
    return f"{ORGANIZATION}_{remote_id}"


def _lasting(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _FLEETING}


def _word(format_: str, options: Mapping[str, Any]) -> str:
    """Return what an export is called here."""
    spec = {"format": format_, "normalized": options["normalized"], "splitRatio": options.get("splitRatio")}
    return next(name for name, each in _EXPORTS.items() if {"splitRatio": None, **each} == spec)


def _declared(datasets: Mapping[str, tuple[int, set[str]]]) -> Declared:
    documents: dict[str, Document] = {}
    for name, (number, exports) in datasets.items():
        spec = {"type": "phrase-grounding", "content": "Image", **_SPECS[number]}
        documents[name] = _manifest("Dataset", name, spec)
        for below in sorted(exports):
            documents[f"{name}/{below}"] = _manifest("Export", f"{name}-{below}", {"dataset": name, **_EXPORTS[below]})
    return Declared(documents)


def _manifest(kind: str, name: str, spec: Mapping[str, Any]) -> Document:
    return {"apiVersion": "vi/v1", "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
