"""How datasets, rows, expected sources and filter variables are written: from checked fields to what answers show.

Fields of a request are as it sent them; null and absent are the same. What answers show has every field, and no text is
null.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Self

import orjson

from dsops.emulator.options import ExtensionField
from dsops.emulator.store import Store

DATASET_ID, ROW_ID = "dataSetId", "dataSetRowId"
NAME, DESCRIPTION, TYPE, ACTIVE = "dataSetName", "dataSetDescription", "dataSetType", "dataSetActive"
CREATED, UPDATED = "dataSetCreateDate", "dataSetUpdateDate"
INPUT, ANSWER, CONTEXT = "dataSetRowInput", "dataSetRowExpectedAnswer", "dataSetRowContextDocument"
SOURCES, VARIABLES = "expectedSources", "filterVariables"
SOURCE_ID, VARIABLE_ID = "dataSetExpectedSourceId", "dataSetRowFilterVarId"
SOURCE_NAME, SOURCE_VALUE = "dataSetExpectedSourceName", "dataSetExpectedSourceValue"
VENDOR_EXTENSION, SDK_EXTENSION = "dataSetexpectedSourceExtention", "dataSetExpectedSourceExtension"
METADATA = "dataSetMetadataType"
KEY, OPERATOR, VALUE = "dataSetRowFilterKey", "dataSetRowFilterOperator", "dataSetRowFilterValue"

Fields = Mapping[str, Any]

# mode: the spellings that are written, those that are read; of two that are given, the first counts.
_SPELLINGS = {
    ExtensionField.EITHER: ((VENDOR_EXTENSION,), (VENDOR_EXTENSION, SDK_EXTENSION)),
    ExtensionField.VENDOR: ((VENDOR_EXTENSION,), (VENDOR_EXTENSION,)),
    ExtensionField.SDK: ((SDK_EXTENSION,), (SDK_EXTENSION,)),
    ExtensionField.BOTH: ((VENDOR_EXTENSION, SDK_EXTENSION), (VENDOR_EXTENSION, SDK_EXTENSION)),
}


class Ids:
    """New ids: UUIDs by their form, made from a counter, so that the same writes get the same ids.

    It is used as a context, inside the transaction of the writes that need ids.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = self._kept = 0

    def __enter__(self) -> Self:
        self._last = self._kept = self._store.count("geai ids")
        return self

    def __exit__(self, *_: object) -> None:
        if self._last != self._kept:
            self._store.set_count("geai ids", self._last)

    def new(self) -> str:
        """The next id."""
        self._last += 1
        digits = hashlib.blake2b(b"dsops geai %d" % self._last, digest_size=16).hexdigest()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


class Forms:
    """Writes rows and what is nested in them, by the spelling that was chosen for the extension."""

    def __init__(self, ids: Ids, extension: ExtensionField) -> None:
        self._ids = ids
        self._written, self._read = _SPELLINGS[extension]

    @property
    def written(self) -> tuple[str, ...]:
        """The spellings of a source's extension in everything kept."""
        return self._written

    def row(self, fields: Fields) -> tuple[str, bytes]:
        """A new row: its id and its JSON."""
        row_id = self._ids.new()
        document = {
            CONTEXT: fields.get(CONTEXT) or "",
            ANSWER: fields.get(ANSWER) or "",
            ROW_ID: row_id,
            INPUT: fields.get(INPUT) or "",
            SOURCES: [self.source(each) for each in fields.get(SOURCES) or ()],
            VARIABLES: [self.variable(each) for each in fields.get(VARIABLES) or ()],
        }
        return row_id, orjson.dumps(document)

    def source(self, fields: Fields, old: Fields | None = None) -> dict[str, Any]:
        """An expected source: a new one, or an old one with what is given changed."""
        before = old or {SOURCE_ID: self._ids.new()}
        extension = next((fields[each] for each in self._read if fields.get(each) is not None), None)
        if extension is None:
            extension = before.get(self._written[0], "")
        return {
            SOURCE_ID: before[SOURCE_ID],
            SOURCE_NAME: _given(fields, SOURCE_NAME, before),
            SOURCE_VALUE: _given(fields, SOURCE_VALUE, before),
            **dict.fromkeys(self._written, extension),
        }

    def variable(self, fields: Fields, old: Fields | None = None) -> dict[str, Any]:
        """A filter variable: a new one, or an old one with what is given changed."""
        before = old or {VARIABLE_ID: self._ids.new()}
        return {
            METADATA: _given(fields, METADATA, before),
            KEY: _given(fields, KEY, before),
            OPERATOR: _given(fields, OPERATOR, before),
            VALUE: _given(fields, VALUE, before),
            VARIABLE_ID: before[VARIABLE_ID],
        }


def _given(fields: Fields, name: str, before: Fields) -> str:
    """The value that is sent, else the one there was, else the empty text."""
    value = fields.get(name)
    return str(before.get(name, "") if value is None else value)


def head(fields: Fields, old: Fields) -> dict[str, Any]:
    """A dataset without its rows: an old one (at least its id and creation) with what is given changed."""
    active = fields.get(ACTIVE)
    return {
        ACTIVE: old.get(ACTIVE, True) if active is None else active,
        CREATED: old[CREATED],
        DESCRIPTION: _given(fields, DESCRIPTION, old),
        DATASET_ID: old[DATASET_ID],
        NAME: _given(fields, NAME, old),
        TYPE: _given(fields, TYPE, old),
        UPDATED: old[UPDATED],
    }


def around(encoded_head: bytes, rows: Iterable[bytes]) -> Iterable[bytes]:
    """The pieces of a dataset's JSON, from its head and the pieces of its rows."""
    yield encoded_head[:-1] + b',"rows":['
    yield from rows
    yield b"]}"
