"""Labels: the rules that a dataset's list of them keeps to, and the calls for labels alone.

A label is identified by its name. Functions named `with_...` return a new list and leave the given one; whether
its labels go together is for `verify`, at the end.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.modelarts import codes, shapes
from dsops.emulator.modelarts.service import Ask, Service
from dsops.emulator.modelarts.shapes import ENTITY, FROM, RELATION, RENAME, SHORTCUT, TO, TRIPLET
from dsops.emulator.modelarts.tables import Dataset

Label = dict[str, Any]
Fields = Mapping[str, Any]
_MOST = 100_000


def with_added(service: Service, labels: list[Label], new: list[Fields], dataset_type: int) -> list[Label]:
    """The list with labels added at its end. Raises Refusal."""
    added = list(labels)
    for fields in new:
        if any(each["name"] == fields["name"] for each in added):
            raise codes.trouble(codes.LABEL_TAKEN, f"The label {fields['name']} already exists.")
        added.append(_new_label(service, shapes.given(fields), dataset_type))
    return added


def _new_label(service: Service, fields: Fields, dataset_type: int) -> Label:
    properties = _merged({}, fields.get("property") or {})
    label_type = fields.get("type")
    if label_type is None:
        label_type = dataset_type
        if dataset_type == TRIPLET and not (FROM in properties or TO in properties):
            label_type = ENTITY
    fitting = (RELATION, ENTITY) if dataset_type == TRIPLET else (dataset_type,)
    if label_type not in fitting or label_type not in shapes.LABEL_TYPES:
        raise codes.trouble(
            codes.LABEL_UNFIT, f"A label of the type {label_type} doesn't fit a dataset of the type {dataset_type}."
        )
    label: Label = {"name": fields["name"], "type": label_type, "property": properties}
    if fields.get("attributes"):
        label["attributes"] = [_attribute(service, shapes.given(each)) for each in fields["attributes"]]
    return label


def _attribute(service: Service, fields: Fields) -> dict[str, Any]:
    """An attribute with the ids that it and its values lack; empty values are left out."""
    known = {key: fields[key] for key in ("name", "type", "default_value") if key in fields}
    values = [{"id": each.get("id") or service.new_id(), "value": each["value"]} for each in fields.get("values") or []]
    shown = {"id": fields.get("id") or service.new_id(), **known}
    return {**shown, "values": values} if values else shown


def _merged(old: Fields, new: Fields) -> dict[str, str]:
    """Properties with those given written over them; an empty one goes."""
    known = {key: new[key] for key in (shapes.COLOR, shapes.SHAPE, SHORTCUT, FROM, TO) if new.get(key) is not None}
    return {key: value for key, value in {**old, **known}.items() if value != ""}


def with_deleted(labels: list[Label], gone: list[Fields]) -> list[Label]:
    """The list without some labels. Raises Refusal."""
    kept = list(labels)
    for fields in gone:
        kept.remove(find(kept, fields["name"], fields.get("type")))
    return kept


def with_updated(service: Service, labels: list[Label], changes: list[Fields]) -> list[Label]:
    """The list with properties merged, attributes replaced, labels renamed. Raises Refusal."""
    kept = list(labels)
    for fields in changes:
        old = find(kept, fields["name"], fields.get("type"))
        properties = fields.get("property") or {}
        new = {**old, "property": _merged(old["property"], properties)}
        if fields.get("attributes") is not None:
            new.pop("attributes", None)
            if fields["attributes"]:
                new["attributes"] = [_attribute(service, shapes.given(each)) for each in fields["attributes"]]
        kept[kept.index(old)] = new
        kept = _renamed(kept, new, properties.get(RENAME) or old["name"])
    return kept


def _renamed(labels: list[Label], label: Label, name: str) -> list[Label]:
    """The list with a label renamed, also where relations name it."""
    if name == label["name"]:
        return labels
    if any(each["name"] == name for each in labels):
        raise codes.trouble(codes.LABEL_TAKEN, f"The label {name} already exists.")
    renamed = []
    for each in labels:
        ends = {key: name for key in (FROM, TO) if each["property"].get(key) == label["name"]}
        own = {"name": name} if each is label else {}
        renamed.append({**each, **own, "property": {**each["property"], **ends}})
    return renamed


def find(labels: list[Label], name: str, label_type: int | None) -> Label:
    """The label with a name, and of a type where one is given. Raises Refusal."""
    for label in labels:
        if label["name"] == name and label_type in {None, label["type"]}:
            return label
    raise codes.trouble(codes.NO_LABEL, f"The label {name} does not exist.")


def verify(labels: list[Label], dangling: str = codes.NO_ENTITY) -> None:
    """Refuse a list with a shortcut twice, or a relation that lacks an end. dangling: the code for an unknown end."""
    shortcuts = [label["property"][SHORTCUT] for label in labels if SHORTCUT in label["property"]]
    if len(set(shortcuts)) != len(shortcuts):
        raise codes.trouble(codes.SHORTCUT_TAKEN, "A shortcut of a label already exists.")
    entities = {label["name"] for label in labels if label["type"] == ENTITY}
    for label in labels:
        for key in (FROM, TO) if label["type"] == RELATION else ():
            end = label["property"].get(key)
            if end is None:
                raise Refusal(400, f"The relation {label['name']} needs the property {key}.")
            if end not in entities:
                raise codes.trouble(dangling, f"The entity {end} of the relation {label['name']} does not exist.")


# --- the calls


def list_labels(service: Service, ask: Ask) -> Answer:
    """One page of a dataset's labels, in the order in which they were added."""
    dataset, query = service.dataset(ask), shapes.Query(ask.query)
    if version_id := query.text("version_id"):
        service.version(dataset, version_id)
    limit = query.number("limit", 1, _MOST) or _MOST
    skip = service.skipped(query.offset(), limit)
    found = _kept(dataset)
    return Answer(200, encode({"labels": found[skip : skip + limit], "total_number": len(found)}))


