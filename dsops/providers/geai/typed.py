"""Declared rows as types: msgspec parses and checks a row's JSON text in one go, at half the cost of parsing alone.

Imported where rows are read, and nowhere else.
"""

import msgspec


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


decode = msgspec.json.Decoder(_Row).decode
"""Parses the JSON text of a row in field names of the manifest. Raises msgspec.DecodeError for anything else."""

Refused = msgspec.DecodeError
