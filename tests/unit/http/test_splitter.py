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
from dsops.model import THE_ANSWER, Values


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


@dataclass
class Texts(Sink):
    """Reads rows from their text, but for some."""

    parsed: int = 0

    def parse(self, text: bytes) -> Sequence[tuple[str, Values]] | None:
        try:
            rows = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        if not all(isinstance(row, dict) and row.get("id") != "" for row in rows):
            return None
        return [("r", (row,)) for row in rows]

    def take_parsed(self, rows: Sequence[tuple[str, Values]], text: bytes) -> None:
        assert [row for _, (row,) in rows] == orjson.loads(text)
        self.take([row for _, (row,) in rows])
        self.parsed += len(rows)


def split(pieces: Iterator[bytes] | list[bytes], largest: int = 1 << 28, member: str = "rows") -> tuple[list[Any], Any]:
    """Return the rows and the rest; they are the same where rows are read from their text."""
    pieces = list(pieces)
    rows = Texts()
    work = Splitter(Stream(member, rows), largest)
    for piece in pieces:
        work.feed(piece)
    rest = work.finish()
    found = _split_documents(pieces, largest, member)
    assert (rows.rows, rest) == found[:2]
    return found[0], found[2]


def _split_documents(pieces: list[bytes], largest: int, member: str) -> tuple[list[Any], bytes, Any]:
    sink = Sink()
    stream = Stream(member, sink)
    work = Splitter(stream, largest)
    for piece in pieces:
        work.feed(piece)
    rest = work.finish()
    return sink.rows, rest, stream.without(orjson.loads(rest))


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


@pytest.mark.parametrize(
    "content",
    [
        b'{"rows":[{"a":1}.5,{"a":2}]}',
        b'{"rows":[{"a":1}{"a":2}]}',
        b'{"rows":[{"a":1},,{"a":2}]}',
        b'{"rows":[,{"a":1}]}',
        b'{"rows":[{"a":1},]}',
        b'{"rows":[{"a":1}}}',
        b'{"rows":[{"a":1]}]}',
        b'{"rows":[{"a":1}]]',
        b'{"rows":[{"a":1}]',
        b'{"rows":[{"a":1}',
        b'{"rows":[',
        b'{"rows":',
        b'{"rows":[{"a":1}]}}',
        b'{"rows":[{"a":1}]}{"rows":[]}',
        b"",
        b'{"rows":[{"a":"\xff"}]}',
        b'{"rows":[{"a":"\xc3"}]}',
        b'["rows":[{"a":1}]]',
        b'"rows":[{"a":1}]',
    ],
)
@pytest.mark.usefixtures("_blocks")
def test_what_is_not_json_is_refused(content: bytes) -> None:
    for pieces in ([content], [bytes([byte]) for byte in content]):
        with pytest.raises((Broken, orjson.JSONDecodeError)):
            split(pieces)


@pytest.mark.parametrize(
    "content", [b'{"rows":[],"rows":[]}', b'[{"rows":null,"rows":[{}]}]', b'{"rows":[{}],"rows":0}']
)
def test_two_members_of_that_name_are_refused(content: bytes) -> None:
    with pytest.raises(Broken, match="two members rows"):
        split([content])


def test_a_name_may_be_written_with_escapes() -> None:
    assert split([rb'{"\u0072ows":[{"a":1}],"r\"ows":[2]}']) == ([{"a": 1}], {'r"ows': [2]})


def alike(number: int) -> dict[str, Any]:
    """Return a row inside of which others begin as it does."""
    return {"id": number, "nested": [{"id": at, "text": '},{"id":'} for at in range(number % 40)]}


@pytest.mark.parametrize("style", [{"separators": (",", ":")}, {"indent": 1}], ids=["compact", "indented"])
@pytest.mark.parametrize("size", [1000, 65536, 10**9])
def test_a_wrong_guess_is_found_out(style: dict[str, Any], size: int) -> None:
    rows = [alike(number) for number in range(3000)]
    document = [{"id": 1, "rows": rows[:1000]}, {"rows": []}, {"rows": rows[1000:], "id": 2, "rest": rows[:9]}]
    content = json.dumps(document, **style).encode()
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    assert split(pieces) == (rows, [{"id": 1}, {}, {"id": 2, "rest": rows[:9]}])


def test_rows_that_begin_differently_and_one_that_fills_many_blocks() -> None:
    rows = [{f"a{number}": number, "text": 'é\\"}]' * 20} for number in range(3000)]
    rows.insert(1500, {"a": "x" * splitter._BLOCK * 5, "text": "", "nested": [{"a": "},{"}] * 50_000})
    content = orjson.dumps({"rows": rows})
    assert split([content[at : at + 65536] for at in range(0, len(content), 65536)]) == (rows, {})


def test_nearly_all_rows_of_a_long_answer_are_read_from_their_text() -> None:
    rows = Texts()
    work = Splitter(Stream("rows", rows), 1 << 20)
    work.feed(orjson.dumps({"rows": [{"id": number, "text": "x" * 1000} for number in range(1000)]}))
    work.finish()
    assert [row["id"] for row in rows.rows] == list(range(1000))
    assert rows.parsed > 800


def test_little_is_held_and_rows_come_early() -> None:
    row = orjson.dumps({"id": 1, "text": "x" * 1000})
    sink = Sink()
    work = Splitter(Stream("rows", sink), 1000)
    work.feed(b'{"rows":[' + row)
    for number in range(2000):
        work.feed(b"," + row)
        # In bytes: what hasn't been handed on is less than a block and a row.
        assert (number + 2 - len(sink.rows)) * len(row) <= splitter._BLOCK + 2 * len(row)
    work.feed(b"]}")
    assert orjson.loads(work.finish()) == {"rows": None}
    assert len(sink.rows) == 2001
    assert len(sink.batches) < 50


@pytest.mark.usefixtures("_blocks")
@given(st.lists(ROWS, max_size=8), STYLES, st.lists(st.integers(0, 10_000), max_size=30))
def test_an_answer_that_is_the_array_itself(rows: list[Any], style: dict[str, Any], cuts: list[int]) -> None:
    assert split(in_pieces(json.dumps(rows, **style).encode(), cuts), member=THE_ANSWER) == (rows, [])


@pytest.mark.parametrize("document", [None, 5, "[]", {}, {"[]": [{"a": 1}]}, {"errors": [{"id": 1}]}])
def test_what_is_no_array_there_is_left_as_it_is(document: Any) -> None:
    assert split([orjson.dumps(document)], member=THE_ANSWER) == ([], document)


@pytest.mark.parametrize(
    "content", [b"[", b'[{"a":1}', b'[{"a":1}]]', b"[][]", b'[{"a":1}][{"a":2}]', b"x[]", b"[1]", b"[[]]", b'["x"]']
)
def test_an_array_that_is_not_whole_or_holds_no_rows_is_refused(content: bytes) -> None:
    with pytest.raises((Broken, ValueError)):
        split([content], member=THE_ANSWER)
