"""``modelarts/DatasetVersion``."""

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from dsops.model import (
    OWN_ID,
    PARENT_ID,
    Attributes,
    Call,
    Effect,
    FailureKind,
    Field,
    Flow,
    FlowFailure,
    KindInfo,
    Listing,
    LiveObject,
    Look,
    NaturalKey,
    Reference,
    Repeat,
    Response,
    RowCodec,
)
from dsops.model.assets import asset
from dsops.providers.common import a_name, checked, if_there
from dsops.providers.modelarts.dataset import described_dataset, id_of, look_idle, named, there
from dsops.providers.modelarts.wire import (
    CURRENT_ID,
    DATASET_ID,
    READ,
    UPDATE,
    VERSION_ID,
    Document,
    all_datasets,
    dataset_path,
    decoded,
    described,
    every_page,
    is_in,
    name_of,
    status_of,
)
from dsops.providers.modelarts.words import VERSION_STATUS

_LARGEST_PAGE = 1000
_RUNNING = VERSION_STATUS.numbers["running"]
_GOING = frozenset(VERSION_STATUS.numbers[word] for word in ("deleting", "deleted"))
_NAME = re.compile("[A-Za-z0-9_\u4e00-\u9fa5-]{1,32}")
_PLAIN = MappingProxyType(
    {
        "format": ("version_format", str),
        "description": ("description", str),
        "clearHardProperty": ("clear_hard_property", bool),
        "removeSampleUsage": ("remove_sample_usage", bool),
        "exportImages": ("export_images", bool),
        "withColumnHeader": ("with_column_header", bool),
    }
)
"""Fields that are on the wire what they are in manifests: wire name and type."""
_RATIO = "trainEvaluateRatio"
_CURRENT = "current"
_FIELDS = (Field(_CURRENT), *(Field(path, create_only=True) for path in (*_PLAIN, _RATIO)))


