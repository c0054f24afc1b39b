"""What every state store must do with the whole of a state: print, push, restore, migrate, and bring up to date."""

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from dsops.model import EMPTY_STATE, RecordedRows, RowMode, RowsPatch, StateError
from dsops.state import StateStore
from dsops.state.whole import Backups, Whole, migrate, push, read_backup, restore, state_document
from tests.conformance.state_process import (
    COUNTER,
    HOLDER,
    STACK,
    Start,
    hear,
    intent,
    lease,
    marks,
    open_as,
    record,
    row_intent,
    wrote,
)

OWNER = (STACK, None)


def ignore(_: str) -> None:
    pass


@pytest.fixture
def backups(tmp_path: Path) -> Backups:
    return Backups(tmp_path, None)


@pytest.fixture
def other(store_kind: str, tmp_path: Path) -> StateStore:
    """Return another store of the kind."""
    return open_as(store_kind, tmp_path / "other")


async def fill(store: StateStore) -> None:
    """Write something of everything."""
    rows = RecordedRows(RowMode.SYNC, ("question",), 3, "d1")
    async with lease(store) as held:
        await held.begin_plan("p", saved=True)
        await held.save(
            put=[replace(record(1), rows=rows), record(2, "two\x07é")],
            rows=[RowsPatch(HOLDER, marks(300))],
            traits={"https://a": {"rowPut": "merge"}},
        )
        await held.save(rows=[RowsPatch(HOLDER, [each._replace(content=None) for each in marks(5)])])
        await held.announce([intent(1), row_intent(2, 3), intent(3)])
        await held.settle(3, outcome="done")
        await held.note("created two", ["one", "two"])
        await held.end_plan("p", finished=True)


def pulled(store: StateStore, path: Path) -> Path:
    path.write_bytes(orjson.dumps(state_document(store.whole()), option=orjson.OPT_INDENT_2))
    return path


def pushed(store: StateStore, path: Path, backups: Backups) -> int:
    return push(store, read_backup(path), OWNER, backups, wait=0, on_event=ignore)


def content(store: StateStore) -> dict[str, object]:
    """Return what a store holds, but for its serial and history."""
    document = state_document(store.whole())
    return {key: value for key, value in document.items() if key not in {"serial", "history"}}


def test_where_there_is_no_state_none_is_printed(store: StateStore, tmp_path: Path) -> None:
    assert store.whole() is None
    assert state_document(None)["lineage"] is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_pushed_is_there_with_a_new_serial(store: StateStore, tmp_path: Path, backups: Backups) -> None:
    asyncio.run(fill(store))
    before, file = content(store), pulled(store, tmp_path / "state.json")
    asyncio.run(wrote(store, 7))
    asyncio.run(wrote(store, 8))
    with pytest.raises(StateError, match="older than the state: serial 1 against 3"):
        pushed(store, file, backups)
    edited = pulled(store, file).read_bytes().replace(b'"id-8"', b'"id-9"')
    file.write_bytes(edited)
    assert pushed(store, file, backups) == 4
    assert store.load().records[COUNTER].remote_id == "id-9"
    assert store.load().serial == 4
    assert [each.summary for each in store.history(9)] == ["pushed serial 3", "created two"]
    assert content(store)["rows"] == {}  # they were those of another object
    assert [each.reason for each in backups.listed()] == ["push"]
    assert state_document(read_backup(backups.listed()[0].path))["serial"] == 3
    assert before["lastIntent"] == content(store)["lastIntent"] == 3


def test_a_state_comes_back_as_it_was(store: StateStore, other: StateStore, tmp_path: Path, backups: Backups) -> None:
    asyncio.run(fill(store))
    file = pulled(store, tmp_path / "state.json")
    assert pushed(other, file, backups) == 2
    assert content(other) == content(store)
    assert dict(other.rows(HOLDER)) == dict(store.rows(HOLDER)) != {}
    assert backups.listed() == ()
    assert other.load().intents == store.load().intents

    async def go_on() -> None:
        async with lease(other) as held:
            assert [each.id for each in await held.announce([intent(9)])] == [4]
            with pytest.raises(StateError, match="already been applied"):
                await held.begin_plan("p", saved=True)

    asyncio.run(go_on())


def test_another_lineage_and_another_stack_are_refused(
    store_kind: str, store: StateStore, other: StateStore, tmp_path: Path, backups: Backups
) -> None:
    before = asyncio.run(wrote(store))
    asyncio.run(wrote(other, 5))
    with pytest.raises(StateError, match="another lineage"):
        pushed(store, pulled(other, tmp_path / "state.json"), backups)
    with pytest.raises(StateError, match="another lineage"):
        migrate(store, other, backups, wait=0, on_event=ignore)
    foreign = open_as(store_kind, tmp_path / "foreign", env="prod")
    asyncio.run(wrote(foreign))
    with pytest.raises(StateError, match="belongs to stack support-mail, env prod"):
        pushed(store, pulled(foreign, tmp_path / "state.json"), backups)
    assert store.load() == before
    assert backups.listed() == ()


