"""``geai/Dataset``."""

from collections.abc import Mapping
from typing import Any

from dsops.model import (
    Attributes,
    Call,
    Effect,
    Field,
    Flow,
    KindInfo,
    Listing,
    LiveObject,
    NaturalKey,
    Repeat,
    Response,
    RowCodec,
)
from dsops.model.assets import asset
from dsops.providers.common import has_id, if_there, the_only
from dsops.providers.geai.fields import DATASET, wire_fields
from dsops.providers.geai.rows import Rows
from dsops.providers.geai.wire import DATASET_ID, ROOT, ROWS, bad_answer, dataset_path, decoded, documents

DATASETS = Call("GET", (ROOT, "dataSets"), stream=ROWS)
"""All datasets of the project; each comes with all its rows, which are not kept."""


class Dataset:
    """An evaluation dataset: what it is called and is for, and its rows."""

    info = KindInfo(
        provider="geai",
        kind="Dataset",
        summary="an evaluation dataset with its rows",
        schema=asset("schemas", "geai", "Dataset.json"),
        fields={path: Field(path) for path in DATASET},
        settle=5.0,
        lost_on_delete="its rows with their expected sources and filter variables, whoever added them",
        renamable=True,
        read_by_id=True,
    )

    rows: RowCodec | None = Rows()

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Return the declared fields; the rows are none of them."""
        return {path: spec[path] for path in DATASET if path in spec}

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return (name,)."""
        return (*parent, spec.get("name", name))

    def parent_key(self, name: str) -> NaturalKey:
        """A dataset has no parent.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"a dataset has no parent, and so none called {name!r}")

    def listing(self, parent: NaturalKey) -> Flow:
        """One call for all datasets of the project; it has no pages (``specs/geai.md``, choice 18)."""
        del parent
        response = yield DATASETS
        found = tuple(decoded(_decode, document) for document in documents(response, DATASET_ID, "datasets"))
        return Listing(found)

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """One call by id; where that isn't known the listing first, which is far larger."""
        if not remote_id:
            listing: Listing = yield from self.listing(())
            ids = [each.remote_id for each in listing.objects if each.key == key]
            remote_id = the_only(ids, key[0], "the project")
            if not remote_id:
                return None
        response = yield from if_there(Call("GET", dataset_path(remote_id), stream=ROWS))
        if response is None:
            return None
        live = self.answered(key, response)
        if live is None or live.remote_id != remote_id:
            bad_answer(f"it does not hold the dataset {remote_id}")
        return live

    def lookups(self, attributes: Attributes, key: NaturalKey) -> None:
        """Nothing needs asking."""

    def answered(self, key: NaturalKey, response: Response) -> LiveObject | None:
        """Read the dataset in the answer, whose rows are passed over; an upload may answer something else."""
        del key
        document = response.body
        if not isinstance(document, dict) or not has_id(document, DATASET_ID):
            return None
        return decoded(_decode, document)

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """One POST, without rows."""
        return (
            Call(
                "POST",
                (ROOT, "dataSet"),
                body=wire_fields({**attributes, "name": key[-1]}),
                effect=Effect.CREATE,
                settles=tuple(sorted(attributes)),
                repeat=Repeat.UNIQUE,
            ),
        )

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """One PUT with just the fields given; never rows, whose meaning there is open (``specs/geai.md``, choice 1)."""
        return (
            Call(
                "PUT",
                dataset_path(live.remote_id),
                body=wire_fields(attributes),
                effect=Effect.UPDATE,
                settles=tuple(sorted(attributes)),
            ),
        )

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """One DELETE by id; the rows go with it."""
        return (Call("DELETE", dataset_path(live.remote_id), effect=Effect.DELETE),)

    def waiting(self, effect: Effect, live: LiveObject) -> None:
        """An answer means that it is so."""

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the spec that declares the dataset as it is; empty fields stay undeclared."""
        known = live.attributes
        return {"name": live.key[0], **{path: known[path] for path in DATASET if known.get(path) not in (None, "")}}


def _decode(document: Mapping[str, Any]) -> LiveObject:
    """Read a dataset of an answer. A text that is null is empty; ``active`` without a value is unknown."""
    name = document[DATASET["name"]]
    if not isinstance(name, str) or not name:
        raise ValueError("it has no name")
    attributes: dict[str, Any] = {"name": name}
    for path in ("description", "type"):
        if DATASET[path] in document:
            attributes[path] = _checked(document[DATASET[path]], str) or ""
    active = _checked(document.get(DATASET["active"]), bool)
    if active is not None:
        attributes["active"] = active
    return LiveObject(document[DATASET_ID], (name,), attributes)


def _checked(value: Any, type_: type) -> Any:
    if value is not None and not isinstance(value, type_):
        raise TypeError(f"{str(value)[:40]!r} is not {type_.__name__}")
    return value
