"""``uipath/Dataset``."""

from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Any

from dsops.model import (
    Attributes,
    Call,
    Effect,
    Field,
    Flow,
    KindInfo,
    LiveObject,
    NaturalKey,
    Repeat,
    Response,
    RowCodec,
)
from dsops.model.assets import asset
from dsops.providers.common import a_name, checked, has_id, if_there
from dsops.providers.uipath.wire import ROOT, as_set, bad_answer, decoded, items, whole

_WIRE = MappingProxyType(
    {
        "title": "title",
        "description": "description",
        "sourceIds": "source_ids",
        "modelFamily": "model_family",
        "hasSentiment": "has_sentiment",
    }
)
_TYPES: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "title": (str, NoneType),
        "description": (str, NoneType),
        "sourceIds": (list, NoneType),
        "modelFamily": (str,),
        "hasSentiment": (bool,),
    }
)
_CREATE_ONLY = frozenset({"modelFamily", "hasSentiment"})


class Dataset:
    """A dataset: which sources it reads and how its labels work."""

    info = KindInfo(
        provider="uipath",
        kind="Dataset",
        summary="a Communications Mining dataset",
        schema=asset("schemas", "uipath", "Dataset.json"),
        fields={path: Field(path, create_only=path in _CREATE_ONLY) for path in _WIRE},
        own_key=("project", "name"),
        settle=5.0,
        create_may_overwrite=True,
        lost_on_delete="its annotations (all labels people assigned), its trained models and its streams",
    )

    rows: RowCodec | None = None

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Return the declared fields; source ids as a set."""
        attributes = {path: spec[path] for path in _WIRE if path in spec}
        if "sourceIds" in attributes:
            attributes["sourceIds"] = as_set(attributes["sourceIds"])
        return attributes

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return (project, name)."""
        return (*parent, spec["project"], spec.get("name", name))

    def parent_key(self, name: str) -> NaturalKey:
        """A dataset has no parent.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"a dataset has no parent, and so none called {name!r}")

    def listing(self, parent: NaturalKey) -> Flow:
        """One call for all datasets of the account; it has no pages (``specs/uipath.md``, listings)."""
        del parent
        response = yield Call("GET", ROOT, permission="View labels")
        return whole(decoded(_decode, document) for document in items(response, "datasets"))

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """One call by name."""
        del remote_id
        response = yield from if_there(Call("GET", (*ROOT, *key), permission="View labels"))
        if response is None:
            return None
        return self.answered(key, response) or bad_answer("it holds no dataset")

    def lookups(self, attributes: Attributes, key: NaturalKey) -> None:
        """Nothing needs asking."""

    def answered(self, key: NaturalKey, response: Response) -> LiveObject | None:
        """Read the dataset in the answer."""
        del key
        document = response.body.get("dataset") if isinstance(response.body, dict) else None
        if not isinstance(document, dict) or not has_id(document, "id"):
            return None
        return decoded(_decode, document)

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """One PUT on the name."""
        return (_write("PUT", key, attributes, Effect.CREATE, Repeat.UNIQUE, "Modify datasets"),)

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """One POST on the name with just the fields that differ."""
        return (_write("POST", live.key, attributes, Effect.UPDATE, Repeat.SAFE, "Datasets admin"),)

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """One DELETE on the name."""
        return (Call("DELETE", (*ROOT, *live.key), effect=Effect.DELETE, permission="Datasets admin"),)

    def waiting(self, effect: Effect, live: LiveObject) -> None:
        """An answer means that it is so."""

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the spec that declares the dataset as it is; fields without a value stay undeclared."""
        declarable = {path: value for path, value in live.attributes.items() if value is not None}
        return {"project": live.key[0], "name": live.key[1], **declarable}


def _write(
    method: str, key: NaturalKey, attributes: Attributes, effect: Effect, repeat: Repeat, permission: str
) -> Call:
    body = {"dataset": {_WIRE[path]: value for path, value in attributes.items()}}
    return Call(
        method,
        (*ROOT, *key),
        body=body,
        effect=effect,
        settles=tuple(sorted(attributes)),
        repeat=repeat,
        permission=permission,
    )


def _decode(document: Mapping[str, Any]) -> LiveObject:
    """Read a dataset of an answer; what it leaves out is unknown, and so is a create-only field without a value."""
    key = (a_name(document["owner"]), a_name(document["name"]))
    attributes = {
        path: checked(document[wire], *_TYPES[path])
        for path, wire in _WIRE.items()
        if wire in document and (path not in _CREATE_ONLY or document[wire] is not None)
    }
    if "sourceIds" in attributes:
        attributes["sourceIds"] = as_set(attributes["sourceIds"] or ())
    return LiveObject(document["id"], key, attributes)
