"""What request bodies must be: types and required fields. Every problem of a body is found, not only the first.

Written by hand rather than derived from specs/geai.openapi.yaml, so that the contract tests compare two readings.
Unknown keys are ignored; null is as good as absent (specs/geai.md, choice 5).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson

from dsops.emulator.exchange import Refusal
from dsops.emulator.geai import forms

Check = Callable[[Any, str], Iterator[str]]
_MOST = 100


def _text(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{where}: {_shown(value)} is not a string"


def _name(value: Any, where: str) -> Iterator[str]:
    yield from _text(value, where)
    if value == "":
        yield f"{where}: must not be empty"


def _boolean(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f"{where}: {_shown(value)} is not a boolean"


def array(item: Check) -> Check:
    """A list of such things."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{where}: {_shown(value)} is not an array"
            return
        for position, entry in enumerate(value):
            yield from item(entry, f"{where}[{position}]")

    return check


def fields(known: Mapping[str, Check], *, required: Collection[str] = ()) -> Check:
    """An object with these keys, of which some must be there; others are ignored."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{where}: {_shown(value)} is not an object"
            return
        for key, inner in known.items():
            entry = value.get(key)
            if entry is not None:
                yield from inner(entry, f"{where}.{key}")
            elif key in required:
                yield f"{where}.{key}: is required"

    return check


_SOURCE = {
    forms.SOURCE_NAME: _text,
    forms.SOURCE_VALUE: _text,
    forms.VENDOR_EXTENSION: _text,
    forms.SDK_EXTENSION: _text,
}
_VARIABLE = {forms.METADATA: _text, forms.KEY: _text, forms.OPERATOR: _text, forms.VALUE: _text}
SOURCE_CREATE = fields(_SOURCE, required=(forms.SOURCE_NAME, forms.SOURCE_VALUE))
SOURCE_UPDATE = fields(_SOURCE)
VARIABLE_CREATE = fields(_VARIABLE, required=tuple(_VARIABLE))
VARIABLE_UPDATE = fields(_VARIABLE)

_ROW = {
    forms.INPUT: _text,
    forms.ANSWER: _text,
    forms.CONTEXT: _text,
    forms.SOURCES: array(SOURCE_CREATE),
    forms.VARIABLES: array(VARIABLE_CREATE),
}
ROW_CREATE = fields(_ROW, required=(forms.INPUT, forms.ANSWER))
ROW_UPDATE = fields(_ROW)
ROWS_UPLOAD = array(ROW_CREATE)
_LISTED_ROW_UPDATE = fields({**_ROW, forms.ROW_ID: _text})


def _listed_row(value: Any, where: str) -> Iterator[str]:
    """A row in an update of a dataset: with an id it is changed, without one it is new."""
    known = isinstance(value, dict) and value.get(forms.ROW_ID) is not None
    yield from (_LISTED_ROW_UPDATE if known else ROW_CREATE)(value, where)


_DATASET = {
    forms.NAME: _name,
    forms.DESCRIPTION: _text,
    forms.TYPE: _text,
    forms.ACTIVE: _boolean,
}
DATASET_CREATE = fields({**_DATASET, "rows": array(ROW_CREATE)}, required=(forms.NAME,))
DATASET_UPDATE = fields({**_DATASET, "rows": array(_listed_row)})


def parse(body: bytes, check: Check) -> Any:
    """A checked JSON value. Raises Refusal 400 with a line for each problem (the first hundred)."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"body: not valid JSON ({error})") from error
    verify(value, check, "body")
    return value


def verify(value: Any, check: Check, where: str) -> None:
    """Raise Refusal 400, as `parse` does, unless the value is right."""
    problems = list(islice(check(value, where), _MOST + 1))
    if len(problems) > _MOST:
        problems[_MOST:] = [f"{where}: more than {_MOST} problems; the rest is not listed"]
    if problems:
        raise Refusal(400, "\n".join(problems))


def _shown(value: object) -> str:
    shown = orjson.dumps(value).decode()
    return shown if len(shown) <= 80 else shown[:77] + "..."
