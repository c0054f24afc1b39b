"""Rows as types: msgspec parses and checks their JSON text in one go, at half the cost of parsing alone.

Imported where rows are read, and nowhere else. The names of the vendor are those of ``fields``.
"""

import msgspec

from dsops.providers.geai.fields import (
    ANSWER,
    CONTEXT,
    EXTENSION,
    EXTENTION,
    INPUT,
    KEY,
    METADATA,
    OPERATOR,
    ROW_ID,
    SOURCE_NAME,
    SOURCE_VALUE,
    SOURCES,
    VALUE,
    VARIABLES,
)


class _Source(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    name: str
    value: str
    extension: str = ""


class _Variable(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    metadata_type: str
    key: str
    operator: str
    value: str


class _Row(msgspec.Struct, gc=False, forbid_unknown_fields=True, rename="camel"):
    input: str
    expected_answer: str
    context_document: str = ""
    expected_sources: tuple[_Source, ...] = ()
    filter_variables: tuple[_Variable, ...] = ()


_SOURCE = {"name": SOURCE_NAME, "value": SOURCE_VALUE, "extention": EXTENTION, "extension": EXTENSION}
_VARIABLE = {"metadata_type": METADATA, "key": KEY, "operator": OPERATOR, "value": VALUE}
_ROW = {
    "remote_id": ROW_ID,
    "input": INPUT,
    "expected_answer": ANSWER,
    "context_document": CONTEXT,
    "expected_sources": SOURCES,
    "filter_variables": VARIABLES,
}


class _LiveSource(msgspec.Struct, gc=False, rename=_SOURCE):
    name: str
    value: str
    extention: str = ""
    extension: str = ""


class _LiveVariable(msgspec.Struct, gc=False, rename=_VARIABLE):
    metadata_type: str
    key: str
    operator: str
    value: str


class _LiveRow(msgspec.Struct, gc=False, rename=_ROW):
    remote_id: str
    input: str
    expected_answer: str
    context_document: str = ""
    expected_sources: tuple[_LiveSource, ...] = ()
    filter_variables: tuple[_LiveVariable, ...] = ()


decode = msgspec.json.Decoder(_Row).decode
"""Parses the JSON text of a row in field names of the manifest. Raises ``REFUSED`` for anything else."""

decode_live = msgspec.json.Decoder(list[_LiveRow]).decode
"""Parses the JSON text of an array of rows of an answer. Raises ``REFUSED`` for anything unusual."""

REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