class DatasetVersion:
    """A published version of a dataset: fixed, but for which one is current.

    Its remote id is its dataset's and its own, ``gfghHSokody6AJigS5A/54IXbeJhfttGpL46lbv``: calls need both.
    """

    info = KindInfo(
        provider="modelarts",
        kind="DatasetVersion",
        summary="a published version of a ModelArts dataset",
        schema=asset("schemas", "modelarts", "DatasetVersion.json"),
        fields={field.path: field for field in _FIELDS},
        parent="modelarts/Dataset",
        parent_field="dataset",
        settle=5.0,
        lost_on_delete="the labels and samples as they were when it was published",
        patience=1800.0,
        parent_by_id=True,
        exclusive=_CURRENT,
    )

    rows: RowCodec | None = None

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Return the declared fields; the ratio with two decimals, and ``current`` only where it is true."""
        attributes = {path: spec[path] for path in _PLAIN if path in spec}
        if _RATIO in spec:
            attributes[_RATIO] = _ratio(spec[_RATIO])
        return {**attributes, _CURRENT: True} if spec.get(_CURRENT) else attributes

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return (dataset, name).

        Raises:
            ValueError: The resource's name can't be a version's, and the manifest has no other.
        """
        if "name" not in spec and not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} can't be the name of a version, which has 1 to 32 letters, digits, - and _; "
                "give it another with spec.name"
            )
        return (*parent, spec.get("name", name))

    def parent_key(self, name: str) -> NaturalKey:
        """Read ``/dataset``.

        Raises:
            ValueError: It has not that form.
        """
        if not name.startswith("/") or len(name) == 1:
            raise ValueError(f"{name!r} is not the name of a dataset; one outside the stack is written /name")
        return (name[1:],)

    def listing(self, parent: NaturalKey) -> Flow:
        """The versions of a dataset, found among all; without a parent those of every dataset."""
        documents = yield from all_datasets()
        if parent:
            dataset = named(parent[0], documents)
            if not dataset:
                return Listing((), exists=False)
            return Listing((yield from _versions(parent[0], dataset)), parent_id=dataset)
        found: list[LiveObject] = []
        for each in there(documents):
            found += yield from _versions(name_of(each, "dataset_name"), each[DATASET_ID])
        return Listing(tuple(found))

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """One call by id; without one its dataset is looked for, and its versions are listed."""
        if remote_id:
            document = yield from _described(remote_id)
            gone = document is None or is_in(document, _GOING)
            dataset = remote_id.partition("/")[0]
            return None if gone else decoded(partial(_decode, key[0], dataset), document)
        dataset = yield from id_of(key[0])
        versions: tuple[LiveObject, ...] = (yield from _versions(key[0], dataset)) if dataset else ()
        return next((each for each in versions if each.key == key), None)

    def lookups(self, attributes: Attributes, key: NaturalKey) -> None:
        """Nothing needs asking."""

    def answered(self, key: NaturalKey, response: Response) -> None:
        """An answer to a write holds too little: it is read after a creation, and awaited after a switch."""

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """One POST; a version that is to be current is switched to, whether the server does so by itself or not.

        What publishing does to the current version isn't documented (``specs/modelarts.md``, choice 12).
        """
        body: dict[str, Any] = {"version_name": key[-1]}
        body |= {wire: attributes[path] for path, (wire, _) in _PLAIN.items() if attributes.get(path) not in (None, "")}
        if _RATIO in attributes:
            body["train_evaluate_sample_ratio"] = attributes[_RATIO]
        dataset = attributes[PARENT_ID]
        publish = Call(
            "POST",
            dataset_path(dataset, "versions"),
            body=body,
            effect=Effect.CREATE,
            settles=tuple(path for path in sorted(attributes) if path in self.info.fields and path != _CURRENT),
            repeat=Repeat.UNIQUE,
            permission=UPDATE,
        )
        return (publish, _switch(dataset, attributes[OWN_ID])) if attributes.get(_CURRENT) else (publish,)

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """One PUT on the dataset, which switches to the version: nothing else of it can be changed."""
        del attributes
        return (_switch(live.remote_id.partition("/")[0], live.remote_id),)

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """One DELETE by id."""
        return (Call("DELETE", _path(live.remote_id), effect=Effect.DELETE, permission=UPDATE),)

    def waiting(self, effect: Effect, live: LiveObject) -> Flow:
        """Look whether the version is ready and its dataset idle; for a delete until it is gone."""
        if effect is Effect.DELETE:
            return _look_gone(live.remote_id)
        return _look_ready(live.remote_id, current=live.attributes.get(_CURRENT) is True and effect is Effect.UPDATE)

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the spec that declares the version as it is; what is empty stays undeclared."""
        known = live.attributes
        given = {path: known[path] for path in (*_PLAIN, _RATIO) if known.get(path) not in (None, "")}
        return {"name": live.key[-1], **given, **({_CURRENT: True} if known.get(_CURRENT) else {})}


def _switch(dataset: str | Reference, version: str | Reference) -> Call:
    return Call(
        "PUT",
        dataset_path(dataset),
        body={CURRENT_ID: version},
        effect=Effect.UPDATE,
        settles=(_CURRENT,),
        permission=UPDATE,
    )


def _path(remote_id: str) -> tuple[str | Reference, ...]:
    dataset, _, version = remote_id.partition("/")
    return dataset_path(dataset, "versions", version)


def _versions(name: str, dataset: str) -> Flow:
    """Read the versions of a dataset that are there; one that goes while they are read has none."""

    def page(offset: int) -> Call:
        paging = (("limit", str(_LARGEST_PAGE)), ("offset", str(offset)))
        return Call("GET", dataset_path(dataset, "versions"), query=paging, permission=READ)

    try:
        documents = yield from every_page(page, "versions", VERSION_ID, _LARGEST_PAGE)
    except FlowFailure as failed:
        if failed.failure.kind is FailureKind.NOT_FOUND:
            return ()
        raise
    shown = (each for each in documents if not is_in(each, _GOING))
    return tuple(decoded(partial(_decode, name, dataset), each) for each in shown)


def _described(remote_id: str) -> Flow:
    """Read a version's document by its id; returns None where it isn't there."""
    response = yield from if_there(Call("GET", _path(remote_id), permission=READ))
    if response is None:
        return None
    return described(response, VERSION_ID, remote_id.partition("/")[2])


def _look_ready(remote_id: str, *, current: bool) -> Flow:
    """Look at the version first: publishing ends with it. Its dataset is busy until the same moment, or longer."""
    document = yield from _described(remote_id)
    if document is None:
        return Look(done=False, words="the version isn't shown yet")
    status = status_of(document)
    if status != _RUNNING:
        failed = status in _GOING | {VERSION_STATUS.numbers["error"]}
        return Look(done=False, words=f"the version is {VERSION_STATUS.word(status)}", failed=failed)
    dataset = yield from described_dataset(remote_id.partition("/")[0])
    if dataset is None:
        return Look(done=False, words="its dataset is gone", failed=True)
    idle = look_idle(dataset)
    if idle.done and current and dataset.get(CURRENT_ID) != document[VERSION_ID]:
        return Look(done=False, words=f"version {document.get('version_name')} is not the current one yet")
    return idle


def _look_gone(remote_id: str) -> Flow:
    document = yield from _described(remote_id)
    if document is None or document.get("status") == VERSION_STATUS.numbers["deleted"]:
        return Look(done=True)
    return Look(done=False, words=f"the version is {VERSION_STATUS.shown(document.get('status'))}")


def _ratio(text: str) -> str:
    """Return a ratio with two decimals: ``0.8`` and ``0.80`` are the same."""
    return f"{float(text):.2f}"


def _decode(name: str, dataset: str, document: Document) -> LiveObject:
    """Read a version of an answer; what it leaves out is unknown."""
    attributes = {
        path: checked(document[wire], type_) for path, (wire, type_) in _PLAIN.items() if document.get(wire) is not None
    }
    if document.get("train_evaluate_sample_ratio"):
        attributes[_RATIO] = _ratio(document["train_evaluate_sample_ratio"])
    if "is_current" in document:
        attributes[_CURRENT] = checked(document["is_current"], bool)
    key = (name, a_name(document["version_name"]))
    return LiveObject(f"{dataset}/{document[VERSION_ID]}", key, attributes)
