"""What request bodies must be: types and required fields. Every problem of a body is found, not only the first.

Written by hand rather than derived from specs/geai.openapi.yaml, so that the contract tests compare two readings.
Unknown keys are ignored; null is as good as absent (specs/geai.md, choice 5).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson

from dsops.emulator.exchange import Refusal, decode
from dsops.emulator.geai import forms

# What is wrong inside a value: where in it (".rows[3]", or ""), and what. Nothing but empty tuples are made of good
# values, because an upload has thousands of rows.
Problems = Sequence[tuple[str, str]]
Check = Callable[[Any], Problems]
_MOST = 100


def _text(value: Any) -> Problems:
    return () if isinstance(value, str) else (("", f"{_shown(value)} is not a string"),)


def _name(value: Any) -> Problems:
    return (("", "must not be empty"),) if value == "" else _text(value)


def _boolean(value: Any) -> Problems:
    return () if isinstance(value, bool) else (("", f"{_shown(value)} is not a boolean"),)


def array(item: Check) -> Check:
    """A list of such things."""

    def check(value: Any) -> Problems:
        if not isinstance(value, list):
            return (("", f"{_shown(value)} is not an array"),)
        problems: list[tuple[str, str]] = []
        for position, entry in enumerate(value):
            for where, what in item(entry):
                problems.append((f"[{position}]{where}", what))
        return problems

    return check


def fields(known: Mapping[str, Check], *, required: Collection[str] = ()) -> Check:
    """An object with these keys, of which some must be there; others are ignored."""

    def check(value: Any) -> Problems:
        if not isinstance(value, dict):
            return (("", f"{_shown(value)} is not an object"),)
        problems: list[tuple[str, str]] = []
        for key, inner in known.items():
            entry = value.get(key)
            if entry is not None:
                for where, what in inner(entry):
                    problems.append((f".{key}{where}", what))
            elif key in required:
                problems.append((f".{key}", "is required"))
        return problems

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


def _listed_row(value: Any) -> Problems:
    """A row in an update of a dataset: with an id it is changed, without one it is new."""
    known = isinstance(value, dict) and value.get(forms.ROW_ID) is not None
    return (_LISTED_ROW_UPDATE if known else ROW_CREATE)(value)


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
        value = decode(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(400, f"body: not valid JSON ({error})") from error
    verify(value, check, "body")
    return value


def verify(value: Any, check: Check, where: str) -> None:
    """Raise Refusal 400, as `parse` does, unless the value is right."""
    problems = check(value)
    if not problems:
        return
    lines = [f"{where}{place}: {what}" for place, what in problems[:_MOST]]
    if len(problems) > _MOST:
        lines.append(f"{where}: {len(problems) - _MOST} more problems")
    raise Refusal(400, "\n".join(lines))


def _shown(value: object) -> str:
    shown = orjson.dumps(value).decode()
    return shown if len(shown) <= 80 else shown[:77] + "..."
