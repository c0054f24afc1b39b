"""What the fields are called: in manifests, and on the wire, where one of them has two spellings."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

DATASET = MappingProxyType(
    {
        "name": "dataSetName",
        "description": "dataSetDescription",
        "type": "dataSetType",
        "active": "dataSetActive",
    }
)
"""Field of a dataset's manifest to field of the wire."""

INPUT, ANSWER, CONTEXT = "dataSetRowInput", "dataSetRowExpectedAnswer", "dataSetRowContextDocument"
SOURCES, VARIABLES = "expectedSources", "filterVariables"
ROW_ID, SOURCE_ID, VARIABLE_ID = "dataSetRowId", "dataSetExpectedSourceId", "dataSetRowFilterVarId"
SOURCE_NAME, SOURCE_VALUE = "dataSetExpectedSourceName", "dataSetExpectedSourceValue"
EXTENTION, EXTENSION = "dataSetexpectedSourceExtention", "dataSetExpectedSourceExtension"
"""The documentation's spelling of a source's extension, and that of the vendor's SDK (``specs/geai.md``, choice 4)."""
METADATA, KEY = "dataSetMetadataType", "dataSetRowFilterKey"
OPERATOR, VALUE = "dataSetRowFilterOperator", "dataSetRowFilterValue"


@dataclass(frozen=True, slots=True)
class Names:
    """What the members of one object are called.

    Attributes:
        fields: In manifests, in the order in which canonical values hold them.
        known: Every name to its field.
        wire: The names of the wire alone, to their fields.
        required: The fields that must be there; they may be empty.
    """

    fields: tuple[str, ...]
    known: Mapping[str, str]
    wire: Mapping[str, str]
    required: frozenset[str]


def _names(wire: Mapping[str, tuple[str, ...]], *required: str) -> Names:
    spelled = {each: field for field, spellings in wire.items() for each in spellings}
    known = {**dict(zip(wire, wire, strict=True)), **spelled}
    return Names(tuple(wire), MappingProxyType(known), MappingProxyType(spelled), frozenset(required))


ROW = _names(
    {
        "input": (INPUT,),
        "expectedAnswer": (ANSWER,),
        "contextDocument": (CONTEXT,),
        "expectedSources": (SOURCES,),
        "filterVariables": (VARIABLES,),
    },
    "input",
    "expectedAnswer",
)
SOURCE = _names(
    {"name": (SOURCE_NAME,), "value": (SOURCE_VALUE,), "extension": (EXTENTION, EXTENSION)}, "name", "value"
)
VARIABLE = _names(
    {"metadataType": (METADATA,), "key": (KEY,), "operator": (OPERATOR,), "value": (VALUE,)},
    "metadataType",
    "key",
    "operator",
    "value",
)
NESTED: Mapping[str, Names] = MappingProxyType({SOURCES: SOURCE, VARIABLES: VARIABLE})


def is_bookkeeping(name: str) -> bool:
    """Whether a member of a vendor's document says who or when, not what: its ids and times."""
    return name.startswith("dataSet") and name.endswith(("Id", "Date"))


def wire_fields(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dataset's fields, those given, as the wire has them."""
    return {DATASET[path]: attributes[path] for path in DATASET if path in attributes}
