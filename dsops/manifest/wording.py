"""Why a schema refuses a document, in plain words."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from dsops.manifest.places import Path, dotted
from dsops.manifest.words import a_kind_of, listed, near

_TYPES = {
    "string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
    "object": "a map", "array": "a list", "null": "null",
}  # fmt: skip
_BOUNDS = {"minimum": "{} or more", "maximum": "{} or less", "exclusiveMinimum": "more than {}"}
_COUNTED = {"Length": "characters", "Items": "entries", "Properties": "entries"}
_USER = re.compile(r"(://)[^\s\"]*@")
_QUERY = re.compile(r"(://[^\s\"?#]*[?#])[^\s\"]+")
"""Name and password in a URL, which no message may repeat."""
_YAML_1_1 = {"yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a document.

    Attributes:
        path: Where.
        summary: What is wrong.
        detail: Why.
        hint: What to do.
        at_key: Whether it concerns the key, not the value.
        keyword: The schema's keyword that refuses it, where that matters.
    """

    path: Path
    summary: str
    detail: str = ""
    hint: str = ""
    at_key: bool = False
    keyword: str = ""


def problems(schema: Mapping[str, Any], value: Any) -> Iterator[Problem]:
    """Yield what is wrong with a document, nothing if it is valid."""
    for found in _Validator(schema).iter_errors(value):
        yield from _worded(found)


def _search(pattern: str, text: str) -> bool:
    # JSON Schema's $ is the very end; Python's also stands before a last line break.
    return re.search(re.sub(r"(?<!\\)\$(?=$|\|)", r"\\Z", pattern), text) is not None


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    del schema
    if validator.is_type(instance, "string") and not _search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def _worded(found: ValidationError) -> Iterator[Problem]:
    path = tuple(found.absolute_path)
    name = dotted(path) or "the document"
    schema: Mapping[str, Any] = found.schema if isinstance(found.schema, Mapping) else {}
    value: Any = found.instance
    want: Any = found.validator_value
    match found.validator:
        case "additionalProperties":
            yield from _unknown(path, value, schema)
        case "required":
            yield _missing(path, found)
        case "dependentRequired":
            yield _also_missing(path, name, found)
        case "type":
            yield _wrong_type(path, name, value, want)
        case "const" | "enum":
            yield _not_among(path, name, value, [want] if found.validator == "const" else want)
        case "pattern" if path in _key_paths(found):
            yield _bad_key(found)
        case "pattern":
            said = schema.get("patternErrorMessage", f"It must match {want}.")
            yield Problem(path, f"{name} can't be {_shown(value)}", hint=said)
        case "oneOf":
            yield from _one_of(path, name, value, want)
        case _:
            yield Problem(path, f"{name} {_limit(str(found.validator), value, want)}")


def _key_paths(found: ValidationError) -> tuple[Path, ...]:
    return (tuple(found.absolute_path),) if "propertyNames" in found.absolute_schema_path else ()


def _bad_key(found: ValidationError) -> Problem:
    path = (*found.absolute_path, str(found.instance))
    schema: Any = found.schema
    above = dotted(path[:-1])
    return Problem(
        path, f"{above} can't have the key {_shown(found.instance)}", hint=schema["patternErrorMessage"], at_key=True
    )


def _unknown(path: Path, value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Problem]:
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    where = dotted(path) or "the document"
    for key in value:
        if key not in known and not any(_search(pattern, key) for pattern in patterns):
            summary = f"{where} has no field {key}"
            yield Problem((*path, key), summary, hint=near(key, known, "fields"), at_key=True)


def _missing(path: Path, found: ValidationError) -> Problem:
    value: Any = found.instance
    schema: Any = found.schema
    lacking = re.match(r"'(.*)' is a required property", found.message)
    field = lacking[1] if lacking else next(each for each in schema["required"] if each not in value)
    about = schema.get("properties", {}).get(field, {}).get("description", "")
    return Problem(path, f"{dotted((*path, field))} is missing", hint=about, at_key=True)


