"""Packed marks are a mapping like a dictionary of them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.model import RowMark
from dsops.state.marks import ENTRY, SUMMED, Marks, pack, pack_summed, unpack, unpack_all

DIGESTS = st.binary(min_size=15, max_size=15)
FEW = st.sampled_from([bytes([one, *[0] * 13, two]) for one in (0, 1, 255) for two in (0, 1, 255)])
KEPT = st.builds(RowMark, DIGESTS | FEW, DIGESTS | FEW, st.booleans())
MANY = st.dictionaries(DIGESTS | FEW, KEPT, max_size=150).map(
    lambda found: {key: mark._replace(key=key) for key, mark in found.items()}
)


def packed(marks: dict[bytes, RowMark], holder: str = "h") -> Marks:
    return Marks(pack_summed((marks[key] for key in sorted(marks)), holder), "h", LookupError)


@given(MANY, st.lists(DIGESTS | FEW))
def test_they_are_found_as_in_a_dictionary(marks: dict[bytes, RowMark], others: list[bytes]) -> None:
    found = packed(marks)
    assert dict(found) == marks
    assert len(found) == len(marks)
    for key in [*marks, *others]:
        assert (key in found) == (key in marks)
        assert found.get(key) == marks.get(key)


@pytest.mark.parametrize("count", [0, 1, 64, 65, 16_384, 16_385])
def test_however_many_there_are(count: int) -> None:
    digests = [hashlib.sha256(b"%d" % number).digest() for number in range(count + 100)]
    marks = {each[:15]: RowMark(each[:15], each[15:30], each[31] > 99) for each in digests[:count]}
    found = packed(marks)
    assert dict(found.items()) == marks
    assert not any(each[:15] in found for each in digests[count:])


def test_what_is_across_two_entries_is_not_found() -> None:
    """The same fifteen bytes, but not at the beginning of an entry, or beyond what a bucket holds."""
    marks = {each: RowMark(each, each[:1] * 15) for each in (bytes([number]) * 15 for number in range(70))}
    found = packed(marks)
    assert (bytes(14) + b"\3") not in found
    assert (b"\1" + b"\5" * 14) not in found
    assert len(dict(found)) == 70


@given(KEPT | st.builds(RowMark, DIGESTS, st.none(), st.booleans()))
def test_a_mark_comes_back_as_it_was(mark: RowMark) -> None:
    assert unpack(pack(mark)) == mark
    assert len(pack(mark)) == ENTRY
    assert unpack_all(pack(mark) * 3) == (mark,) * 3


@pytest.mark.parametrize("mark", [RowMark(b"", bytes(15)), RowMark(bytes(15), b""), RowMark(bytes(14), bytes(16))])
def test_what_is_no_digest_is_not_packed(mark: RowMark) -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        pack(mark)


@pytest.mark.parametrize("entry", [b"", bytes(30), bytes(32), bytes(15) + b"\4" + bytes(15)])
def test_what_is_no_mark_is_not_read(entry: bytes) -> None:
    with pytest.raises(ValueError, match="is none"):
        unpack(entry)


@given(st.integers(0, SUMMED * 8 - 1))
def test_any_flipped_bit_is_noticed_when_it_is_asked_for(bit: int) -> None:
    mark = RowMark(b"k" * 15, b"c" * 15)
    changed = bytearray(pack_summed([mark], "h"))
    changed[bit // 8] ^= 1 << bit % 8
    found = Marks(bytes(changed), "h", LookupError)
    with pytest.raises(LookupError, match="a row of h is not as it was written"):
        dict(found)


def test_the_row_of_another_is_noticed() -> None:
    mark = RowMark(b"k" * 15, b"c" * 15)
    with pytest.raises(LookupError, match="a row of h"):
        _ = packed({mark.key: mark}, holder="other")[mark.key]
