"""The fast validator and the one that words the errors agree on what is valid."""

# ruff: noqa: E501 - pools of values

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.manifest.schema import Schema
from dsops.manifest.wording import problems
from dsops.model.assets import asset

SCHEMAS = {
    name: Schema(asset("schemas", *name.split("/")))
    for name in ("Stack.json", "uipath/Dataset.json", "uipath/Stream.json")
}

junk = st.sampled_from(
    [None, True, False, 0, 1, -1, 8, 8.0, 1.5, 0.5, 1e300, 2**62, "", "a", "a\n", "a b", "ä", "/", "x" * 129, "x" * 257, "A > B", "A>B", "A > ",
     "18ba5ce699f8da1f", "18ba5ce699f8da1f\n", "18BA5CE699F8DA1F", "2020-06-03T16:05:00Z", "2020-06-03T16:05:00Z\n", "2020-06-03", "2020-13-03",
     "\u0661\u0662\u0663\u0664-\u0661\u0662-\u0663\u0661", "https://a", "https://a\n", "http://a/b?c", "${env:A}", "${env:A}\n", "${file:a}", "english", "create", "string:A", "number:A",
     [], ["a"], ["a", "a"], [1, 1.0], [1, True], [0, False], ["18ba5ce699f8da1f"], {}, {"a": 1}, {"version": 1}, {"tag": "a"},
     {"version": 1, "tag": "a"}, {"string:A": {"oneOf": ["a"]}}, {"string:A\n": {"oneOf": ["a"]}}, {"number:A": {"oneOf": [1, 1.0]}}, {"A > B": 1}, {"A\n": 0.5}, {"": 1},
     {"oneOf": ["a"]}, {"minimum": 1}, {"minimum": "2020-06-03T16:05:00Z"}, {"provider": "uipath"}, {"provider": "x"}]
) | st.text(max_size=5) | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)  # fmt: skip


def _spots(value: Any) -> list[tuple[Any, Any]]:
    """Return each place in a document as its container and key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in items:
        found += [(value, key), *_spots(item)]
    return found


def _names(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        inside = set().union(*map(_names, schema.values()))
        return inside | set(schema["properties"]) if isinstance(schema.get("properties"), dict) else inside
    return set().union(*map(_names, schema)) if isinstance(schema, list) else set()


@st.composite
def documents(draw: st.DrawFn, schema: Schema) -> Any:
    """Draw the schema's example with some of its parts replaced, removed or added."""
    value = copy.deepcopy(draw(st.sampled_from(schema.document["examples"])))
    names = sorted(_names(schema.document))
    for _ in range(draw(st.integers(0, 3))):
        spots = _spots(value)
        if not spots:
            break
        container, key = draw(st.sampled_from(spots))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                container[key] = copy.deepcopy(draw(junk))
            case "remove":
                del container[key]
            case _ if isinstance(container, dict):
                container[draw(st.sampled_from(names) | st.text(max_size=3))] = copy.deepcopy(draw(junk))
            case _:
                container.append(copy.deepcopy(draw(junk)))
    return value


@pytest.mark.parametrize("name", SCHEMAS)
@given(data=st.data())
def test_both_validators_agree(name: str, data: st.DataObject) -> None:
    schema = SCHEMAS[name]
    value = data.draw(documents(schema))
    found = list(problems(schema.document, value))
    assert schema.accepts(value) == (not found), (json.dumps(value), found)
    for each in found:
        assert each.summary
        assert "is not what" not in each.summary, "a keyword without words of its own"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_part_of_a_schema_is_described_with_an_example(name: str) -> None:
    schema = SCHEMAS[name].document
    assert schema["$id"] == f"https://dsops.dev/schemas/{name}"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for where, node in _properties(schema, ""):
        target = schema["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else {}
        whole = {**target, **node}
        assert whole.get("description"), where
        assert whole.get("examples"), where


def _properties(schema: Any, where: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for key, item in (
        schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    ):
        if key == "properties" and "if" not in where.split("/"):
            found += [(f"{where}/{name}", node) for name, node in item.items()]
        found += _properties(item, f"{where}/{key}")
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_map_lists_its_fields(name: str) -> None:
    """A misspelt field is an error wherever a schema names fields."""
    for where, node in _maps(SCHEMAS[name].document, ""):
        closed = node.get("additionalProperties") is not None or "propertyNames" in node or "allOf" in node
        assert closed, where


def _maps(schema: Any, where: str) -> list[tuple[str, dict[str, Any]]]:
    found = [(where, schema)] if isinstance(schema, dict) and "type" in schema and "properties" in schema else []
    for key, item in (
        schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    ):
        if key != "examples":
            found += _maps(item, f"{where}/{key}")
    return found
