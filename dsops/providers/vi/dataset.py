"""``vi/Dataset``."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import (
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
    Repeat,
    Response,
    RowCodec,
)
from dsops.model.assets import asset
from dsops.providers.common import a_name, checked, has_id, if_there, the_only
from dsops.providers.vi.conditions import look
from dsops.providers.vi.wire import ORGANIZATION, ROOT, bad_answer, dataset_id, dataset_path, decoded, pages

ID = "datasetId"
_FIELDS = ("name", "description", "type", "content")
_CREATE_ONLY = frozenset({"type", "content"})
_REGION = "Datature/Multi"
# What the vendor's client sends with every new dataset (specs/vi.md, creating).
_NEW = MappingProxyType(
    {
        "owner": ORGANIZATION,
        "description": "",
        "content": "Image",
        "localization": _REGION,
        "dataLocalization": _REGION,
        "status": 0,
        "tags": {},
    }
)


class Dataset:
    """A dataset: what its images are annotated with, and words about it."""

    info = KindInfo(
        provider="vi",
        kind="Dataset",
        summary="a dataset of images with annotations",
        schema=asset("schemas", "vi", "Dataset.json"),
        fields={path: Field(path, create_only=path in _CREATE_ONLY) for path in _FIELDS},
        settle=5.0,
        create_may_overwrite=True,
        takes_names_twice=True,
        lost_on_delete="its assets, all their annotations, and its exports",
        patience=900.0,
        renamable=True,
    )

    rows: RowCodec | None = None

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Return the declared fields; its name is added where it stands for itself."""
        return {path: spec[path] for path in _FIELDS if path in spec}

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return its name."""
        return (*parent, spec.get("name", name))

    def parent_key(self, name: str) -> NaturalKey:
        """A dataset has no parent.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"a dataset has no parent, and so none called {name!r}")

    def listing(self, parent: NaturalKey) -> Flow:
        """Page by page, all datasets of the organization but those that are being deleted."""
        del parent
        return Listing((yield from live_datasets()))

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """One call by id; without one all are listed."""
        if not remote_id:
            return called((yield from live_datasets()), key[-1])
        response = yield from if_there(Call("GET", dataset_path(remote_id)))
        if response is None:
            return None
        if has_id(response.body, ID) and decoded(dataset_id, response.body) != remote_id:
            bad_answer(f"it does not hold the dataset {remote_id}")
        if isinstance(response.body, dict) and _going(response.body):
            return None
        return self.answered(key, response) or bad_answer("it holds no dataset")

    def lookups(self, attributes: Attributes, key: NaturalKey) -> None:
        """Nothing needs asking."""

    def answered(self, key: NaturalKey, response: Response) -> LiveObject | None:
        """Read the dataset that the answer is; the answer to a delete is none."""
        del key
        if not isinstance(response.body, dict) or not has_id(response.body, ID) or "name" not in response.body:
            return None
        return decoded(_decode, response.body)

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """One POST; the same name twice would be two datasets, so it is read first."""
        call = Call(
            "POST",
            ROOT,
            body={**_NEW, **attributes, "name": key[-1]},
            effect=Effect.CREATE,
            settles=tuple(sorted(attributes)),
            repeat=Repeat.UNIQUE,
        )
        return (call,)

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """One PATCH with just the fields that differ."""
        settles = tuple(sorted(attributes))
        path = dataset_path(live.remote_id)
        return (Call("PATCH", path, body=dict(attributes), effect=Effect.UPDATE, settles=settles),)

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """One DELETE, which begins an operation."""
        return (Call("DELETE", dataset_path(live.remote_id), effect=Effect.DELETE),)

    def waiting(self, effect: Effect, live: LiveObject) -> Flow | None:
        """Deleting takes time: look at the operation, or whether the dataset is there still."""
        return _deleting(live.remote_id) if effect is Effect.DELETE else None

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the spec that declares the dataset as it is; an empty description stays undeclared."""
        return {path: value for path in _FIELDS if (value := live.attributes.get(path)) not in (None, "")}


def live_datasets() -> Flow:
    """Read all datasets that are not being deleted; returns them in the order of the answers."""
    documents = yield from pages(ROOT, ID, "datasets")
    return tuple(decoded(_decode, each) for each in documents if not _going(each))


def called(objects: Iterable[LiveObject], name: str) -> LiveObject | None:
    """Return the dataset with a name.

    Raises:
        RemoteError: Several have this name: Vi allows it.
    """
    known = {each.remote_id: each for each in objects if each.key == (name,)}
    return known.get(the_only(sorted(known), name, "the organization"))


def _deleting(remote_id: str) -> Flow:
    try:
        operation = yield Call("GET", dataset_path(remote_id, "deleteOperation"))
    except FlowFailure as failed:
        if failed.failure.kind is not FailureKind.NOT_FOUND:
            raise
        return (yield from _gone(remote_id))
    try:
        return look(operation.body, "being deleted", "the deletion")
    except (TypeError, AttributeError) as wrong:
        bad_answer(f"the delete operation of {remote_id} is malformed ({wrong})")


def _gone(remote_id: str) -> Flow:
    try:
        yield Call("GET", dataset_path(remote_id))
    except FlowFailure as failed:
        if failed.failure.kind is FailureKind.NOT_FOUND:
            return Look(done=True)
        raise
    return Look(done=False, words="there still, without a delete operation")


def _going(document: Mapping[str, Any]) -> bool:
    """Whether a dataset is being deleted (``specs/vi.md``, deleting).

    Raises:
        RemoteError: What is said of it isn't the path of an operation, so that it may be there or not.
    """
    deletion = document.get("deleteOp")
    if deletion is not None and (not isinstance(deletion, str) or not deletion):
        bad_answer(f"the dataset {document.get(ID)} has the deleteOp {str(deletion)[:40]!r}, which is no path")
    return deletion is not None


def _decode(document: Mapping[str, Any]) -> LiveObject:
    """Read a dataset of an answer; what it leaves out is unknown."""
    attributes = {"name": a_name(document["name"])}
    attributes |= {path: checked(document[path], str) for path in ("type", "content")}
    if "description" in document:
        attributes["description"] = checked(document["description"] or "", str)
    return LiveObject(dataset_id(document), (attributes["name"],), attributes)
