"""The quick way to read a row: one that is as rows nearly always are.

A million rows pass here twice, so it is written in straight lines. Whatever is unusual gives None, and is looked at
again by ``dsops.providers.geai.explain``, which knows why.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

from dsops.model import Values
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
    SOURCE_ID,
    SOURCE_NAME,
    SOURCE_VALUE,
    SOURCES,
    VALUE,
    VARIABLE_ID,
    VARIABLES,
)

_ROW = frozenset({"input", "expectedAnswer", "contextDocument", SOURCES, VARIABLES})
_SOURCE = frozenset({"name", "value", "extension"})
_VARIABLE = frozenset({"metadataType", "key", "operator", "value"})
_VENDOR_ROW = frozenset({INPUT, ANSWER, CONTEXT, SOURCES, VARIABLES, ROW_ID, "dataSetId"})
_VENDOR_SOURCE = frozenset({SOURCE_NAME, SOURCE_VALUE, EXTENTION, SOURCE_ID})
_VENDOR_VARIABLE = frozenset({METADATA, KEY, OPERATOR, VALUE, VARIABLE_ID})

_List = list[list[str]]


def quick_declared(document: Mapping[str, Any]) -> Values | None:
    """Return the values of a declared row in field names of the manifest; None where it takes a closer look."""
    get = document.get
    ours = document.keys() <= _ROW
    if ours:
        question, answer, context = get("input"), get("expectedAnswer"), get("contextDocument", "")
    elif document.keys() <= _VENDOR_ROW:
        question, answer, context = get(INPUT), get(ANSWER), get(CONTEXT, "")
    else:
        return None
    if not type(question) is type(answer) is type(context) is str:
        return None
    if not (question.isascii() and answer.isascii() and context.isascii()) and _broken(question, answer, context):
        return None
    found, others = get(SOURCES), get(VARIABLES)
    sources = _declared_sources(found, ours=ours) if found else [] if found is None or found == [] else None
    variables = _declared_variables(others, ours=ours) if others else [] if others is None or others == [] else None
    if sources is None or variables is None:
        return None
    return question, answer, context, sources, variables


def quick_parsed(texts: Sequence[bytes]) -> list[Values] | None:
    """Return the values of declared rows, each a JSON text; None where one of them takes a closer look."""
    typed = _typed()
    try:
        found = [*map(typed.decode, texts)]
    except typed.REFUSED:
        return None
    rows = []
    for row in found:
        sources = [[each.name, each.value, each.extension] for each in row.expected_sources]
        variables = [[each.metadata_type, each.key, each.operator, each.value] for each in row.filter_variables]
        sources.sort()
        variables.sort()
        rows.append((row.input, row.expected_answer, row.context_document, sources, variables))
    return rows


def quick_live_parsed(text: bytes) -> list[tuple[str, Values]] | None:
    """Return ids and values of the rows of an answer's JSON array; None where one of them takes a closer look."""
    typed = _typed()
    try:
        found = typed.decode_live(text)
    except typed.REFUSED:
        return None
    rows = []
    for row in found:
        if not row.remote_id:
            return None
        sources = [[each.name, each.value, each.extention or each.extension] for each in row.expected_sources]
        variables = [[each.metadata_type, each.key, each.operator, each.value] for each in row.filter_variables]
        sources.sort()
        variables.sort()
        rows.append((row.remote_id, (row.input, row.expected_answer, row.context_document, sources, variables)))
    return rows


@cache
def _typed() -> ModuleType:
    """Return the module that needs msgspec, which most commands don't."""
    from dsops.providers.geai import typed

    return typed


def quick_live(document: Mapping[str, Any]) -> Values | None:
    """Return the values of a row of an answer; None where it takes a closer look."""
    get = document.get
    question, answer, context = get(INPUT), get(ANSWER), get(CONTEXT, "")
    if not type(question) is type(answer) is type(context) is str:
        return None
    found, others = get(SOURCES), get(VARIABLES)
    try:
        sources = _live_sources(found) if found else [] if found is None or found == [] else None
        variables = _live_variables(others) if others else [] if others is None or others == [] else None
    except (KeyError, TypeError):
        return None
    if sources is None or variables is None:
        return None
    return question, answer, context, sources, variables


def _declared_sources(entries: Any, *, ours: bool) -> _List | None:
    if type(entries) is not list:
        return None
    found = []
    for each in entries:
        if type(each) is not dict:
            return None
        if not each.keys() <= (_SOURCE if ours else _VENDOR_SOURCE):
            return None
        if ours:
            name, value, extension = each.get("name"), each.get("value"), each.get("extension", "")
        else:
            name, value, extension = each.get(SOURCE_NAME), each.get(SOURCE_VALUE), each.get(EXTENTION, "")
        if not type(name) is type(value) is type(extension) is str:
            return None
        if not (name.isascii() and value.isascii() and extension.isascii()) and _broken(name, value, extension):
            return None
        found.append([name, value, extension])
    found.sort()
    return found


def _declared_variables(entries: Any, *, ours: bool) -> _List | None:
    if type(entries) is not list:
        return None
    found = []
    for each in entries:
        if type(each) is not dict:
            return None
        if not each.keys() <= (_VARIABLE if ours else _VENDOR_VARIABLE):
            return None
        if ours:
            metadata, key = each.get("metadataType"), each.get("key")
            operator, value = each.get("operator"), each.get("value")
        else:
            metadata, key, operator, value = each.get(METADATA), each.get(KEY), each.get(OPERATOR), each.get(VALUE)
        if not type(metadata) is type(key) is type(operator) is type(value) is str:
            return None
        if not (metadata.isascii() and key.isascii() and operator.isascii() and value.isascii()) and _broken(
            metadata, key, operator, value
        ):
            return None
        found.append([metadata, key, operator, value])
    found.sort()
    return found


def _live_sources(entries: Any) -> _List | None:
    found = []
    for each in entries:
        extension = each.get(EXTENTION)
        if not extension:
            # A server that knows the SDK's spelling alone leaves the other one out, or empty.
            extension = each.get(EXTENSION, extension)
        name, value = each[SOURCE_NAME], each[SOURCE_VALUE]
        if not type(name) is type(value) is type(extension) is str:
            return None
        found.append([name, value, extension])
    found.sort()
    return found


def _live_variables(entries: Any) -> _List | None:
    found = []
    for each in entries:
        metadata, key, operator, value = each[METADATA], each[KEY], each[OPERATOR], each[VALUE]
        if not type(metadata) is type(key) is type(operator) is type(value) is str:
            return None
        found.append([metadata, key, operator, value])
    found.sort()
    return found


def _broken(*texts: str) -> bool:
    """Whether a text holds half of a surrogate pair, which no JSON can carry."""
    try:
        for text in texts:
            if not text.isascii():
                text.encode()
    except UnicodeEncodeError:
        return True
    return False
