"""Labels of a dataset: a set by name, compared whole and changed by the smallest difference.

A canonical label has its name and what it has besides; what is empty is left out, as the API leaves it out. Ids of
attributes and values come from the server and say nothing (``specs/modelarts.md``, choices 5, 6 and 21).
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from dsops.providers.common import checked
from dsops.providers.modelarts.words import DATASET_TYPE, ENTITY, LABEL_TYPE, RELATION, Number

Label = Mapping[str, Any]

_TRIPLETS = DATASET_TYPE.words[102]
_PROPERTIES = MappingProxyType(
    {
        "color": "@modelarts:color",
        "shape": "@modelarts:default_shape",
        "shortcut": "@modelarts:shortcut",
        "from": "@modelarts:from_type",
        "to": "@modelarts:to_type",
    }
)
_RENAME_TO = "@modelarts:rename_to"


def canonical_labels(labels: Iterable[Label]) -> list[dict[str, Any]]:
    """Return declared labels in their canonical form.

    Raises:
        ValueError: Two of them, or two attributes of one, have the same name.
    """
    return _by_name((_canonical(each) for each in labels), "labels")


def _canonical(label: Label) -> dict[str, Any]:
    name = label["name"]
    properties = {field: label[field] for field in _PROPERTIES if label.get(field)}
    if "color" in properties:
        properties["color"] = properties["color"].upper()
    attributes = _by_name((_attribute(each) for each in label.get("attributes") or ()), f"attributes of {name!r}")
    return {"name": name, **properties, **({"attributes": attributes} if attributes else {})}


def _attribute(attribute: Label) -> dict[str, Any]:
    more = {field: attribute[field] for field in ("defaultValue", "values") if attribute.get(field)}
    return {"name": attribute["name"], "type": attribute["type"], **more}


def _by_name(entries: Iterable[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for each in entries:
        if found.setdefault(each["name"], each) is not each:
            raise ValueError(f"two {what} are called {each['name']!r}")
    return [found[name] for name in sorted(found)]


def renames(labels: Iterable[Label]) -> dict[str, str]:
    """Return, of declared labels that say so, the name each had before to the name it has now.

    Raises:
        ValueError: Two say that they were the same one, or one that is declared itself.
    """
    labels = list(labels)
    names = {each["name"] for each in labels}
    found: dict[str, str] = {}
    for each in labels:
        was = each.get("renamedFrom")
        if was is None:
            continue
        if was in names or was in found:
            raise ValueError(f"{each['name']!r} can't be renamed from {was!r}: another label of the list is that one")
        found[was] = each["name"]
    return found


def read_labels(documents: Any) -> list[dict[str, Any]]:
    """Return the labels of an answer in their canonical form.

    Raises:
        LookupError, TypeError, ValueError: They are none.
    """
    return canonical_labels(_read(each) for each in checked(documents, list))


def _read(document: Mapping[str, Any]) -> Label:
    properties = document.get("property") or {}
    read = {field: checked(properties[wire], str) for field, wire in _PROPERTIES.items() if properties.get(wire)}
    attributes = [_read_attribute(each) for each in document.get("attributes") or ()]
    return {"name": checked(document["name"], str), **read, "attributes": attributes}


def _read_attribute(document: Mapping[str, Any]) -> Label:
    return {
        "name": checked(document["name"], str),
        "type": checked(document["type"], str),
        "defaultValue": document.get("default_value"),
        "values": [checked(each["value"], str) for each in document.get("values") or ()],
    }


def new_labels(labels: Iterable[Label], dataset_type: Number) -> list[dict[str, Any]]:
    """Return what is sent for labels that are made in a dataset of a type."""
    return [_made(each, dataset_type) for each in labels]


def _made(label: Label, dataset_type: Number) -> dict[str, Any]:
    properties = {wire: label[field] for field, wire in _PROPERTIES.items() if field in label}
    sent = {"name": label["name"], **({"property": properties} if properties else {})}
    if dataset_type == _TRIPLETS:
        sent["type"] = LABEL_TYPE.number(RELATION if "from" in label or "to" in label else ENTITY)
    return sent | ({"attributes": _sent(label["attributes"])} if "attributes" in label else {})


def _sent(attributes: Iterable[Label]) -> list[dict[str, Any]]:
    return [
        {
            "name": each["name"],
            "type": each["type"],
            **({"default_value": each["defaultValue"]} if "defaultValue" in each else {}),
            **({"values": [{"value": value} for value in each["values"]]} if "values" in each else {}),
        }
        for each in attributes
    ]


def label_changes(
    live: Sequence[Label], wanted: Sequence[Label], renamed: Mapping[str, str], dataset_type: Number
) -> dict[str, list[dict[str, Any]]]:
    """Return the smallest ``delete_labels``, ``update_labels`` and ``add_labels`` from one set of labels to another.

    No name stands in two of them.

    Args:
        live: The labels that are there, canonical.
        wanted: Those that are to be there.
        renamed: Former name to name, of those that may be renamed: it counts where the former one is there and the new
            one isn't.
        dataset_type: Of the dataset.
    """
    there, to_be = ({each["name"]: each for each in labels} for labels in (live, wanted))
    became = {was: name for was, name in renamed.items() if was in there and name not in there}
    known = set(became.values())
    changes = {
        "delete_labels": [{"name": name} for name in there if name not in to_be and name not in became],
        "update_labels": [
            change
            for name, label in there.items()
            if (change := _changed(label, to_be.get(became.get(name, name), label)))
        ],
        "add_labels": new_labels(
            (each for name, each in to_be.items() if name not in there | dict.fromkeys(known)), dataset_type
        ),
    }
    return {name: entries for name, entries in changes.items() if entries}


def _changed(was: Label, will: Label) -> dict[str, Any]:
    """Return what is sent for a label that differs; nothing for one that doesn't.

    All properties are sent, an empty one for each that goes: it means the same whether the server merges or replaces.
    """
    if was == will:
        return {}
    properties = {wire: will.get(field, "") for field, wire in _PROPERTIES.items() if field in will or field in was}
    if was["name"] != will["name"]:
        properties[_RENAME_TO] = will["name"]
    attributes = will.get("attributes", [])
    differ = attributes != was.get("attributes", [])
    return {"name": was["name"], "property": properties, **({"attributes": _sent(attributes)} if differ else {})}
