"""The machine's side of ModelArts: datasets with labels and versions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.machine.account import Caller, Declared, Document, Facts, Thing, Things
from tests.support.modelarts import PROJECT

_ROOT = f"/v2/{PROJECT}/datasets"
_ALL = f"{_ROOT}?dataset_version=all&with_labels=true&limit=100&offset=0"
_DATASETS = ("one", "two", "three")
_VERSIONS = ("V1", "V2")
_SPECS: tuple[dict[str, Any], ...] = (
    {"description": "First"},
    {"description": "Second", "labels": [{"name": "cat"}, {"name": "dog"}]},
    {"labels": [{"name": "bird"}]},
)
_GOING = {2, 3}
_FLEETING = ("is_current", "current_version_id", "current_version_name", "update_time", "status", "next_version_num")
_FACTS = Facts(
    provider="modelarts",
    connection={"token": "${env:MACHINE_TOKEN}", "project": PROJECT},
    secrets={"MACHINE_TOKEN": "emulator"},
    listing=r"(datasets|versions)\?",
)


@dataclass(frozen=True, slots=True)
class Modelarts:
    """Datasets one, two and three, with up to two versions each; one is always declared."""

    call: Caller
    facts: Facts = _FACTS

    def declarations(self) -> st.SearchStrategy[Declared]:
        """Any of the datasets, each with a few versions of which one may be current."""
        versions = st.sets(st.sampled_from(_VERSIONS))
        one = st.tuples(st.sampled_from(range(len(_SPECS))), versions, st.booleans())
        others = st.dictionaries(st.sampled_from(_DATASETS[1:]), one, max_size=2)
        return st.builds(lambda first, rest: _declared({"one": first, **rest}), one, others)

    def names(self) -> tuple[str, ...]:
        """Ours, a dataset of theirs with a version, and a version of theirs in one."""
        own = (*_DATASETS, *(f"{each}/{below}" for each in _DATASETS for below in _VERSIONS))
        return (*own, "theirs", "theirs/T1", "one/theirs")

    def things(self) -> Things:
        """All datasets and versions."""
        found = {}
        for each in self.call("GET", _ALL)["datasets"]:
            if each["status"] in _GOING:
                continue
            remote_id, name = each["dataset_id"], each["dataset_name"]
            found[remote_id] = Thing(name, _lasting(each))
            for below in self.call("GET", f"{_ROOT}/{remote_id}/versions?limit=100&offset=0")["versions"]:
                if below["status"] not in _GOING:
                    found[f"{remote_id}/{below['version_id']}"] = Thing(
                        f"{name}/{below['version_name']}", _lasting(below)
                    )
        return found

    def meddle(self, deed: str, name: str, number: int) -> None:
        """Give a description, make, or remove; a version can't be changed."""
        ids = {thing.name: each for each, thing in self.things().items()}
        above, _, own = name.partition("/")
        match deed:
            case "change" if not own and name in ids:
                self.call("PUT", f"{_ROOT}/{ids[name]}", {"description": f"Meddled {number}"})
            case "make" if not own and name not in ids:
                self.call("POST", _ROOT, {**_body(name), "description": f"Made {number}"})
            case "make" if own and above in ids and name not in ids:
                self.call.may("POST", f"{_ROOT}/{ids[above]}/versions", {"version_name": own})
            case "remove" if name in ids:
                self.call.may("DELETE", f"{_ROOT}/{ids[name].replace('/', '/versions/')}")

    def differs(self, declared: Declared, things: Things) -> Iterator[str]:
        """Compare descriptions and labels."""
        live = {each.name: each.document for each in things.values()}
        for name, document in declared.documents.items():
            spec, there = document["spec"], live.get(name)
            if there is None:
                yield f"{name} is not there"
            elif "description" in spec and spec["description"] != there.get("description"):
                yield f"{name}: description"
            elif "labels" in spec and {each["name"] for each in spec["labels"]} != {
                each["name"] for each in there["labels"]
            }:
                yield f"{name}: labels"

    def conflicts(self, declared: Declared, before: Thing, after: Thing) -> Iterator[str]:
        """There are no rows."""
        del declared, before, after
        yield from ()


def _lasting(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _FLEETING}


def _body(name: str) -> dict[str, Any]:
    return {
        "dataset_name": name,
        "dataset_type": 0,
        "data_sources": [{"data_type": 0, "data_path": f"/obs/in/{name}/"}],
        "work_path": f"/obs/out/{name}/",
        "work_path_type": 0,
    }


def _declared(datasets: Mapping[str, tuple[int, set[str], bool]]) -> Declared:
    documents: dict[str, Document] = {}
    for name, (number, versions, current) in datasets.items():
        places = {"dataSource": {"type": "obs", "path": f"/obs/in/{name}/"}, "workPath": f"/obs/out/{name}/"}
        documents[name] = _manifest("Dataset", name, {"type": "image-classification", **places, **_SPECS[number]})
        for below in sorted(versions):
            spec = {"dataset": name, "name": below, **({"current": True} if current and below == max(versions) else {})}
            documents[f"{name}/{below}"] = _manifest("DatasetVersion", f"{name}-{below}", spec)
    return Declared(documents)


def _manifest(kind: str, name: str, spec: Mapping[str, Any]) -> Document:
    return {"apiVersion": "modelarts/v1", "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
