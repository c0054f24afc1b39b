"""Zips that somebody else made: whole ones are unpacked, hostile and broken ones leave nothing where it matters."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from dsops.engine.archive import BadArchive, unpack
from dsops.model import DsopsError

REGULAR = (stat.S_IFREG | 0o644) << 16


def entry(name: str, mode: int = REGULAR, **more: int) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = mode
    found.create_system = 3
    for field, value in more.items():
        setattr(found, field, value)
    return found


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """Return a zip; names are written as they are."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return content.getvalue()


def unpacked(content: bytes, folder: Path) -> dict[str, bytes]:
    """Unpack and return path to content of every file."""
    archive = folder / "x.part"
    archive.write_bytes(content)
    into = folder / "new"
    list(unpack(archive, into))
    return {str(path.relative_to(into)): path.read_bytes() for path in into.rglob("*") if path.is_file()}


def refused(content: bytes, folder: Path) -> str:
    """Return why an archive can't be unpacked; nothing may be outside of its folder."""
    with pytest.raises(DsopsError) as failed:
        unpacked(content, folder)
    assert {path.name for path in folder.iterdir()} <= {"x.part", "new"}
    return failed.value.diagnostics[0].detail


def test_files_and_folders_are_unpacked(tmp_path: Path) -> None:
    content = zipped(
        (entry("training/", stat.S_IFDIR << 16), b""),
        ("training/images/one.png", b"\x89PNG" * 500_000),
        (entry("training/annotations/one.jsonl", compress_type=zipfile.ZIP_DEFLATED), b'{"a": 1}\n' * 9),
        ("empty", b""),
        ("Größe/日本.txt", b"x"),
    )
    assert unpacked(content, tmp_path) == {
        "training/images/one.png": b"\x89PNG" * 500_000,
        "training/annotations/one.jsonl": b'{"a": 1}\n' * 9,
        "empty": b"",
        "Größe/日本.txt": b"x",
    }


def test_it_tells_what_it_writes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(zipped(("a", b"1" * 2_000_000), ("b", b"")))
    told = list(unpack(tmp_path / "x", tmp_path / "new"))
    assert [(each.name, len(each.piece), each.ended) for each in told] == [
        ("a", 1_048_576, False),
        ("a", 951_424, False),
        ("a", 0, True),
        ("b", 0, True),
    ]


def test_modes_are_not_taken_over(tmp_path: Path) -> None:
    unpacked(zipped((entry("run", (stat.S_IFREG | 0o6777) << 16), b"x")), tmp_path)
    assert stat.S_IMODE((tmp_path / "new" / "run").stat().st_mode) & 0o7111 == 0


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "a/..",
        "..",
        "/etc/x",
        "//x",
        "a//b",
        "./a",
        "a/./b",
        ".",
        "a\\b",
        "..\\x",
        "C:/x",
        "c:x",
        "a\nb",
        "a\x7f",
    ],
)
def test_what_would_climb_out_is_refused(name: str, tmp_path: Path) -> None:
    why = refused(zipped((name, b"x")), tmp_path)
    assert "would not stay inside" in why or "broken" in why or "shorter" in why or "link" in why


def test_an_entry_without_a_name_is_refused(tmp_path: Path) -> None:
    assert "inside" in refused(renamed(zipped(("aaaa", b"x")), b"aaaa", b"\0aaa"), tmp_path)


@pytest.mark.parametrize(
    "form", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR], ids=stat.filemode
)
def test_links_and_devices_are_refused(form: int, tmp_path: Path) -> None:
    assert "link or a device" in refused(zipped((entry("a", form << 16), b"/etc/passwd")), tmp_path)


def test_a_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    assert "link or a device" in refused(zipped((entry("a/", stat.S_IFLNK << 16), b"")), tmp_path)


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped(("a", b"1"), ("a", b"2"))
    assert "twice" in refused(content, tmp_path)
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped(("a/", b""), ("a/", b""))
    assert "twice" in refused(content, tmp_path)


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path) -> None:
    assert "both a file and a folder" in refused(zipped(("a", b"1"), ("a/b", b"2")), tmp_path)
    assert "twice" in refused(zipped(("a", b"1"), ("a/", b"")), tmp_path)


