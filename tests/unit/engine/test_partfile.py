"""A file that grows page by page: torn anywhere, it goes on without loss or repeat."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsops.engine.partfile import PartFile, part_of
from dsops.model import DsopsError

REQUEST = {"operation": "dataset export", "object": ["p", "d"], "arguments": {"limit": 2}}
PAGES = [b"1\n2\n", b"3\n4\n", b"5\n"]


@contextmanager
def begin(
    target: Path, request: Mapping[str, Any] = REQUEST, *, restart: bool = False, overwrite: bool = False
) -> Iterator[PartFile]:
    with PartFile(target, request, {"page": 0}) as part:
        part.open(restart=restart, overwrite=overwrite)
        yield part


def write(part: PartFile, until: int = len(PAGES)) -> None:
    while part.mark.next is not None and part.mark.next["page"] < until:
        number = part.mark.next["page"]
        following = {"page": number + 1} if number + 1 < len(PAGES) else None
        part.append(PAGES[number], PAGES[number].count(b"\n"), following)


def finish(target: Path, *, restart: bool = False, overwrite: bool = False) -> bytes:
    with begin(target, restart=restart, overwrite=overwrite) as part:
        write(part)
        part.finish(part.part, overwrite=overwrite)
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return target.read_bytes()


def refusal(target: Path, request: Mapping[str, Any] = REQUEST) -> str:
    with pytest.raises(DsopsError) as caught, begin(target, request):
        pass
    (told,) = caught.value.diagnostics
    return f"{told.summary} {told.detail} {told.hint}"


def test_all_pages_at_once(tmp_path: Path) -> None:
    assert finish(tmp_path / "x.jsonl") == b"".join(PAGES)


@pytest.mark.parametrize("pages", [0, 1, 2, 3])
@pytest.mark.parametrize("torn", [b"", b"3", b"3\n4\n5"])
def test_goes_on_where_the_note_says_whatever_lies_behind_it(tmp_path: Path, pages: int, torn: bytes) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target) as part:
        write(part, pages)
    with part_of(target).open("ab") as file:
        file.write(torn)
    with begin(target) as part:
        assert part.mark.pages == pages
        assert part.mark.items == sum(page.count(b"\n") for page in PAGES[:pages])
    assert finish(target) == b"".join(PAGES)


def test_another_request_is_refused_unless_it_begins_anew(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target) as part:
        write(part, 1)
    other = {**REQUEST, "arguments": {"limit": 3}}
    told = refusal(target, other)
    assert "belongs to another request" in told
    assert "differs in: limit" in told
    assert "--restart" in told
    with begin(target, other, restart=True) as part:
        assert (part.mark.pages, part.mark.items) == (0, 0)
    assert part_of(target).read_bytes() == b""


def test_a_stranger_s_part_is_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    part_of(target).write_text("mine")
    assert "that no export noted" in refusal(target)
    assert part_of(target).read_text() == "mine"
    assert finish(target, restart=True) == b"".join(PAGES)


def test_a_part_shorter_than_noted_is_not_trusted(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target) as part:
        write(part, 2)
    part_of(target).write_bytes(b"1\n")
    assert "shorter than noted" in refusal(target)


def test_a_file_in_place_is_replaced_only_when_told_to(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    target.write_text("old")
    assert "there already" in refusal(target)
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    assert finish(target, overwrite=True) == b"".join(PAGES)


def test_a_file_that_came_meanwhile_is_not_replaced_and_nothing_is_lost(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target) as part:
        write(part)
        target.write_text("a stranger's")
        with pytest.raises(DsopsError) as caught:
            part.finish(part.part, overwrite=False)
    assert "is there now" in str(caught.value)
    assert target.read_text() == "a stranger's"
    assert finish(target, overwrite=True) == b"".join(PAGES)


def test_two_at_once_don_t_mix(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target):
        assert "another export is writing" in refusal(target)


def test_the_note_says_what_was_asked_and_what_comes_next(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target) as part:
        write(part, 2)
    note = json.loads((tmp_path / "x.jsonl.part.json").read_text())
    assert note == {
        "formatVersion": "1",
        "request": REQUEST,
        "next": {"page": 2},
        "bytes": 8,
        "count": 4,
        "pages": 2,
    }


def test_a_folder_that_isn_t_there_is_told(tmp_path: Path) -> None:
    assert "No such file or directory" in refusal(tmp_path / "none" / "x.jsonl")


def test_a_run_that_got_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DsopsError), begin(tmp_path / "x.jsonl"):
        raise DsopsError.of("the first page was refused")
    assert list(tmp_path.iterdir()) == []


def test_an_answer_without_pages_counts_once_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target) as part:
        part.write(b"1\n" * 100_000)
        part.forget()
        part.write(b"2\n")
        part.write(b"3\n")
        assert part.complete(2).next is None
        part.finish(part.part, overwrite=False)
    assert target.read_bytes() == b"2\n3\n"
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]


def test_what_did_not_count_is_gone_in_the_next_run_and_what_did_is_not_asked_for_again(tmp_path: Path) -> None:
    target = tmp_path / "x.jsonl"
    with begin(target) as part:
        part.write(b"1\n")
    with begin(target) as part:
        assert (part.mark.size, part.mark.next) == (0, {"page": 0})
        part.write(b"2\n")
        part.complete(1)
    with begin(target) as part:
        assert (part.mark.items, part.mark.next) == (1, None)
        part.finish(part.part, overwrite=False)
    assert target.read_bytes() == b"2\n"


def test_who_forgets_everything_and_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(part: PartFile) -> None:
        part.write(b"1\n")
        part.forget()
        raise KeyError

    with pytest.raises(KeyError), begin(tmp_path / "x.jsonl") as part:
        fail(part)
    assert list(tmp_path.iterdir()) == []
