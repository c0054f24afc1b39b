"""Readers of archives, of notes beside unfinished downloads and exports, of exported documents."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import orjson

from dsops.engine.archive import unpack
from dsops.engine.archivepart import ArchivePart
from dsops.engine.partfile import PartFile
from dsops.engine.sheet import write_sheet
from dsops.http import Remote
from dsops.http.answer import decode
from dsops.providers.uipath.comments import comment_cells
from tests.fuzz.reader import Reader, expected, from_bytes, from_documents


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dump/annotations/a.jsonl", '{"a": 1}\n' * 50)
        archive.writestr("dump/images/one.png", bytes(range(256)) * 4)
        archive.writestr("dump/empty/", "")
    return out.getvalue()


def _read_archive(content: bytes, folder: Path) -> object:
    (folder / "it.zip").write_bytes(content)
    into = folder / "into"
    found = expected(lambda: sum(len(each.piece) for each in unpack(folder / "it.zip", into)))
    beside = {path.name for path in folder.iterdir()}
    assert beside <= {"it.zip", "into"}, beside
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    return found


_REQUEST = {"operation": "dataset export", "arguments": {"limit": 3, "order_by": "created_at"}}
_NOTE = {
    "formatVersion": "1",
    "request": _REQUEST,
    "next": {"continuation": "c", "limit": 3},
    "bytes": 6,
    "count": 2,
    "pages": 1,
}
_ARCHIVE_NOTE = {"formatVersion": "1", "request": _REQUEST, "size": 600_000, "mark": "m", "parts": [0, 1]}


def _read_note(content: bytes, folder: Path) -> object:
    (folder / "it.jsonl.part").write_bytes(b"{}\n{}\n")
    (folder / "it.jsonl.part.json").write_bytes(content)

    def read() -> object:
        with PartFile(folder / "it.jsonl", _REQUEST, {"limit": 3}) as part:
            mark = part.open(restart=False, overwrite=False)
            assert mark.next is None or isinstance(mark.next, dict)
            assert 0 <= mark.size <= 6
            following: Any = {**mark.next, "continuation": "d"} if mark.next is not None else None
            part.append(b"{}\n", 1, following)
            return f"{mark.items:,} {mark.pages:,}"

    return expected(read)


def _read_archive_note(content: bytes, folder: Path) -> object:
    (folder / "it.part").write_bytes(b"x" * 600_000)
    (folder / "it.part.json").write_bytes(content)

    def read() -> object:
        with ArchivePart(folder / "it") as part:
            there = part.begin(_REQUEST, Remote(600_000, "m"))
            assert 0 <= there <= 600_000
            assert part.missing == () or max(part.missing) < 3
            part.came(set(part.missing[:1]))
            return part.size

    return expected(read)


def _read_sheet(content: bytes, folder: Path) -> object:

    lines = [line for line in content.split(b"\n") if line.strip()]
    good = []
    for line in lines:
        answer = decode(200, [], line)
        body = getattr(answer, "body", None)
        if isinstance(body, dict):
            good.append(orjson.dumps(body))
    (folder / "lines").write_bytes(b"\n".join(good))
    write_sheet(folder / "lines", folder / "sheet.csv", comment_cells)
    with (folder / "sheet.csv").open(encoding="utf-8", newline="") as file:
        before = csv.field_size_limit(10**9)
        try:
            widths = {len(row) for row in csv.reader(file, strict=True)}
        finally:
            csv.field_size_limit(before)
    assert len(widths) <= 1
    return widths


_COMMENT = {
    "comment": {
        "uid": "a.b",
        "id": "b",
        "messages": [{"body": {"text": "x"}, "subject": {"text": "=1+1"}}],
        "user_properties": {"string:C": "d"},
    },
    "annotations": {"labels": {"assigned": [{"name": "L", "sentiment": "positive"}]}, "entities": {}},
    "predictions": {"labels": [{"name": ["A", "B"], "probability": 0.5}]},
    "label_properties": [{"property_id": "i", "property_name": "tone", "value": 1}],
}


READERS = (
    Reader("an archive", from_bytes(_archive()), _read_archive, 150),
    Reader("a note of an export", from_documents(_NOTE), _read_note, 150),
    Reader("a note of a download", from_documents(_ARCHIVE_NOTE), _read_archive_note, 100),
    Reader("a sheet", from_documents(_COMMENT), _read_sheet, 150),
)
