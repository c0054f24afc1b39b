"""One change of a stack that holds every kind of write: what was, what is to be, and the writes that lead there.

====================== ==================================================================
create                 dataset ``fresh``; stream ``fresh-a`` (with startFrom: two calls); stream ``extra``
update                 dataset ``keep``; stream ``edited``; stream ``renamed``, whose address moves with it
reset                  stream ``rewound``
delete                 stream ``gone``; dataset ``doomed`` with its stream
replace                dataset ``swapped`` with its two streams
adopt, without a call  stream ``adopted``
left alone             dataset ``stranger`` with its stream, stream ``foreign`` of ``keep``
====================== ==================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROJECT = "p"
SETTLE = 0.5

Spec = dict[str, Any]
Manifest = dict[str, Any]


def dataset(name: str, title: str, *, replace: bool = False, **spec: Any) -> Manifest:
    """Return the manifest of a dataset."""
    meta = {"name": name} | ({"replace": "allowed"} if replace else {})
    return {
        "apiVersion": "uipath/v1",
        "kind": "Dataset",
        "metadata": meta,
        "spec": {"project": PROJECT, "title": title, **spec},
    }


def stream(name: str, parent: str, title: str, *, called: str | None = None, **spec: Any) -> Manifest:
    """Return the manifest of a stream; ``called`` is its name at the provider where that is another."""
    named = {"name": called} if called else {}
    return {
        "apiVersion": "uipath/v1",
        "kind": "Stream",
        "metadata": {"name": name},
        "spec": {"dataset": parent, "title": title, **named, **spec},
    }


def stack_file(endpoint: str, *, settle: float = SETTLE) -> Manifest:
    """Return the stack file; its guards let everything through that the scenario does."""
    connection = {"provider": "uipath", "endpoint": endpoint, "token": "${env:CRASH_TOKEN}", "settle": settle}
    safety = {"maxDeletes": 100, "maxDeletePercent": 100, "maxUpdatePercent": 100}
    spec = {"connections": {"mail": connection}, "safety": safety}
    return {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "crash"}, "spec": spec}


_MODEL = {"version": 8, "labelThresholds": {"Dispute": 0.37, "Dispute > Valuation": 0.41}}

_UNCHANGED = (
    stream("steady", "keep", "Steady", model=_MODEL),
    dataset("solid", "Solid", sourceIds=["18ba5ce699f8da1f"]),
)
BASE = (
    *_UNCHANGED,
    dataset("keep", "Keep"),
    stream("edited", "keep", "Before", model=_MODEL),
    stream("rewound", "keep", "Rewound", startFrom="2020-01-01T00:00:00Z"),
    stream("old-name", "keep", "Old name", called="renamed"),
    stream("gone", "keep", "Gone"),
    dataset("doomed", "Doomed"),
    stream("doomed-a", "doomed", "Doomed A"),
    dataset("swapped", "Swapped", replace=True, modelFamily="english"),
    stream("swapped-a", "swapped", "Swapped A", model=_MODEL),
    stream("swapped-b", "swapped", "Swapped B"),
)
TARGET = (
    *_UNCHANGED,
    dataset("keep", "Kept"),
    stream("edited", "keep", "After", model={**_MODEL, "version": 9}),
    stream("rewound", "keep", "Rewound", startFrom="2021-01-01T00:00:00Z"),
    stream("new-name", "keep", "New name", called="renamed"),
    stream("adopted", "keep", "Adopted"),
    dataset("swapped", "Swapped", replace=True, modelFamily="transformer-xlm"),
    stream("swapped-a", "swapped", "Swapped A", model=_MODEL),
    stream("swapped-b", "swapped", "Swapped B"),
    dataset("fresh", "Fresh", description="Made in this run."),
    stream("fresh-a", "fresh", "Fresh A", startFrom="2022-01-01T00:00:00Z", model=_MODEL),
    stream("extra", "keep", "Extra", commentFilter={"userProperties": {"string:Country": {"oneOf": ["uk", "no"]}}}),
)


def seed() -> dict[str, Any]:
    """Return what the emulator holds at the start: the base, and what belongs to strangers."""
    model = {"version": 8, "label_thresholds": [{"name": path.split(" > "), "threshold": value} for path, value in _T]}

    def named(name: str, title: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "title": title, **more}

    def held(name: str, title: str, streams: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        return {"project": PROJECT, **named(name, title), "streams": streams, **more}

    keep = [
        named("steady", "Steady", model=model),
        named("edited", "Before", model=model),
        named("rewound", "Rewound"),
        named("renamed", "Old name"),
        named("gone", "Gone"),
        named("adopted", "Adopted"),
        named("foreign", "Foreign"),
    ]
    swapped = [named("swapped-a", "Swapped A", model=model), named("swapped-b", "Swapped B")]
    return {
        "uipath": {
            "datasets": [
                held("solid", "Solid", [], source_ids=["18ba5ce699f8da1f"]),
                held("keep", "Keep", keep),
                held("doomed", "Doomed", [named("doomed-a", "Doomed A")]),
                held("swapped", "Swapped", swapped, model_family="english"),
                held("stranger", "Stranger", [named("theirs", "Theirs", model=model)]),
            ]
        }
    }


_T = tuple(_MODEL["labelThresholds"].items())  # type: ignore[attr-defined]
_ROOT = f"/api/v1/datasets/{PROJECT}"


@dataclass(frozen=True, slots=True)
class Write:
    """One write of the scenario.

    Attributes:
        id: What the tests call it.
        method: Its method.
        path: Its path.
        skip: How many equal in method and path come before it when one call is in flight at a time.
        makes: Names of manifests that have no meaning without what it writes: its own, and those below.
        repeatable: Whether nothing can tell afterwards that it was carried out, so that it is sent again.
    """

    id: str
    method: str
    path: str
    skip: int = 0
    makes: tuple[str, ...] = ()
    repeatable: bool = False

    def rule(self, fault: str, **more: Any) -> Mapping[str, Any]:
        """Return the emulator's rule for a fault of just this write."""
        match = {"method": self.method, "path": f"^{self.path}$"}
        return {"match": match, "skip": self.skip, "times": 1, "fault": fault, **more}


