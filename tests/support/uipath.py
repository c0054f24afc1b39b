"""UiPath stacks by chance: strategies for specs and resources, and a provider small enough to be obviously right."""

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from dsops.model import (
    ALL_VERBS,
    Address,
    Call,
    Meta,
    Plan,
    Record,
    Reference,
    Resource,
    Source,
    State,
    Template,
    Verb,
    substitute,
)

OUTSIDE = "p/outside"
_HEX = st.sampled_from(["18ba5ce699f8da1f", "b8ba5ce699f8da1f", "0000000000000001"])
_TEXT = st.text("abc é紛$'\"", max_size=6)
_NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6, allow_nan=False).map(lambda each: round(each, 3)))
_PART = st.text("ABc .", min_size=1, max_size=3).filter(lambda each: each.strip() == each)
_LABEL = st.lists(_PART, min_size=1, max_size=3).map(" > ".join)
_THRESHOLD = st.sampled_from([0, 0.37, 0.5, 1.0, 1])
_TEXTS = st.lists(st.sampled_from(["uk", "de", "no", ""]), min_size=1, max_size=4, unique=True)

_DEFAULTS = {"title": "", "description": "", "source_ids": [], "model_family": "english", "has_sentiment": True}

instants = st.builds(
    "2020-0{}-1{}T0{}:15:00{}{}".format,
    st.integers(1, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from(["", ".5", ".000001"]),
    st.sampled_from(["Z", "", "+00:00", "+02:00", "-11:30"]),
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "userProperties": st.dictionaries(
            st.sampled_from(["string:Country", "string:one_of", "string:aB"]),
            st.fixed_dictionaries({"oneOf": _TEXTS}, optional={"domainNotOneOf": _TEXTS}),
            max_size=2,
        ),
        "reviewed": st.sampled_from(["only_reviewed", "only_unreviewed"]),
        "timestamp": st.fixed_dictionaries({"minimum": instants}, optional={"maximum": instants}),
        "sources": st.lists(_HEX, min_size=1, unique=True),
        "messages": st.fixed_dictionaries({"from": st.fixed_dictionaries({"domainOneOf": _TEXTS})}),
        "triggerExceptions": st.dictionaries(st.sampled_from(["some_thing", "aB"]), st.lists(_NUMBERS), max_size=2),
        "annotations": st.just({"labels": {"nameIn": ["b", "a"], "is_set": True}}),
    },
)
models = st.fixed_dictionaries(
    {"version": st.integers(0, 9)},
    optional={"labelThresholds": st.dictionaries(_LABEL, _THRESHOLD, max_size=3)},
)
dataset_specs = st.fixed_dictionaries(
    {},
    optional={
        "title": _TEXT,
        "description": _TEXT,
        "sourceIds": st.lists(_HEX, unique=True),
        "modelFamily": st.sampled_from(["english", "german"]),
        "hasSentiment": st.booleans(),
    },
)
stream_specs = st.fixed_dictionaries(
    {},
    optional={
        "title": _TEXT,
        "description": _TEXT,
        "model": st.none() | models,
        "commentFilter": st.none() | filters,
        "startFrom": instants,
    },
)
metas = st.builds(
    Meta,
    protect=st.sampled_from([False, False, False, True]),
    policy=st.sampled_from([ALL_VERBS] * 5 + [ALL_VERBS - {Verb.DELETE}, ALL_VERBS - {Verb.CREATE}]),
    replace=st.booleans(),
)


@st.composite
def stacks(draw: st.DrawFn, metas: st.SearchStrategy[Meta] = metas) -> tuple[Resource, ...]:
    """Return a few datasets, some with streams, some referring to others."""
    datasets = draw(_names("abcd", 3))
    streams = draw(_names("stuvw", 4))
    resources = []
    for number, (name, own) in enumerate(datasets):
        spec = {"project": "p", "name": own, **draw(dataset_specs)}
        refers = draw(st.sampled_from([None, None, *(each for each, _ in datasets[:number])]))
        depends: tuple[Address, ...] = ()
        if refers is not None:
            reference = Reference(Address("uipath", "Dataset", refers))
            spec["description"] = draw(st.sampled_from([reference, Template(("see ", reference))]))
            depends = (reference.address,)
        resources.append(_resource(Address("uipath", "Dataset", name), spec, draw(metas), None, depends))
    for name, own in streams:
        dataset = draw(st.sampled_from([OUTSIDE, *(each for each, _ in datasets)]))
        parent = dataset if dataset == OUTSIDE else Address("uipath", "Dataset", dataset)
        spec = {"dataset": dataset, "name": own, **draw(stream_specs)}
        depends = (parent,) if isinstance(parent, Address) else ()
        resources.append(_resource(Address("uipath", "Stream", name), spec, draw(metas), parent, depends))
    return tuple(resources)


@st.composite
def _names(draw: st.DrawFn, letters: str, most: int) -> list[tuple[str, str]]:
    """Return addresses' names, each with the name at the provider: the same, or one of the others'."""
    names = draw(st.lists(st.sampled_from(letters), unique=True, max_size=most))
    own = draw(st.permutations(letters)) if draw(st.booleans()) else names
    return list(zip(names, own, strict=False))