def create_labels(service: Service, ask: Ask) -> Answer:
    """Add labels, one by one."""
    asked = shapes.parse(ask.body, shapes.LABELS)["labels"]
    dataset = service.idle_dataset(ask)
    return _one_by_one(service, dataset, asked, lambda kept, one: with_added(service, kept, [one], dataset.type))


def update_labels(service: Service, ask: Ask) -> Answer:
    """Change labels, one by one."""
    asked = shapes.parse(ask.body, shapes.LABELS)["labels"]
    dataset = service.idle_dataset(ask)
    return _one_by_one(service, dataset, asked, lambda kept, one: with_updated(service, kept, [one]))


def delete_labels(service: Service, ask: Ask) -> Answer:
    """Delete labels, one by one. There are no labelled samples that a policy could reach."""
    shapes.Query(ask.query).choice("delete_policy", 0, 1, 2)
    asked = shapes.parse(ask.body, shapes.NAMED_LABELS)["labels"]
    return _one_by_one(
        service,
        service.idle_dataset(ask),
        asked,
        lambda kept, one: with_deleted(kept, [one]),
        dangling=codes.ENTITY_IN_USE,
    )


def _one_by_one(
    service: Service,
    dataset: Dataset,
    asked: list[Fields],
    apply: Callable[[list[Label], Fields], list[Label]],
    *,
    dangling: str = codes.NO_ENTITY,
) -> Answer:
    """Do what is possible and say of each what became of it: HTTP 200 even where nothing was."""
    kept, results = _kept(dataset), list[dict[str, Any]]()
    for fields in asked:
        try:
            after = apply(kept, fields)
            verify(after, dangling)
            kept = after
            results.append({"success": True})
        except Refusal as refusal:
            results.append({"success": False, **_error(refusal)})
    service.change(dataset, {"labels": kept})
    first_failure = next((each for each in results if not each["success"]), {"success": True})
    return Answer(200, encode({**first_failure, "results": results}))


def _error(refusal: Refusal) -> dict[str, str]:
    code, text = codes.split(refusal.status, refusal.message)
    return {"error_code": code, "error_msg": text}


def update_label(service: Service, ask: Ask) -> Answer:
    """Change the properties of one label."""
    properties = shapes.parse(ask.body, shapes.LABEL_PROPERTY)
    label_type = _label_type(ask)
    dataset = service.idle_dataset(ask)
    change = {"name": ask.params["label_name"], "type": label_type, "property": properties}
    changed = with_updated(service, _kept(dataset), [change])
    verify(changed)
    service.change(dataset, {"labels": changed})
    return Answer(204, b"")


def delete_label(service: Service, ask: Ask) -> Answer:
    """Delete one label."""
    shapes.Query(ask.query).flag("delete_source")
    label_type = _label_type(ask)
    dataset = service.idle_dataset(ask)
    change = {"name": ask.params["label_name"], "type": label_type}
    left = with_deleted(_kept(dataset), [change])
    verify(left, codes.ENTITY_IN_USE)
    service.change(dataset, {"labels": left})
    return Answer(204, b"")


def _label_type(ask: Ask) -> int | None:
    return shapes.Query(ask.query).choice("label_type", *shapes.LABEL_TYPES)


def _kept(dataset: Dataset) -> list[Label]:
    labels: list[Label] = orjson.loads(dataset.document)["labels"]
    return labels
