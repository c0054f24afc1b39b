"""``vi/Export``: a snapshot of a dataset in a file; what it is made from is all that it is."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType, NoneType
from typing import Any

from dsops.model import (
    PARENT_ID,
    Attributes,
    Call,
    Effect,
    Field,
    Flow,
    KindInfo,
    Late,
    Listing,
    LiveObject,
    NaturalKey,
    Repeat,
    Response,
    RowCodec,
    Verb,
)
from dsops.model.assets import asset
from dsops.providers.common import checked, has_id, if_there
from dsops.providers.vi.conditions import Progress, look, progress
from dsops.providers.vi.dataset import called, live_datasets
from dsops.providers.vi.wire import Path, bad_answer, dataset_id, dataset_path, decoded, pages, part

ID = "datasetExportId"
EXPORTS = "datasetExports"
DEFAULTS: Mapping[str, Any] = MappingProxyType({"format": "ViFull", "normalized": True, "splitRatio": None})


class Export:
    """An export. It can't be changed or deleted; another specification is another export."""

    info = KindInfo(
        provider="vi",
        kind="Export",
        summary="an export of a dataset, made once for each specification",
        schema=asset("schemas", "vi", "Export.json"),
        fields={path: Field(path, create_only=True) for path in DEFAULTS},
        own_key=("specification",),
        parent="vi/Dataset",
        parent_field="dataset",
        verbs=frozenset({Verb.CREATE}),
        settle=5.0,
        takes_names_twice=True,
        patience=3600.0,
        parent_by_id=True,
    )

    rows: RowCodec | None = None

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Return the whole specification: what is left out has a default, and is part of it.

        Raises:
            ValueError: A part of it is to be known later.
        """
        found = {path: spec.get(path, default) for path, default in DEFAULTS.items()}
        late = next((path for path, value in found.items() if isinstance(value, Late)), None)
        if late is not None:
            raise ValueError(f"{late} tells which export is meant, and so can't be an id that is known later")
        return found

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return the dataset's name and the specification, in one word."""
        del name
        return (*parent, specification(self.normalise(spec)))

    def parent_key(self, name: str) -> NaturalKey:
        """Read ``/dataset``.

        Raises:
            ValueError: It has not that form.
        """
        if not name.startswith("/") or len(name) == 1:
            raise ValueError(f"{name!r} is not the name of a dataset; one outside the stack is written /name")
        return (name[1:],)

    def listing(self, parent: NaturalKey) -> Flow:
        """Page by page, the exports of a dataset, one for each specification (``specs/vi.md``, exports).

        The dataset goes by its name, or by its id where none is called so: that is how the id of an export begins.
        """
        datasets: tuple[LiveObject, ...] = yield from live_datasets()
        if not parent:
            found: list[LiveObject] = []
            for each in datasets:
                found += yield from _exports(each)
            return Listing(tuple(found))
        by_id = (each for each in datasets if each.remote_id == parent[0])
        dataset = called(datasets, parent[0]) or next(by_id, None)
        if dataset is None:
            return Listing((), exists=False)
        return Listing((yield from _exports(dataset)), parent_id=dataset.remote_id)

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """One call by id; without one those of its dataset are listed. One that failed counts as not there."""
        if not remote_id:
            listing: Listing = yield from self.listing(key[:-1])
            return next((each for each in listing.objects if each.key == key), None)
        response = yield from if_there(Call("GET", export_path(remote_id)))
        if response is None:
            return None
        live = self.answered(key, response)
        if live is None or live.remote_id != remote_id:
            bad_answer(f"it does not hold the export {remote_id}")
        return None if progress_of(response.body) is Progress.FAILED else live

    def lookups(self, attributes: Attributes, key: NaturalKey) -> None:
        """Nothing needs asking."""

    def answered(self, key: NaturalKey, response: Response) -> LiveObject | None:
        """Read the export that the answer is."""
        if not isinstance(response.body, dict) or not has_id(response.body, ID):
            return None
        return decoded(partial(_decode, key[:-1]), response.body)

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """One POST on the dataset, whose id is given as ``PARENT_ID``."""
        del key
        return (create_call(attributes[PARENT_ID], attributes),)

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """An export can't be changed."""
        del live, attributes
        return ()

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """An export can't be deleted."""
        del live
        return ()

    def waiting(self, effect: Effect, live: LiveObject) -> Flow | None:
        """Making one takes time."""
        return _finishing(live.remote_id) if effect is Effect.CREATE else None

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the spec that declares the export."""
        return {path: value for path, value in live.attributes.items() if value is not None}


def create_call(dataset: Any, attributes: Attributes) -> Call:
    """Return the call that makes an export of a dataset; its id may be known later."""
    options = {"normalized": attributes["normalized"], "splitRatio": attributes["splitRatio"]}
    return Call(
        "POST",
        dataset_path(dataset, EXPORTS),
        body={"spec": {"format": attributes["format"], "options": options}},
        effect=Effect.CREATE,
        settles=tuple(sorted(DEFAULTS)),
        repeat=Repeat.UNIQUE,
    )


def export_path(remote_id: str) -> Path:
    """Return the path of an export, whose id is its dataset's and its own: ``1f0c/77ab``."""
    dataset, _, own = remote_id.partition("/")
    return dataset_path(dataset, EXPORTS, own)