_SWAPPED = ("Dataset-swapped", "Stream-swapped-a", "Stream-swapped-b")
_FRESH = ("Dataset-fresh", "Stream-fresh-a")

WRITES = (
    Write("create-dataset", "PUT", f"{_ROOT}/fresh", makes=_FRESH),
    Write("create-stream-with-start", "PUT", f"{_ROOT}/fresh/streams", makes=_FRESH[1:]),
    Write("reset-new-stream", "POST", f"{_ROOT}/fresh/streams/fresh-a/reset", makes=_FRESH[1:], repeatable=True),
    Write("create-stream", "PUT", f"{_ROOT}/keep/streams", makes=("Stream-extra",)),
    Write("update-dataset", "POST", f"{_ROOT}/keep"),
    Write("update-stream", "POST", f"{_ROOT}/keep/streams/edited", makes=("Stream-edited",)),
    Write("update-moved-stream", "POST", f"{_ROOT}/keep/streams/renamed", makes=("Stream-new-name",)),
    Write("reset-stream", "POST", f"{_ROOT}/keep/streams/rewound/reset", makes=("Stream-rewound",), repeatable=True),
    Write("delete-stream", "DELETE", f"{_ROOT}/keep/streams/gone"),
    Write("delete-stream-below", "DELETE", f"{_ROOT}/doomed/streams/doomed-a"),
    Write("delete-dataset", "DELETE", f"{_ROOT}/doomed"),
    Write("replace-deletes-stream-a", "DELETE", f"{_ROOT}/swapped/streams/swapped-a"),
    Write("replace-deletes-stream-b", "DELETE", f"{_ROOT}/swapped/streams/swapped-b"),
    Write("replace-deletes-dataset", "DELETE", f"{_ROOT}/swapped"),
    Write("replace-creates-dataset", "PUT", f"{_ROOT}/swapped", makes=_SWAPPED),
    Write("replace-creates-stream-1", "PUT", f"{_ROOT}/swapped/streams", makes=("Stream-swapped-a",)),
    Write("replace-creates-stream-2", "PUT", f"{_ROOT}/swapped/streams", skip=1, makes=("Stream-swapped-b",)),
)

FIRST = 6
"""So many of these writes wait for no other."""
