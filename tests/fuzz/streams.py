"""Readers of answers in pieces, of headers, of addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from dsops.http.exchange import LARGEST_ANSWER
from dsops.http.retry import retry_after
from dsops.http.splitter import Broken, Splitter, Stream, TooLarge
from dsops.model import THE_ANSWER, Address
from dsops.state import open_store
from tests.fuzz.reader import Reader, expected, from_bytes, from_documents


def _read_splitter(content: bytes, folder: Path) -> object:
    """What streams by is what would be read at once; or the answer is broken."""
    for member in ("rows", THE_ANSWER):
        kept: list[Any] = []
        sink = _Sink(kept)
        size = 1 + sum(content[:3]) % 50
        try:
            splitter = Splitter(Stream(member, sink), LARGEST_ANSWER)
            for at in range(0, len(content), size):
                splitter.feed(content[at : at + size])
            rest = splitter.finish()
        except (Broken, TooLarge):
            continue
        try:
            body = orjson.loads(rest)
        except orjson.JSONDecodeError:
            continue
        try:
            whole = orjson.loads(content)
            orjson.dumps(whole)
        except (orjson.JSONDecodeError, TypeError):  # nested deeper as a whole than in its parts
            continue
        if member == THE_ANSWER and isinstance(whole, list):
            assert (kept, body) == (whole, [])
        elif isinstance(whole, dict) and isinstance(whole.get("rows"), list) and body.get("rows") is None:
            assert kept == whole["rows"]
    return None


@dataclass(frozen=True, slots=True)
class _Sink:
    kept: list[Any]

    def begin(self) -> None:
        """Begin."""

    def take(self, documents: Iterable[Any]) -> None:
        """Keep rows."""
        self.kept.extend(documents)


def _read_header(content: bytes, folder: Path) -> object:
    found = retry_after(content.decode("latin-1"), 1e9)
    assert found is None or 0 <= found < float("inf")
    return found


def _read_address(content: bytes, folder: Path) -> object:
    text = content.decode(errors="surrogateescape").replace("\0", "")
    try:
        Address.parse(text)
    except ValueError as documented:
        str(documented).encode(errors="replace")
    return expected(lambda: open_store(text, root=folder, stack="mail", env=None))


READERS = (
    Reader(
        "rows that stream by",
        from_documents({"dataSetId": "x", "rows": [{"a": {"b": [1]}}, {"a": "]}"}]}, [{"a": 1}, {"a": {"rows": [1]}}]),
        _read_splitter,
        400,
    ),
    Reader("Retry-After", from_bytes(b"120", b"Fri, 31 Dec 2027 23:59:59 GMT", b"1e9"), _read_header, 400),
    Reader(
        "addresses",
        from_bytes(
            b"sqlite:.dsops/x.db",
            b"postgres://u:${env:P}@h:1/d?schema=s",
            b"s3://b/p?region=r",
            b"https://h/p",
            b"uipath/Dataset/x",
        ),
        _read_address,
        200,
    ),
)