def test_nothing_is_pushed_while_somebody_holds_the_lease(
    store: StateStore, tmp_path: Path, backups: Backups, start: Start
) -> None:
    before = asyncio.run(wrote(store))
    file = pulled(store, tmp_path / "state.json")
    assert hear(start("hold", 0)) == "held 1"
    with pytest.raises(StateError, match="is in use"):
        pushed(store, file, backups)
    assert store.load() == before


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"formatVersion": "1"}', b'{"formatVersion": "2"}', b"\x1f\x8b1"]
)
def test_what_is_no_state_is_refused(store: StateStore, tmp_path: Path, backups: Backups, body: bytes) -> None:
    before = asyncio.run(wrote(store))
    (tmp_path / "state.json").write_bytes(body)
    with pytest.raises(StateError, match=r"state\.json"):
        pushed(store, tmp_path / "state.json", backups)
    assert store.load() == before


def test_a_backup_leads_back(store: StateStore, tmp_path: Path, backups: Backups) -> None:
    asyncio.run(fill(store))
    before = content(store)
    kept = backups.keep(whole(store), "push")
    asyncio.run(wrote(store, 9))
    assert restore(store, read_backup(kept), OWNER, backups, wait=0, on_event=ignore) == (3, None)
    assert content(store) == before
    assert [(each.number, each.reason, each.serial) for each in backups.listed()] == [(1, "push", 1), (2, "restore", 2)]
    with pytest.raises(StateError, match="no backup 3"):
        backups.numbered(3)
    restore(store, read_backup(backups.numbered(2)), OWNER, backups, wait=0, on_event=ignore)
    assert store.load().records[COUNTER] == record(9)


def whole(store: StateStore) -> Whole:
    found = store.whole()
    assert found
    return found


def test_a_state_is_copied_into_another_store(
    store: StateStore, other: StateStore, tmp_path: Path, backups: Backups
) -> None:
    with pytest.raises(StateError, match="no state to copy"):
        migrate(store, other, backups, wait=0, on_event=ignore)
    asyncio.run(fill(store))
    for _ in range(2):
        migrate(store, other, backups, wait=0, on_event=ignore)
        assert state_document(other.whole()) == state_document(store.whole())
    assert [each.reason for each in backups.listed()] == ["migrate"]
    assert (store.holder(), other.holder()) == (None, None)
    asyncio.run(wrote(other))
    with pytest.raises(StateError, match="newer: serial 2 against 1"):
        migrate(store, other, backups, wait=0, on_event=ignore)


def test_a_state_moves_to_every_kind_of_store(store: StateStore, tmp_path: Path, backups: Backups) -> None:
    local = open_as("sqlite", tmp_path / "local")
    asyncio.run(fill(local))
    migrate(local, store, backups, wait=0, on_event=ignore)
    back = open_as("sqlite", tmp_path / "back")
    migrate(store, back, backups, wait=0, on_event=ignore)
    assert state_document(back.whole()) == state_document(local.whole())


def test_only_the_last_backups_stay(store: StateStore, backups: Backups) -> None:
    asyncio.run(wrote(store))
    for _ in range(52):
        backups.keep(whole(store), "push")
    kept = backups.keep(whole(store), "push")
    assert [each.number for each in backups.listed()] == list(range(4, 54))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert orjson.loads(gzip.decompress(kept.read_bytes()))["serial"] == 1
    assert (backups.folder.parent.parent / ".gitignore").exists()


# --- other formats ----------------------------------------------------------------------------------------------------

Reformat = Callable[[int], None]


def test_an_older_format_is_read_as_it_is_and_kept_when_it_is_brought_up_to_date(
    store_kind: str, store: StateStore, tmp_path: Path, reformat: Reformat, backups: Backups
) -> None:
    before = asyncio.run(wrote(store))
    reformat(1)
    assert store.load() == before
    assert store.row_counts() == {}
    assert dict(store.rows(HOLDER)) == {}
    current = open_as(store_kind, tmp_path, keep=lambda found: backups.keep(found, "upgrade"))

    async def session() -> None:
        async with lease(current) as held:
            assert held.state == before
            await held.save(rows=[RowsPatch(HOLDER, marks(2))], traits={"https://a": {"x": "y"}})

    asyncio.run(session())
    assert dict(store.rows(HOLDER)) == {each.key: each for each in marks(2)}
    assert store.load().records == before.records
    assert [(each.reason, each.serial) for each in backups.listed()] == [("upgrade", 1)]
    asyncio.run(wrote(current, 3))
    assert len(backups.listed()) == 1


def test_a_newer_format_is_refused_and_left_alone(store: StateStore, reformat: Reformat) -> None:
    asyncio.run(wrote(store))
    reformat(99)
    for use in (store.load, store.holder, store.unlock, store.whole, lambda: asyncio.run(wrote(store))):
        with pytest.raises(StateError) as caught:
            use()
        assert "newer dsops" in caught.value.diagnostics[0].detail
        assert "Upgrade dsops" in caught.value.diagnostics[0].hint
    reformat(2)
    assert store.load() is not EMPTY_STATE