def test_too_long_a_name_is_refused(tmp_path: Path) -> None:
    assert "too long a name" in refused(zipped(("é" * 128, b"")), tmp_path)


def test_what_explodes_is_refused_before_it_does(tmp_path: Path) -> None:
    bomb = zipped((entry("zeros", compress_type=zipfile.ZIP_DEFLATED), bytes(70 * 1024 * 1024)))
    assert len(bomb) < 100_000
    assert "would become 73,400,320" in refused(bomb, tmp_path)
    assert not (tmp_path / "new").exists()


def test_many_entries_over_the_same_bytes_explode_together(tmp_path: Path) -> None:
    one = zipped((entry("aaaa", compress_type=zipfile.ZIP_DEFLATED), bytes(1024 * 1024)))
    assert refused(overlapped(one, b"aaaa", 100), tmp_path)


def test_little_may_grow_much(tmp_path: Path) -> None:
    content = zipped((entry("zeros", compress_type=zipfile.ZIP_DEFLATED), bytes(1024 * 1024)))
    assert unpacked(content, tmp_path) == {"zeros": bytes(1024 * 1024)}


def test_what_is_encrypted_or_compressed_otherwise_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(("a", b"1")))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    assert "encrypted" in refused(bytes(content), tmp_path)
    assert "not known here" in refused(zipped((entry("a", compress_type=zipfile.ZIP_BZIP2), b"1")), tmp_path)


def corrupt(content: bytes) -> bytes:
    at = content.index(b"payload")
    return content[:at] + b"Payload" + content[at + 7 :]


def smaller(content: bytes) -> bytes:
    """Say in the directory that the entry is shorter than it is."""
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", 3) + content[at + 4 :]


def larger(content: bytes) -> bytes:
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", 701) + content[at + 4 :]


def renamed(content: bytes, old: bytes, new: bytes, which: Iterable[int] = (0, 1)) -> bytes:
    """Replace a name in the local header (0), in the directory (1)."""
    places = [content.index(old), content.rindex(old)]
    for each in which:
        content = content[: places[each]] + new + content[places[each] + len(new) :]
    return content


def overlapped(content: bytes, name: bytes, count: int) -> bytes:
    """Let the directory name one entry many times, under several names."""
    start = content.index(b"PK\x01\x02")
    end = content.index(b"PK\x05\x06")
    record = content[start:end]
    directory = b"".join(record.replace(name, b"%04d" % number) for number in range(count))
    tail = bytearray(content[end:])
    struct.pack_into("<HHII", tail, 8, count, count, len(directory), start)
    return content[:start] + directory + bytes(tail)


@pytest.mark.parametrize(
    "spoil",
    [
        corrupt,
        smaller,
        larger,
        lambda content: content[:-10],
        lambda content: content[: len(content) // 2],
        lambda content: content[10:],
        lambda content: renamed(content, b"name", b"eman", (0,)),
        lambda _: b"",
        lambda _: b"<html>not found</html>",
    ],
)
def test_what_is_broken_is_noticed(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    content = zipped(("name", b"payload" * 100), ("other", b"x" * 1000))
    with pytest.raises(BadArchive):
        unpacked(spoil(content), tmp_path)


def test_a_broken_stream_is_noticed(tmp_path: Path) -> None:
    content = bytearray(zipped((entry("a", compress_type=zipfile.ZIP_DEFLATED), bytes(range(256)) * 100)))
    content[60] ^= 0xFF
    with pytest.raises(BadArchive):
        unpacked(bytes(content), tmp_path)


def test_what_the_disk_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(DsopsError, match="can't be written"):
        unpacked(zipped(("a", b"1")), tmp_path)
    with pytest.raises(DsopsError, match="can't be read"):
        list(unpack(tmp_path / "none", tmp_path / "other"))