def specification(attributes: Attributes) -> str:
    """Return the specification of an export in one word: ``ViFull-normalized-0.8``."""
    ratio = attributes["splitRatio"]
    words = (str(attributes["format"]), "normalized" if attributes["normalized"] else "pixels")
    return "-".join((*words, f"{float(ratio)!r}") if ratio is not None else words)


def chosen(documents: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield, of the exports of a dataset, the one that counts of each specification.

    That is the newest finished one, else the newest that is running; those that failed don't count.
    """
    best: dict[str, tuple[bool, int, Mapping[str, Any]]] = {}
    for each in documents:
        state = progress_of(each)
        if state is not Progress.FAILED:
            made = part(each, "metadata", "timeCreated")
            found = (state is Progress.FINISHED, made if isinstance(made, int) else 0, each)
            name = specification(attributes_of(each))
            if name not in best or found[:2] > best[name][:2]:
                best[name] = found
    return (each for _, _, each in best.values())


def _exports(dataset: LiveObject) -> Flow:
    documents = yield from pages(dataset_path(dataset.remote_id, EXPORTS), ID, "exports")
    if any(decoded(dataset_id, each) != dataset.remote_id for each in documents):
        bad_answer(f"its pages of exports hold one that is not of the dataset {dataset.remote_id}")
    return tuple(decoded(partial(_decode, dataset.key), each) for each in chosen(documents))


def _finishing(remote_id: str) -> Flow:
    response = yield Call("GET", export_path(remote_id))
    try:
        return look(response.body, "being exported", "the export")
    except (TypeError, AttributeError) as wrong:
        bad_answer(f"the export {remote_id} is malformed ({wrong})")


def progress_of(document: Mapping[str, Any]) -> Progress:
    """Return how far an export is.

    Raises:
        RemoteError: It doesn't say so.
    """
    try:
        return progress(document)
    except (TypeError, AttributeError) as wrong:
        bad_answer(f"the export {document.get(ID)} is malformed ({wrong})")


def attributes_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification of an export of an answer.

    Raises:
        RemoteError: It has none.
    """
    try:
        options = document["spec"]["options"]
        return {
            "format": checked(document["spec"]["format"], str),
            "normalized": checked(options["normalized"], bool),
            "splitRatio": checked(options.get("splitRatio"), int, float, NoneType),
        }
    except (LookupError, TypeError, AttributeError) as wrong:
        bad_answer(f"the export {document.get(ID)} has no specification ({type(wrong).__name__}: {wrong})")


def _decode(parent: NaturalKey, document: Mapping[str, Any]) -> LiveObject:
    attributes = attributes_of(document)
    remote_id = f"{dataset_id(document)}/{document[ID]}"
    return LiveObject(remote_id, (*parent, specification(attributes)), attributes)