def _resource(
    address: Address, spec: Mapping[str, Any], meta: Meta, parent: Address | str | None, depends: tuple[Address, ...]
) -> Resource:
    return Resource(address, "cm", spec, meta, Source("r.yaml", 1), parent, depends)


@dataclass(slots=True)
class Model:
    """A provider as the specification has it, without HTTP: datasets by key, each with its streams.

    Attributes:
        datasets: Key to document; ``streams`` holds a dataset's.
        echoes: Whether answers hold thresholds and filters.
        next_id: Number of the next object.
        resets: Where streams were reset to, by id.
    """

    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    echoes: bool = True
    next_id: int = 1
    resets: dict[str, str] = field(default_factory=dict)

    @property
    def live(self) -> dict[str, dict[str, Any]]:
        """What its answers show, as ``tests.support.planning.Server`` takes it."""
        shown = copy.deepcopy(self.datasets)
        for dataset in shown.values():
            for stream in dataset["streams"].values():
                if not self.echoes:
                    stream.pop("comment_filter", None)
                    if stream.get("model"):
                        stream["model"].pop("label_thresholds", None)
        return {"cm": shown}

    def ids(self) -> dict[str, str]:
        """Every object's key to its id."""
        found = {key: each["id"] for key, each in self.datasets.items()}
        for key, dataset in self.datasets.items():
            found |= {f"{key}/{name}": stream["id"] for name, stream in dataset["streams"].items()}
        return found

    def do(self, call: Call, body: Any) -> str:
        """Carry a write out, and return the key of what it wrote to; a call that the API would refuse fails."""
        names = [str(part) for part in call.path][3:]
        key, streams = "/".join(names[:2]), names[2:]
        match call.method, streams:
            case "PUT", []:
                assert key not in self.datasets, f"{key} is taken"
                self.datasets[key] = {"id": self._id(), **_DEFAULTS, **body["dataset"], "streams": {}}
            case "POST", []:
                assert not {"model_family", "has_sentiment"} & body["dataset"].keys()
                self.datasets[key].update(body["dataset"])
            case "DELETE", []:
                del self.datasets[key]
            case "PUT", ["streams"]:
                return self._put_stream(key, body["stream"])
            case "POST", ["streams", name]:
                self.datasets[key]["streams"][name].update(_stream(body["stream"]))
            case "DELETE", ["streams", name]:
                del self.datasets[key]["streams"][name]
            case "POST", ["streams", name, "reset"]:
                self.resets[self.datasets[key]["streams"][name]["id"]] = body["to_comment_created_at"]
            case _:
                raise AssertionError(f"{call.method} {call.target} is no call of this API")
        return "/".join([key, *streams[1:2]])

    def _put_stream(self, key: str, body: Mapping[str, Any]) -> str:
        name = body["name"]
        streams = self.datasets[key]["streams"]
        assert name not in streams, f"{key}/{name} is taken"
        rest = _stream({each: value for each, value in body.items() if each != "name"})
        streams[name] = {"id": self._id(), "title": "", "description": "", "model": None, "comment_filter": {}, **rest}
        return f"{key}/{name}"

    def _id(self) -> str:
        self.next_id += 1
        return f"{self.next_id:016x}"


def _stream(body: Mapping[str, Any]) -> dict[str, Any]:
    """A stream's fields as the provider keeps them: thresholds are there, if only as an empty list."""
    stream = copy.deepcopy(dict(body))
    if stream.get("model"):
        stream["model"].setdefault("label_thresholds", [])
    return stream


def carry_out(plan: Plan, state: State, server: Model) -> State:
    """Do all calls of a plan, each after those it follows, and return the state afterwards."""
    ids = {address: record.remote_id for address, record in state.records.items()}
    ids |= {each.address: each.after.remote_id for each in plan.changes if each.after and each.after.remote_id}
    owner = {call.id: change.address for change in plan.changes for call in change.calls}
    done: set[int] = set()
    for planned in plan.calls:
        assert set(planned.after) <= done
        body = substitute(planned.call.body, lambda reference: ids.get(reference.address))
        key = server.do(planned.call, body)
        if planned.call.method == "PUT":
            ids[owner[planned.id]] = server.ids()[key]
        done.add(planned.id)
    records = dict(state.records) | {record.address: record for record in plan.refresh}
    for change in plan.changes:
        if change.action == "blocked":
            continue
        if change.before is not None:
            records.pop(change.before.address, None)
    for change in plan.changes:
        if change.action != "blocked" and change.after is not None:
            records[change.address] = _known(change.after, ids)
    return State("lineage", state.serial + 1, "mail", None, records)


def _known(record: Record, ids: Mapping[Address, str]) -> Record:
    attributes = substitute(record.attributes, lambda reference: ids.get(reference.address))
    return dataclasses.replace(record, remote_id=ids[record.address], attributes=attributes)
