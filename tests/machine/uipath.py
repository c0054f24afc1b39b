"""The machine's side of UiPath: datasets with streams."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.crash.scenario import PROJECT, dataset, stream
from tests.machine.account import Caller, Declared, Document, Facts, Thing, Things

_ROOT = "/api/v1/datasets"
_DATASETS = ("a", "b", "c")
_STREAMS = ("x", "y")
_DATASET_SPECS: tuple[dict[str, Any], ...] = (
    {"title": "One"},
    {"title": "Two", "description": "A second one."},
    {"title": "One", "sourceIds": ["18ba5ce699f8da1f", "27ba5ce699f8da1f"]},
)
_STREAM_SPECS: tuple[dict[str, Any], ...] = (
    {"title": "First"},
    {"title": "Second", "model": {"version": 8, "labelThresholds": {"Dispute": 0.37}}},
    {"title": "First", "startFrom": "2021-01-01T00:00:00Z", "model": {"version": 9}},
    {"title": "Third", "commentFilter": {"userProperties": {"string:Country": {"oneOf": ["uk"]}}}},
)
_SHOWN = ("title", "description")

_FACTS = Facts(
    provider="uipath",
    connection={"token": "${env:MACHINE_TOKEN}"},
    secrets={"MACHINE_TOKEN": "emulator"},
    listing="(datasets|streams)$",
)


@dataclass(frozen=True, slots=True)
class Uipath:
    """Datasets a, b, c, with streams x and y each; a is always declared."""

    call: Caller
    facts: Facts = _FACTS

    def declarations(self) -> st.SearchStrategy[Declared]:
        """Any of the datasets, any streams below, each as one of a few."""
        streams = st.dictionaries(st.sampled_from(_STREAMS), st.sampled_from(range(len(_STREAM_SPECS))), max_size=2)
        one = st.tuples(st.sampled_from(range(len(_DATASET_SPECS))), streams)
        others = st.dictionaries(st.sampled_from(_DATASETS[1:]), one, max_size=2)
        return st.builds(lambda first, rest: _declared({"a": first, **rest}), one, others)

    def names(self) -> tuple[str, ...]:
        """Ours, a dataset of theirs with its stream, and a stream of theirs in a."""
        own = (*_DATASETS, *(f"{each}/{below}" for each in _DATASETS for below in _STREAMS))
        return (*own, "theirs", "theirs/t", "a/theirs")

    def things(self) -> Things:
        """All datasets and streams."""
        found = {}
        for each in self.call("GET", _ROOT)["datasets"]:
            found[each["id"]] = Thing(each["name"], each)
            for below in self.call("GET", f"{_ROOT}/{PROJECT}/{each['name']}/streams")["streams"]:
                found[below["id"]] = Thing(f"{each['name']}/{below['name']}", below)
        return found

    def meddle(self, deed: str, name: str, number: int) -> None:
        """Give a title, make, or remove."""
        above, _, own = name.partition("/")
        path, kind = f"{_ROOT}/{PROJECT}/{above}", "dataset"
        collection = path
        if own:
            collection, path, kind = f"{path}/streams", f"{path}/streams/{own}", "stream"
        match deed:
            case "change":
                self.call.may("POST", path, {kind: {"title": f"Meddled {number}"}})
            case "make":
                body = {"title": f"Made {number}"} | ({"name": own} if own else {})
                self.call.may("PUT", collection, {kind: body})
            case "remove":
                self.call.may("DELETE", path)

    def differs(self, declared: Declared, things: Things) -> Iterator[str]:
        """Compare texts and models."""
        live = {each.name: each.document for each in things.values()}
        for name, document in declared.documents.items():
            spec, there = document["spec"], live.get(name)
            if there is None:
                yield f"{name} is not there"
                continue
            yield from (f"{name}: {each}" for each in _SHOWN if each in spec and spec[each] != there[each])
            if "model" in spec and spec["model"]["version"] != (there["model"] or {}).get("version"):
                yield f"{name}: model"

    def conflicts(self, declared: Declared, before: Thing, after: Thing) -> Iterator[str]:
        """There are no rows."""
        del declared, before, after
        yield from ()


def _declared(datasets: Mapping[str, tuple[int, Mapping[str, int]]]) -> Declared:
    documents: dict[str, Document] = {}
    for name, (number, streams) in datasets.items():
        documents[name] = dataset(name, **_DATASET_SPECS[number])
        for below, chosen in streams.items():
            manifest = stream(f"{name}-{below}", name, called=below, **_STREAM_SPECS[chosen])
            documents[f"{name}/{below}"] = manifest
    return Declared(documents)
