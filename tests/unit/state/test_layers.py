"""Rows in layers: folding is the same as saying one after another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.model import DIGEST_SIZE, RowMark
from dsops.state.document.layers import chosen, fold, packed
from dsops.state.marks import Marks

HOLDER = "geai/Dataset https://example.com 1"


def mark(key: int, content: int | None) -> RowMark:
    body = None if content is None else bytes([content]) * DIGEST_SIZE
    return RowMark(key.to_bytes(DIGEST_SIZE, "big"), body)


def damaged(what: str) -> Exception:
    return AssertionError(what)


changes = st.lists(st.builds(mark, st.integers(0, 12), st.none() | st.integers(0, 3)), max_size=20)


@given(st.lists(changes, min_size=1, max_size=5))
def test_folded_layers_say_what_was_said_last(layers: list[list[RowMark]]) -> None:
    said: dict[bytes, RowMark] = {}
    for layer in layers:
        said.update((each.key, each) for each in layer)
    packs = [packed(iter(layer), HOLDER) for layer in layers]
    found = Marks(fold(packs, bottom=True), HOLDER, damaged)
    assert dict(found) == {key: each for key, each in said.items() if each.content is not None}
    assert fold([fold(packs[:2]), *packs[2:]], bottom=True) == fold(packs, bottom=True)


@given(changes, st.sets(st.integers(0, 12)))
def test_of_a_pack_some_keys_are_chosen(layer: list[RowMark], wanted: set[int]) -> None:
    keys = {number.to_bytes(DIGEST_SIZE, "big") for number in wanted}
    pack = fold([packed(layer, HOLDER)], bottom=True)
    every = dict(Marks(pack, HOLDER, damaged))
    assert dict(Marks(chosen(pack, keys), HOLDER, damaged)) == {key: every[key] for key in keys & every.keys()}


def test_what_is_no_digest_is_refused() -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        chosen(b"", [b"short"])