def _also_missing(path: Path, name: str, found: ValidationError) -> Problem:
    """Word a field that is missing only because another is there."""
    lacking = re.match(r"'(.*)' is a dependency of '(.*)'", found.message)
    if lacking is None:
        return Problem(path, f"{name} lacks a field that goes with another")
    field, given = lacking.groups()
    schema: Any = found.schema
    about = schema.get("properties", {}).get(field, {}).get("description", "")
    return Problem(path, f"{name} has {given}, and so needs {field}", hint=about, at_key=True)


def _wrong_type(path: Path, name: str, value: Any, want: str | list[str]) -> Problem:
    wanted = [want] if isinstance(want, str) else want
    words = " or ".join(_TYPES[each] for each in wanted)
    hint = ""
    if value is None:
        return Problem(path, f"{name} is empty; it must be {words}", hint="Give it a value or leave the field out.")
    if "string" in wanted and isinstance(value, bool | int | float):
        hint = f'Quote it: "{json.dumps(value)}".'
    elif "boolean" in wanted and str(value).lower() in _YAML_1_1:
        hint = f"Write true or false; {value} is text in YAML 1.2."
    elif isinstance(value, str) and {"number", "integer"} & set(wanted) and re.fullmatch(r"[-+]?[0-9.]+", value):
        hint = "Leave the quotes out."
    elif "integer" in wanted and isinstance(value, float):
        return Problem(path, f"{name} must be a whole number, not {value}")
    return Problem(path, f"{name} must be {words}, not {a_kind_of(value)}", hint=hint, keyword="type")


def _not_among(path: Path, name: str, value: Any, allowed: list[Any]) -> Problem:
    words = [each if isinstance(each, str) else json.dumps(each) for each in allowed]
    hint = near(value, words, "values") if isinstance(value, str) else f"Known values: {listed(words)}."
    detail = "" if hint.startswith("Known") else f"Known values: {listed(words)}."
    return Problem(path, f"{name} can't be {_shown(value)}", detail, hint)


def _one_of(path: Path, name: str, value: Any, branches: list[dict[str, Any]]) -> Iterator[Problem]:
    """Word a choice between fields; a schema of ours has no other ``oneOf``. What is no map has the wrong type."""
    if not isinstance(value, Mapping):
        return
    fields = [branch["required"][0] for branch in branches]
    given = [field for field in fields if field in value]
    choice = " or ".join(fields)
    if given:
        yield Problem(path, f"{name} has {' and '.join(given)}", hint=f"Give one of them: {choice}.", at_key=True)
    else:
        yield Problem(path, f"{name} needs {choice}", at_key=True)


def _limit(keyword: str, value: Any, want: Any) -> str:
    if keyword in _BOUNDS:
        return f"is {_shown(value)}; it must be {_BOUNDS[keyword].format(want)}"
    match keyword:
        case "minLength" | "minItems" | "minProperties":
            return f"has {len(value)} {_COUNTED[keyword[3:]]}; it needs at least {want}"
        case "maxLength" | "maxItems" | "maxProperties":
            return f"has {len(value):,} {_COUNTED[keyword[3:]]}; at most {want:,} are allowed"
        case "uniqueItems":
            return f"lists {_shown(_repeated(value))} twice"
        case _:
            return f"is not what {keyword} of the schema allows"


def _repeated(values: list[Any]) -> Any:
    seen: set[str] = set()
    for each in values:
        text = json.dumps(each, sort_keys=True)
        if text in seen:
            return each
        seen.add(text)
    return values[0]


def _shown(value: Any) -> str:
    """Return a value for an error message, cut where it is long."""
    if isinstance(value, dict | list):
        return a_kind_of(value)
    text = _QUERY.sub(r"\1...", _USER.sub(r"\1...@", json.dumps(value, ensure_ascii=False)))
    return text if len(text) <= 60 else f"{text[:57]}...{text[0] if text[0] == chr(34) else ''}"
