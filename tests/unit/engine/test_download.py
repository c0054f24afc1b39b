"""Downloads into a folder that is there whole or not at all, from a provider that behaves as it likes."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from dsops.engine.archivepart import ArchivePart
from dsops.engine.download import Downloaded, Split, download, downloaded_document
from dsops.model import DsopsError, RemoteError, TransportError
from tests.unit.engine.vendor import PLACE, Vendor, drop, shelves, zipped
from tests.unit.http.server import Act, Seen, reply

MEGABYTE = 1024 * 1024
SECRET = "s3cret-canary"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fetch(vendor: Vendor, root: Path, *, into: str = "data", overwrite: bool = False, **arguments: Any) -> Downloaded:
    """Download into a folder below ``root``."""
    settings = {name: arguments.pop(name) for name in ("max_concurrency", "timeout") if name in arguments}
    found: Downloaded = vendor.run(
        root / "stack", lambda desk: download(desk, PLACE, arguments, root / into, overwrite=overwrite), **settings
    )
    assert SECRET not in vendor.said
    return found


def failing(vendor: Vendor, root: Path, expected: type[DsopsError] = DsopsError, **more: Any) -> str:
    """Download in vain; return what is told of it. No folder may be there that wasn't."""
    with pytest.raises(expected) as failed:
        fetch(vendor, root, **more)
    told = " ".join(f"{each.summary} {each.detail} {each.hint}" for each in failed.value.diagnostics)
    assert SECRET not in told + repr(failed.value)
    assert not (root / ".data.dsops-new").exists()
    assert not (root / ".data.dsops-old").exists()
    return told


