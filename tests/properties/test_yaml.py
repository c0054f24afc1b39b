"""Laws of the YAML reader: it reads safe documents as PyYAML does, knows where things stand, and survives anything."""

# ruff: noqa: E501 - pools of values

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dsops.manifest import parse
from dsops.manifest.places import dotted

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["no", "on", "null", "~", "010", "1:30", "2024-01-01", "<<", "a: b", "# x", "- a", "${var.x}", " a", "a\n", "=", ""]
)
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+")


def _means_one_thing(text: str) -> bool:
    """Leave out what YAML 1.1 writes without quotes and YAML 1.2 reads as a number: 1e3, 089."""
    return not _NUMBER.fullmatch(text) or not isinstance(yaml.safe_load(text), str)


texts = texts.filter(_means_one_thing)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | texts
    | st.floats(allow_nan=False, allow_infinity=False)
)
documents = st.recursive(
    scalars, lambda inside: st.lists(inside, max_size=4) | st.dictionaries(texts, inside, max_size=4), max_leaves=20
)
flavours = st.lists(
    st.sampled_from(
        ["a", "b", "<<", "0", "1.5", ".inf", "no", "${var.x}", ":", ": ", "- ", "? ", ", ", "[", "]", "{", "}", "&x ", "*x", "!t ",
         "|\n", ">\n", "\n", "\n  ", "\t", "'", '"', "\\", "---\n", "...\n", "%YAML 1.2\n", "#", " ", "\r", "\ufeff", "é", "\x85", "\x00", "\x1b"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@contextmanager
def libyaml(*, used: bool) -> Iterator[None]:
    """Read with libyaml or without. Not a fixture: those live longer than one example."""
    before = yaml.__with_libyaml__
    yaml.__with_libyaml__ = used  # type: ignore[misc, unused-ignore]
    try:
        yield
    finally:
        yaml.__with_libyaml__ = before  # type: ignore[misc, unused-ignore]


@given(st.lists(documents, max_size=3), st.sampled_from([None, True, False]), st.booleans())
def test_reads_safe_documents_as_pyyaml_does(values: list[Any], flow: bool | None, wide: bool) -> None:
    text = yaml.safe_dump_all(values, default_flow_style=flow, allow_unicode=wide, width=1000 if wide else 20)
    wanted = [each for each in yaml.safe_load_all(text) if each is not None]
    for used in (True, False):
        with libyaml(used=used):
            parsed = parse(text.encode(), "a.yaml")
        assert parsed.diagnostics == ()
        assert [each.value for each in parsed.documents] == wanted


@given(documents, documents)
def test_every_part_has_a_place_and_every_place_a_part(first: Any, second: Any) -> None:
    text = yaml.safe_dump_all([first, second], allow_unicode=True)
    lines = text.splitlines(keepends=False)
    for document in parse(text.encode(), "a.yaml").documents:
        paths = set(_paths(document.value, ()))
        assert {dotted(path) for path in paths} == set(document.places)
        for path in paths:
            found = document.places.find(path)
            assert found is not None
            assert all(1 <= each.line <= len(lines) + 1 and each.column >= 1 for each in found)


def _paths(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, item in items:
        yield (*path, part)
        yield from _paths(item, (*path, part))


@pytest.mark.parametrize("used", [True, False])
@given(raw=st.binary(max_size=60) | flavours.map(str.encode) | flavours.map(lambda text: text.encode("utf-16")))
def test_any_bytes_give_documents_or_diagnostics(used: bool, raw: bytes) -> None:
    with libyaml(used=used):
        parsed = parse(raw, "a.yaml")
        for document in parsed.documents:
            assert len(document.places) == len(list(document.places))
    for each in parsed.diagnostics:
        assert each.source is not None
        assert each.source.file == "a.yaml"
        assert each.source.line >= 1
        assert each.source.column >= 1
        assert (each.summary + each.detail + each.hint).isprintable()


@given(flavours)
def test_what_both_parsers_read_they_read_alike(text: str) -> None:
    with libyaml(used=True):
        fast = parse(text.encode(), "a.yaml")
    with libyaml(used=False):
        pure = parse(text.encode(), "a.yaml")
    if not fast.diagnostics and not pure.diagnostics:
        assert [each.value for each in fast.documents] == [each.value for each in pure.documents]
