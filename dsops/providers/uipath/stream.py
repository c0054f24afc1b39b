"""``uipath/Stream``."""

from collections.abc import Mapping
from functools import partial
from types import NoneType
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
    Lookup,
    NaturalKey,
    Repeat,
    Response,
    RowCodec,
)
from dsops.model.assets import asset
from dsops.providers.common import a_name, checked, has_id, if_there
from dsops.providers.uipath import filters
from dsops.providers.uipath.wire import (
    LABEL_SEPARATOR,
    ROOT,
    bad_answer,
    decoded,
    instant,
    items,
    label_path,
    project_and_name,
    whole,
)

_TEXTS = ("title", "description")
_FIELDS = (
    Field("title"),
    Field("description"),
    Field("model.version", group="model"),
    Field("model.labelThresholds", group="model"),
    Field("commentFilter"),
    Field("startFrom", write_only=True),
)


class Stream:
    """A stream: a queue of comments with the labels of a pinned model that reach their thresholds."""

    info = KindInfo(
        provider="uipath",
        kind="Stream",
        summary="a Communications Mining stream of a dataset",
        schema=asset("schemas", "uipath", "Stream.json"),
        fields={field.path: field for field in _FIELDS},
        own_key=("name",),
        parent="uipath/Dataset",
        parent_field="dataset",
        settle=5.0,
        create_may_overwrite=True,
        lost_on_delete="its position in the queue: a stream made anew starts at its creation, or at startFrom",
    )

    rows: RowCodec | None = None

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Return the declared fields. A model without thresholds has none; ``null`` clears."""
        attributes: dict[str, Any] = {path: spec[path] for path in _TEXTS if path in spec}
        if "model" in spec:
            attributes |= _normal_model(spec["model"])
        if "commentFilter" in spec:
            attributes["commentFilter"] = filters.canonical_filter(spec["commentFilter"] or {})
        if "startFrom" in spec:
            attributes["startFrom"] = instant(spec["startFrom"])
        return attributes

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return (project, dataset, name)."""
        return (*parent, spec.get("name", name))

    def parent_key(self, name: str) -> NaturalKey:
        """Read ``project/dataset``.

        Raises:
            ValueError: It has not that form.
        """
        return project_and_name(name)

    def listing(self, parent: NaturalKey) -> Flow:
        """One call for all streams of a dataset; it has no pages (``specs/uipath.md``, listings)."""
        try:
            response = yield Call("GET", (*ROOT, *parent, "streams"), permission="View streams and View labels")
        except FlowFailure as failed:
            if failed.failure.kind is FailureKind.NOT_FOUND:
                return Listing((), exists=False)
            raise
        return whole(decoded(partial(_decode, parent), document) for document in items(response, "streams"))

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """One call by name."""
        del remote_id
        response = yield from if_there(Call("GET", _path(key), permission="View streams and View labels"))
        if response is None:
            return None
        return self.answered(key, response) or bad_answer("it holds no stream")

    def lookups(self, attributes: Attributes, key: NaturalKey) -> Flow | None:
        """Ask for the dataset's model tags when the model is named by one."""
        return _resolve_tag(attributes, key) if "model.tag" in attributes else None

    def answered(self, key: NaturalKey, response: Response) -> LiveObject | None:
        """Read the stream in the answer."""
        document = response.body.get("stream") if isinstance(response.body, dict) else None
        if not isinstance(document, dict) or not has_id(document, "id"):
            return None
        return decoded(partial(_decode, key[:-1]), document)

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """One PUT on the collection; with ``startFrom`` a reset follows."""
        fields = {path: value for path, value in attributes.items() if path != "startFrom"}
        create = Call(
            "PUT",
            (*ROOT, *key[:-1], "streams"),
            body={"stream": {"name": key[-1], **_encode(fields)}},
            effect=Effect.CREATE,
            settles=tuple(sorted(fields)),
            repeat=Repeat.UNIQUE,
            permission="Streams admin and View labels",
        )
        return (create, *_reset(key, attributes))

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """One POST on the name with just the fields that differ; a changed ``startFrom`` is one reset."""
        fields = {path: value for path, value in attributes.items() if path != "startFrom"}
        update = Call(
            "POST",
            _path(live.key),
            body={"stream": _encode(fields)},
            effect=Effect.UPDATE,
            settles=tuple(sorted(fields)),
            permission="Modify streams and View labels",
        )
        return (*((update,) if fields else ()), *_reset(live.key, attributes))

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """One DELETE on the name."""
        return (Call("DELETE", _path(live.key), effect=Effect.DELETE, permission="Streams admin and View labels"),)

    def waiting(self, effect: Effect, live: LiveObject) -> None:
        """An answer means that it is so."""

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the spec that declares the stream as it is; fields the answer left out stay undeclared."""
        known = live.attributes
        spec: dict[str, Any] = {"name": live.key[-1]}
        spec |= {path: known[path] for path in _TEXTS if known.get(path) is not None}
        if known.get("model.version") is not None:
            spec["model"] = {"version": known["model.version"]}
            if known.get("model.labelThresholds"):
                spec["model"]["labelThresholds"] = known["model.labelThresholds"]
        if known.get("commentFilter"):
            spec["commentFilter"] = known["commentFilter"]
        return spec


def _path(key: NaturalKey) -> tuple[str, ...]:
    return (*ROOT, *key[:-1], "streams", key[-1])


def _reset(key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
    if "startFrom" not in attributes:
        return ()
    body = {"to_comment_created_at": attributes["startFrom"]}
    permission = "Consume streams and View labels"
    path = (*_path(key), "reset")
    return (Call("POST", path, body=body, effect=Effect.UPDATE, settles=("startFrom",), permission=permission),)


def _resolve_tag(attributes: Attributes, key: NaturalKey) -> Flow:
    """Find the version a tag stands for now (``specs/uipath.md``, model tags)."""
    tag = attributes["model.tag"]
    try:
        response = yield Call("GET", (*ROOT, *key[:-1], "model-tags"), permission="Model Admin")
    except FlowFailure as failed:
        if failed.failure.kind is FailureKind.NOT_FOUND:
            dataset = "/".join(key[:-1])
            raise LookupError(f"dataset {dataset} is not there yet, and so has no model tag {tag!r}") from None
        raise
    tags = response.body.get("model_tags") if isinstance(response.body, dict) else None
    if not isinstance(tags, list) or not all(map(_is_tag, tags)):
        bad_answer("it holds no list 'model_tags' of names with versions")
    versions = {each["name"]: each["version"] for each in tags}
    if tag not in versions:
        known = ", ".join(sorted(versions)) or "none"
        raise LookupError(f"dataset {'/'.join(key[:-1])} has no model tag {tag!r} (it has: {known})")
    rest = {path: value for path, value in attributes.items() if path != "model.tag"}
    return Lookup({**rest, "model.version": versions[tag]}, f"model tag {tag} is version {versions[tag]}")


def _is_tag(document: Any) -> bool:
    match document:
        case {"name": str(), "version": int(version)}:
            return not isinstance(version, bool)
        case _:
            return False


def _normal_model(model: Mapping[str, Any] | None) -> dict[str, Any]:
    if model is None:
        return {"model.version": None, "model.labelThresholds": {}}
    chosen = {"model.tag": model["tag"]} if "tag" in model else {"model.version": int(model["version"])}
    thresholds = {label_path(name): value for name, value in (model.get("labelThresholds") or {}).items()}
    return {**chosen, "model.labelThresholds": thresholds}


def _encode(attributes: Attributes) -> dict[str, Any]:
    """Return the wire form of the fields given."""
    body = {path: attributes[path] for path in _TEXTS if path in attributes}
    if "model.version" in attributes:
        body["model"] = _encode_model(attributes["model.version"], attributes["model.labelThresholds"])
    if "commentFilter" in attributes:
        body["comment_filter"] = filters.encode(attributes["commentFilter"])
    return body


def _encode_model(version: int | None, thresholds: Mapping[str, float]) -> dict[str, Any] | None:
    """An empty list of thresholds is left out (``specs/uipath.md``, empty lists)."""
    if version is None:
        return None
    entries = [{"name": name.split(LABEL_SEPARATOR), "threshold": thresholds[name]} for name in sorted(thresholds)]
    return {"version": version, **({"label_thresholds": entries} if entries else {})}


def _decode(parent: NaturalKey, document: Mapping[str, Any]) -> LiveObject:
    """Read a stream of an answer; what it leaves out is unknown."""
    name = a_name(document["name"])
    attributes = {path: checked(document[path], str, NoneType) for path in _TEXTS if path in document}
    if "model" in document:
        attributes |= _decode_model(document["model"])
    if "comment_filter" in document:
        attributes["commentFilter"] = filters.decode(checked(document["comment_filter"], dict, NoneType) or {})
    return LiveObject(document["id"], (*parent, name), attributes)


def _decode_model(model: Mapping[str, Any] | None) -> dict[str, Any]:
    if model is None:
        return {"model.version": None, "model.labelThresholds": {}}
    attributes: dict[str, Any] = {"model.version": checked(model["version"], int)}
    if "label_thresholds" in model:
        entries = checked(model["label_thresholds"], list, NoneType) or ()
        attributes["model.labelThresholds"] = {
            _label(entry["name"]): checked(entry["threshold"], int, float) for entry in entries
        }
        if len(attributes["model.labelThresholds"]) != len(entries):
            raise ValueError("a label has two thresholds")
    return attributes


def _label(name: Any) -> str:
    return label_path(name) if isinstance(name, str) else LABEL_SEPARATOR.join(checked(name, list))