def left(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {"stack"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stack").mkdir()
    monkeypatch.chdir(tmp_path / "stack")
    return tmp_path


def test_a_finished_export_is_fetched_checked_and_unpacked(root: Path) -> None:
    vendor = Vendor()
    found = fetch(vendor, root)
    assert files(root / "data") == shelves()
    assert left(root) == {"data"}
    assert found.splits == {"training": Split(2, 5), "validation": Split(1, 0)}
    assert (found.files, found.size) == (len(shelves()), sum(map(len, shelves().values())))
    assert (found.archive, found.resumed) == (len(vendor.archive), 0)
    assert vendor.made == 0
    assert all("authorization" not in each.headers for each in vendor.fetched)


def test_what_is_told_of_it_holds_no_address(root: Path) -> None:
    told = downloaded_document(fetch(Vendor(), root), root / "data")
    assert told["export"] == "e1"
    assert told["specification"] == "ViFull-normalized"
    assert (told["assets"], told["annotations"], told["made"]) == (3, 5, False)
    assert SECRET not in json.dumps(told)


def test_where_there_is_none_one_is_made_and_awaited(root: Path) -> None:
    vendor = Vendor(exports=[], looks=2)
    found = fetch(vendor, root)
    assert found.job.begun
    assert vendor.made == 1
    assert "no export ViFull-normalized is there, so one is being made" in vendor.said
    assert files(root / "data") == shelves()


def test_one_that_fails_is_told(root: Path) -> None:
    assert "export new1 failed" in failing(Vendor(exports=[], looks=-1), root, RemoteError)
    assert left(root) == set()


def test_many_parts_come_at_once_and_are_put_together(root: Path) -> None:
    content = shelves(20 * MEGABYTE)
    vendor = Vendor(zipped(content), latency=0.005)
    assert fetch(vendor, root).archive == len(vendor.archive)
    assert files(root / "data") == content
    assert len(vendor.ranges) > 60
    assert vendor.server is not None
    assert 1 < vendor.server.busiest <= 8


def test_no_more_at_once_than_the_connection_may(root: Path) -> None:
    vendor = Vendor(zipped(shelves(2 * MEGABYTE)), latency=0.005)
    fetch(vendor, root, max_concurrency=1)
    assert vendor.server is not None
    assert vendor.server.busiest == 1


def test_without_head_a_byte_tells_the_size(root: Path) -> None:
    fetch(Vendor(head=False), root)
    assert files(root / "data") == shelves()


def test_without_ranges_it_comes_in_one_go(root: Path) -> None:
    content = shelves(4 * MEGABYTE)
    vendor = Vendor(zipped(content), parts=False)
    fetch(vendor, root)
    assert files(root / "data") == content
    assert "in one go" in vendor.said


def broken_off(after: int) -> Any:
    """Return what fails for good once so many parts were answered."""

    def before(vendor: Vendor, seen: Seen) -> Act | None:
        parts = [each for each in vendor.fetched if "range" in each.headers]
        return reply(402) if "range" in seen.headers and len(parts) > after else None

    return before


def test_what_has_come_is_not_fetched_again(root: Path) -> None:
    content = shelves(8 * MEGABYTE)
    vendor = Vendor(zipped(content), before=broken_off(10))
    assert "402" in failing(vendor, root, TransportError, max_concurrency=1)
    assert left(root) == {"data.part", "data.part.json"}
    note = json.loads((root / "data.part.json").read_bytes())
    assert len(note["parts"]) == 10
    assert SECRET not in json.dumps(note)

    vendor.before = lambda _, __: None
    found = fetch(vendor, root)
    assert files(root / "data") == content
    assert found.resumed == 10 * 256 * 1024
    assert len(vendor.ranges) == 33 - 10
    assert "were there already" in vendor.said
    assert left(root) == {"data"}


@pytest.mark.parametrize("change", ["etag", "size"])
def test_another_archive_is_begun_anew(root: Path, change: str) -> None:
    vendor = Vendor(zipped(shelves(4 * MEGABYTE)), before=broken_off(5))
    failing(vendor, root, max_concurrency=1)
    vendor.before = lambda _, __: None
    content = shelves(4 * MEGABYTE) | ({"more": b"x"} if change == "size" else {"readme.txt": b"ABOUT"})
    vendor.archive = zipped(content)
    vendor.etag = '"v2"' if change == "etag" else vendor.etag
    assert fetch(vendor, root).resumed == 0
    assert files(root / "data") == content


def test_without_an_etag_the_same_export_of_the_same_size_goes_on(root: Path) -> None:
    vendor = Vendor(zipped(shelves(4 * MEGABYTE)), etag="", before=broken_off(5))
    failing(vendor, root, max_concurrency=1)
    vendor.before = lambda _, __: None
    assert fetch(vendor, root).resumed == 5 * 256 * 1024


def test_another_export_is_begun_anew(root: Path) -> None:
    vendor = Vendor(zipped(shelves(4 * MEGABYTE)), before=broken_off(5), exports=["e1", "e2"])
    failing(vendor, root, max_concurrency=1, export="e1")
    vendor.before = lambda _, __: None
    assert fetch(vendor, root, export="e2").resumed == 0


def test_an_archive_that_changes_meanwhile_is_begun_anew(root: Path) -> None:
    old, new = shelves(4 * MEGABYTE), shelves(4 * MEGABYTE) | {"readme.txt": b"ABOUT"}

    def change(vendor: Vendor, seen: Seen) -> None:
        if len(vendor.ranges) == 5:
            vendor.archive, vendor.etag = zipped(new), '"v2"'

    vendor = Vendor(zipped(old), before=change)
    fetch(vendor, root)
    assert files(root / "data") == new


def test_an_archive_that_never_stays_is_given_up(root: Path) -> None:
    def change(vendor: Vendor, seen: Seen) -> None:
        vendor.etag = f'"v{len(vendor.seen)}"'

    assert "changes while" in failing(Vendor(before=change), root, RemoteError)
    assert left(root) == set()


def test_an_address_that_expires_is_asked_for_again(root: Path) -> None:
    content = shelves(4 * MEGABYTE)

    def good(number: int) -> bool:
        return number > 1 or len(vendor.ranges) <= 6

    vendor = Vendor(zipped(content), good=good)
    fetch(vendor, root, max_concurrency=1)
    assert files(root / "data") == content
    assert vendor.said.count("asking for it again") == 1
    assert vendor.made == 0


def test_it_may_expire_as_often_as_something_comes(root: Path) -> None:
    content = shelves(4 * MEGABYTE)
    counts: dict[int, int] = {}

    def good(number: int) -> bool:
        counts[number] = counts.get(number, 0) + 1
        return counts[number] <= 4

    vendor = Vendor(zipped(content), good=good)
    fetch(vendor, root, max_concurrency=1)
    assert files(root / "data") == content
    assert vendor.said.count("asking for it again") > 3
    assert vendor.made == 0


def test_an_export_that_cant_be_fetched_any_more_is_made_again(root: Path) -> None:
    vendor = Vendor(good=lambda number: number > 2)
    assert fetch(vendor, root).job.begun
    assert vendor.made == 1
    assert "making another" in vendor.said
    assert files(root / "data") == shelves()


def test_one_that_is_named_is_not(root: Path) -> None:
    vendor = Vendor(good=lambda _: False)
    assert "leave --export out" in failing(vendor, root, RemoteError, export="e1")
    assert vendor.made == 0
    assert left(root) == set()


def test_a_provider_that_never_gives_a_good_address_is_given_up(root: Path) -> None:
    vendor = Vendor(good=lambda _: False)
    assert "asking again brings no better one" in failing(vendor, root, RemoteError)
    assert vendor.made == 1


def test_an_archive_that_is_broken_is_not_kept(root: Path) -> None:
    content = zipped(shelves(MEGABYTE))
    at = content.index(bytes(range(100)))
    vendor = Vendor(content[:at] + b"\xff" + content[at + 1 :])
    assert "is broken" in failing(vendor, root)
    assert left(root) == set()


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/../../outside"])
def test_a_hostile_archive_leaves_nothing(root: Path, name: str) -> None:
    vendor = Vendor(zipped({"training/images/one.png": b"x", name: b"evil"}))
    assert "would not stay inside" in failing(vendor, root)
    assert left(root) == set()


def test_what_ends_too_early_each_time_is_an_error(root: Path) -> None:
    def before(vendor: Vendor, seen: Seen) -> Act | None:
        return drop if seen.method == "GET" else None

    failing(Vendor(before=before), root, TransportError)
    assert left(root) == set()


# -- the folder


def test_a_folder_that_is_there_is_left_alone(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "mine").write_text("mine")
    vendor = Vendor()
    assert "there already" in failing(vendor, root)
    assert vendor.seen == []
    assert files(root / "data") == {"mine": b"mine"}


def test_an_empty_one_is_filled(root: Path) -> None:
    (root / "data").mkdir()
    fetch(Vendor(), root)
    assert files(root / "data") == shelves()


def test_it_is_replaced_in_the_end_where_that_is_asked_for(root: Path) -> None:
    (root / "data").mkdir()
    (root / "data" / "mine").write_text("mine")
    spoilt = zipped(shelves())[:-5]
    failing(Vendor(spoilt), root, overwrite=True)
    assert files(root / "data") == {"mine": b"mine"}
    fetch(Vendor(), root, overwrite=True)
    assert files(root / "data") == shelves()
    assert left(root) == {"data"}


@pytest.mark.parametrize("kind", ["file", "link", "dangling"])
def test_what_is_no_folder_is_never_replaced(root: Path, kind: str) -> None:
    match kind:
        case "file":
            (root / "data").write_text("mine")
        case "link":
            (root / "data").symlink_to(root / "stack")
        case _:
            (root / "data").symlink_to(root / "nowhere")
    vendor = Vendor()
    assert "is no folder" in failing(vendor, root, overwrite=True)
    assert vendor.seen == []


@pytest.mark.parametrize("into", [".", "stack", "stack/..", ""])
def test_the_folder_we_are_in_is_never_replaced(root: Path, into: str) -> None:
    vendor = Vendor()
    assert "holds the folder" in failing(vendor, root, into=into, overwrite=True)
    assert vendor.seen == []


def test_folders_above_are_made(root: Path) -> None:
    fetch(Vendor(), root, into="deep/er/data")
    assert files(root / "deep/er/data") == shelves()


def test_one_at_a_time(root: Path) -> None:
    with ArchivePart(root / "data"):
        assert "another download is writing" in failing(Vendor(), root)
    fetch(Vendor(), root)


def test_what_nobody_noted_is_not_written_over(root: Path) -> None:
    (root / "data.part").write_text("mine")
    assert "no download noted" in failing(Vendor(), root)
    assert (root / "data.part").read_text() == "mine"
    (root / "data.part.json").write_text("{")
    assert "no download noted" in failing(Vendor(), root)


def test_a_run_that_was_killed_while_it_replaced_is_tidied_up(root: Path) -> None:
    (root / ".data.dsops-old").mkdir()
    (root / ".data.dsops-old" / "mine").write_text("mine")
    (root / ".data.dsops-new").mkdir()
    (root / ".data.dsops-new" / "half").write_text("half")
    assert "there already" in failing_after_tidying(root)
    assert files(root / "data") == {"mine": b"mine"}
    (root / ".data.dsops-old").mkdir()
    fetch(Vendor(), root, overwrite=True)
    assert files(root / "data") == shelves()
    assert left(root) == {"data"}


def failing_after_tidying(root: Path) -> str:
    """Run twice: the first run puts the old folder back and then finds it in its place."""
    with pytest.raises(DsopsError) as failed:
        fetch(Vendor(), root)
    return str(failed.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cant_be_written_is_told(root: Path) -> None:
    (root / "locked").mkdir()
    (root / "locked").chmod(stat.S_IREAD | stat.S_IEXEC)
    assert "can't be written" in failing(Vendor(), root, into="locked/data")


def test_arguments_that_contradict_each_other_are_refused_before_anything(root: Path) -> None:
    vendor = Vendor()
    told = failing(vendor, root, export="e1", format="ViFull")
    assert "has its own format" in told
    assert "nothing was sent" in told
    assert vendor.seen == []
