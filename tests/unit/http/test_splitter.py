"""Whatever is split is read as orjson reads the whole; what orjson refuses is refused."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsops.http import splitter
from dsops.http.splitter import Broken, Splitter, Stream


@dataclass
class Sink:
    """Keeps what it is handed."""

    rows: list[Any] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def begin(self) -> None:
        self.rows.clear()

    def take(self, documents: Sequence[Any]) -> None:
        self.rows += documents
        self.batches.append(len(documents))


def split(pieces: Iterator[bytes] | list[bytes], largest: int = 1 << 28) -> tuple[list[Any], Any]:
    """Return the rows and the rest."""
    sink = Sink()
    stream = Stream("rows", sink)
    work = Splitter(stream, largest)
    for piece in pieces:
        work.feed(piece)
    return sink.rows, stream.without(orjson.loads(work.finish()))


def expected(document: Any) -> tuple[list[Any], Any]:
    """Return the same from a decoded document."""
    items = document if isinstance(document, list) else [document]
    rows: list[Any] = []
    rest: list[Any] = []
    for item in items:
        if isinstance(item, dict) and (item.get("rows") is None or isinstance(item["rows"], list)):
            rows += item.get("rows") or []
            rest.append({name: value for name, value in item.items() if name != "rows"})
        else:
            rest.append(item)
    return rows, rest if isinstance(document, list) else rest[0]


def in_pieces(content: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut at these places, taken modulo the length."""
    edges = [0, *sorted({cut % (len(content) + 1) for cut in cuts}), len(content)]
    return [content[edges[at] : edges[at + 1]] for at in range(len(edges) - 1)]


def placed(around: dict[str, Any], rows: Any, place: int) -> dict[str, Any]:
    """Put the member among the others; an empty tuple stands for no such member."""
    members = list(around.items())
    if rows != ():
        members.insert(place, ("rows", rows))
    return dict(members)


TRICKS = st.sampled_from(
    [
        '},{"id":', '"},{"id":"', '"rows":[', '\\"rows\\":[', "]}", "}]", "\\", '\\"', "{", "[", '"', "é€😀", "\n\t",
        "rows", "id", "",
    ]
)  # fmt: skip
TEXTS = st.lists(TRICKS | st.text(max_size=3), max_size=4).map("".join)
NAMES = st.sampled_from(["id", "rows", "a", '"', "\\", "é"]) | TEXTS
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
NESTED = st.lists(st.fixed_dictionaries({"id": TEXTS}))
ROWS = st.fixed_dictionaries(
    {"id": VALUES}, optional={"rows": VALUES, "a": VALUES, "nested": NESTED}
) | st.dictionaries(NAMES, VALUES, max_size=3)
OTHERS = TEXTS | st.integers() | st.dictionaries(NAMES, VALUES, max_size=2)
HOLDERS = st.builds(
    placed,
    st.dictionaries(NAMES.filter(lambda name: name != "rows"), VALUES, max_size=3),
    st.none() | st.just(()) | st.lists(ROWS, max_size=8) | OTHERS,
    st.integers(0, 3),
)


DOCUMENTS = HOLDERS | st.lists(HOLDERS | VALUES, max_size=4)
STYLES = st.sampled_from(
    [
        {"ensure_ascii": False, "separators": (",", ":")}, {"separators": (", ", ": ")}, {"indent": 2},
        {"indent": "\t", "ensure_ascii": False}, {"separators": (" ,\r\n", " :\t")},
    ]
)  # fmt: skip


@pytest.fixture(scope="module", params=[(1, 1), (7, 5), (64, 16), (splitter._BLOCK, splitter._GLANCE)], ids=str)
def _blocks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Blocks so small that their ends meet everything."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitter, "_BLOCK", request.param[0])
        patch.setattr(splitter, "_GLANCE", request.param[1])
        yield


@pytest.mark.usefixtures("_blocks")
@given(DOCUMENTS, STYLES, st.lists(st.integers(0, 10_000), max_size=30))
@example([{"rows": [{"id": 1}]}, {"rows": [{"id": 2}, {"id": 3}]}], {}, [])
def test_as_if_it_were_read_whole(document: Any, style: dict[str, Any], cuts: list[int]) -> None:
    content = json.dumps(document, **style).encode()
    whole = expected(orjson.loads(content))
    for pieces in (in_pieces(content, cuts), [bytes([byte]) for byte in content]):
        if all(isinstance(row, dict) for row in whole[0]):
            assert split(pieces) == whole
        else:
            with pytest.raises(Broken, match="not an object"):
                split(pieces)


@pytest.mark.usefixtures("_blocks")
@given(HOLDERS | st.lists(HOLDERS, min_size=1, max_size=3), STYLES, st.data())
def test_what_is_damaged_is_refused_or_read_as_it_is(document: Any, style: dict[str, Any], data: st.DataObject) -> None:
    content = json.dumps(document, **style).encode()
    at = data.draw(st.integers(0, len(content) - 1))
    patch = data.draw(
        st.sampled_from([b"", b",", b"]", b"}", b"[", b"{", b'"', b"\\", b"0", b".5", b" ", b":", b"\xff"])
    )
    damaged = data.draw(
        st.sampled_from([content[:at], content[:at] + patch + content[at:], content[:at] + patch + content[at + 1 :]])
    )
    try:
        whole = orjson.loads(damaged)
    except orjson.JSONDecodeError:
        with pytest.raises((Broken, orjson.JSONDecodeError)):
            split([damaged])
        return
    try:
        assert split([damaged]) == expected(whole)
    except Broken as problem:
        # Damage can make of another name this one, or of a row something else.
        assert "two members" in str(problem) or "not an object" in str(problem)  # noqa: PT017
