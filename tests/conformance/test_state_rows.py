"""What every state store must do with rows and traits: hold them beside the records, in the same commits."""

import asyncio
import threading
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dsops.model import RecordedRows, RowMark, RowMode, RowsPatch, StateError, rows_holder
from dsops.state import Session, StateStore
from tests.conformance.state_process import (
    COUNTER,
    HOLDER,
    Start,
    hear,
    intent,
    lease,
    mark,
    marks,
    open_as,
    order,
    record,
    row_intent,
    wrote,
)

OTHER = rows_holder("uipath/Dataset", "https://example.com", "id-2")


def held(store: StateStore, holder: str = HOLDER) -> dict[bytes, RowMark]:
    return dict(store.rows(holder))


def as_held(*some: RowMark) -> dict[bytes, RowMark]:
    return {each.key: each for each in some}


def save(store: StateStore, *patches: RowsPatch) -> None:
    async def session() -> None:
        async with lease(store) as writing:
            await writing.save(rows=patches)

    asyncio.run(session())


# --- rows -------------------------------------------------------------------------------------------------------------


def test_where_nothing_is_held_there_are_no_rows_and_looking_makes_no_state(store: StateStore) -> None:
    assert held(store) == {}
    assert store.row_counts() == {}
    asyncio.run(wrote(store))
    assert held(store) == {}
    assert mark(1).key not in store.rows(HOLDER, [mark(1).key])


def test_rows_come_back_as_they_were(store: StateStore) -> None:
    found = mark(2)._replace(written=False)
    save(store, RowsPatch(HOLDER, [mark(1), found]), RowsPatch(OTHER, [mark(3)]))
    assert held(store) == as_held(mark(1), found)
    assert held(store, OTHER) == as_held(mark(3))
    assert store.row_counts() == {HOLDER: 2, OTHER: 1}
    assert dict(store.rows(HOLDER, [mark(1).key, mark(3).key, mark(1).key])) == as_held(mark(1))
    assert dict(store.rows(HOLDER, [])) == {}


def test_a_patch_puts_drops_and_leaves_the_rest(store: StateStore) -> None:
    save(store, RowsPatch(HOLDER, marks(5)))
    changed = mark(1)._replace(content=mark(9).content)
    save(store, RowsPatch(HOLDER, [changed, mark(2)._replace(content=None), mark(7)._replace(content=None)]))
    assert held(store) == as_held(mark(0), changed, mark(3), mark(4))


def test_a_patch_that_clears_leaves_what_it_puts(store: StateStore) -> None:
    save(store, RowsPatch(HOLDER, marks(5)), RowsPatch(OTHER, marks(2)))
    save(store, RowsPatch(HOLDER, [mark(8)], clear=True), RowsPatch(OTHER, clear=True))
    assert held(store) == as_held(mark(8))
    assert store.row_counts() == {HOLDER: 1}


def test_patches_are_made_in_order_and_the_last_word_on_a_row_stands(store: StateStore) -> None:
    gone = mark(1)._replace(content=None)
    save(
        store,
        RowsPatch(HOLDER, [mark(1), mark(2)]),
        RowsPatch(HOLDER, clear=True),
        RowsPatch(HOLDER, [gone, mark(1), mark(3), mark(3)._replace(content=None)]),
    )
    assert held(store) == as_held(mark(1))


def test_a_generator_is_read_once_and_not_in_the_event_loop(store: StateStore) -> None:
    threads = []

    def made() -> Iterator[RowMark]:
        threads.append(threading.current_thread())
        yield from marks(120_000)

    save(store, RowsPatch(HOLDER, made()))
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    found = store.rows(HOLDER)
    assert len(found) == 120_000
    assert [found[mark(each).key] for each in (0, 59_999, 119_999)] == [mark(0), mark(59_999), mark(119_999)]
    assert set(found) == {each.key for each in marks(120_000)}
    assert len(store.rows(HOLDER, (each.key for each in marks(60_000)))) == 60_000
    assert mark(120_000).key not in found
    assert b"short" not in found


def test_what_is_no_digest_is_refused(store: StateStore) -> None:
    asyncio.run(wrote(store))
    save(store, RowsPatch(HOLDER, marks(1)))
    with pytest.raises(ValueError, match="15 bytes"):
        store.rows(HOLDER, [b"short"])
    with pytest.raises(ValueError, match="15 bytes"):
        save(store, RowsPatch(HOLDER, [RowMark(b"short", mark(1).content)]))
    assert held(store) == as_held(mark(0))


def test_a_session_reads_rows_while_it_writes_others(store: StateStore) -> None:
    async def write(writing: Session) -> None:
        for number in range(40):
            await writing.save(rows=[RowsPatch(HOLDER, marks(50, first=50 * number), clear=True)])

    async def session() -> None:
        async with lease(store) as writing:
            assert writing.rows(HOLDER) == {}
            task = asyncio.create_task(write(writing))
            while not task.done():
                found = await asyncio.to_thread(writing.rows, HOLDER)
                numbers = {each: mark(each) for each in range(2000) if mark(each).key in found}
                assert len(found) == len(numbers) in (0, 50)
                assert max(numbers, default=0) - min(numbers, default=0) in (0, 49)
            await task
            assert dict(writing.rows(HOLDER, [mark(1950).key])) == as_held(mark(1950))

    asyncio.run(session())


def test_a_save_of_rows_longer_than_the_lease_keeps_it(store_kind: str, tmp_path: Path, start: Start) -> None:
    """Nobody can take the lease while it lasts; who saw the heartbeat stand still so long begins to count anew."""
    store = open_as(store_kind, tmp_path, seconds=1.0)

    def slow() -> Iterator[RowMark]:
        for each in marks(10):
            time.sleep(0.25)
            yield each

    async def session() -> None:
        async with lease(store) as writing:
            saving = asyncio.create_task(writing.save(rows=[RowsPatch(HOLDER, slow())]))
            other = start("hold", 2.0, seconds=1.0)
            assert "waiting for the lease" in await asyncio.to_thread(hear, other)
            assert (await asyncio.to_thread(hear, other)).startswith("LeaseHeld")
            await saving
            await writing.save(put=[record(1)])

    asyncio.run(session())
    assert held(store) == as_held(*marks(10))
    assert store.load().records == {COUNTER: record(1)}


# --- rows and their record --------------------------------------------------------------------------------------------


def test_the_rows_of_a_record_that_is_dropped_go_with_it(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as writing:
            await writing.save(put=[record(1), record(2, "two")])
            await writing.save(rows=[RowsPatch(HOLDER, marks(3)), RowsPatch(OTHER, marks(4))])
            await writing.save(drop=[COUNTER])
            assert store.row_counts() == {OTHER: 4}

    async def later() -> None:
        async with lease(store) as writing:
            await writing.save(drop=[record(2, "two").address])

    asyncio.run(session())
    asyncio.run(later())
    assert store.row_counts() == {}


def test_rows_stay_with_a_record_that_is_renamed(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as writing:
            await writing.save(put=[record(1)], rows=[RowsPatch(HOLDER, marks(3))])
            await writing.save(put=[record(1, "renamed")], drop=[COUNTER])
            await writing.save(put=[record(1, "twin")])
            await writing.save(drop=[record(1, "renamed").address])
            assert held(store) == as_held(*marks(3))
            await writing.save(drop=[record(1, "twin").address])

    asyncio.run(session())
    assert held(store) == {}


def test_the_rows_of_an_object_that_is_replaced_go(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as writing:
            await writing.save(put=[record(1)], rows=[RowsPatch(HOLDER, marks(3))])
            (announced,) = await writing.announce([intent(2)])
            await writing.settle(announced.id, outcome="done", put=[record(2)], rows=[RowsPatch(OTHER, marks(4))])

    asyncio.run(session())
    assert store.row_counts() == {OTHER: 4}


def test_what_a_record_says_of_its_rows_comes_back(store: StateStore) -> None:
    recorded = RecordedRows(RowMode.UPSERT, ("question", "context"), 7, "d1")

    async def session() -> None:
        async with lease(store) as writing:
            await writing.save(put=[replace(record(1), rows=recorded), record(2, "two")])

    asyncio.run(session())
    found = store.load().records
    assert found[COUNTER].rows == recorded
    assert found[record(2, "two").address].rows is None


# --- the journal ------------------------------------------------------------------------------------------------------


def test_outcome_record_and_rows_are_one_commit(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as writing:
            (announced,) = await writing.announce([row_intent(1, 3)])
            assert store.load().intents == (announced,)
            before = writing.commits
            patch = RowsPatch(HOLDER, announced.rows)
            await writing.settle(announced.id, outcome="done", put=[record(1)], rows=[patch])
            assert writing.commits == before + 1

    asyncio.run(session())
    assert (store.load().intents, store.load().records) == ((), {COUNTER: record(1)})
    assert held(store) == as_held(*row_intent(1, 3).rows[1:])


def test_of_a_settle_that_fails_nothing_stays(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as writing:
            await writing.save(put=[record(1)], rows=[RowsPatch(HOLDER, marks(2))], traits={"u": {"n": "1"}})
            await writing.announce([row_intent(1, 3)])
            store.unlock()
            with pytest.raises(StateError):
                await writing.settle(1, outcome="done", put=[record(2)], rows=[RowsPatch(HOLDER, clear=True)])
            with pytest.raises(StateError):
                await writing.save(drop=[COUNTER], traits={"u": {"n": "2"}})

    asyncio.run(session())
    state = store.load()
    assert [each.rows for each in state.intents] == [row_intent(1, 3).rows]
    assert (state.records, state.traits) == ({COUNTER: record(1)}, {"u": {"n": "1"}})
    assert held(store) == as_held(*marks(2))


def test_a_killed_process_leaves_the_marks_of_what_it_announced(store: StateStore, start: Start) -> None:
    process = start("hold", 0)
    assert hear(process) == "held 0"
    assert order(process, "rows 7000") == "announced 1"
    process.kill()
    process.wait()
    (found,) = store.load().intents
    assert found == replace(row_intent(1, 7000), id=1)

    async def recover() -> None:
        async with lease(store) as writing:
            (again,) = writing.state.intents
            assert again == found
            await writing.settle(again.id, outcome="done", put=[record(1)], rows=[RowsPatch(HOLDER, again.rows)])

    asyncio.run(recover())
    assert held(store) == as_held(*[each for each in row_intent(1, 7000).rows if each.content is not None])


@pytest.mark.parametrize("after", [1, 5, 25])
def test_killed_at_any_instant_record_and_rows_tell_the_same(store: StateStore, start: Start, after: int) -> None:
    """Each settle writes a number into the record and the rows of that number, in place of those before."""
    process = start("flood-rows")
    for _ in range(after):
        assert hear(process).startswith("durable")
    process.kill()
    said = after + len([line for line in process.communicate()[0].splitlines() if line.startswith("durable")])
    state = store.load()
    number = state.records[COUNTER].attributes["number"]
    assert number >= said
    assert held(store) == as_held(*marks(500, first=500 * number))
    for left in state.intents:
        assert left.rows == tuple(marks(500, first=500 * left.call_id))
        assert left.call_id == number + 1


# --- traits -----------------------------------------------------------------------------------------------------------


def test_traits_are_added_and_change(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as writing:
            await writing.save(traits={"https://a": {"rowPut": "merge", "fileField": "file"}, "https://b": {}})
            await writing.save(traits={"https://a": {"rowPut": "finer"}, "https://c": {"x": "é"}}, put=[record(1)])
            before = writing.commits
            await writing.save(traits={})
            assert writing.commits == before

    asyncio.run(session())
    expected = {"https://a": {"rowPut": "finer", "fileField": "file"}, "https://c": {"x": "é"}}
    assert store.load().traits == expected

    async def later() -> None:
        async with lease(store) as writing:
            assert writing.state.traits == expected

    asyncio.run(later())


def test_reading_rows_needs_no_room_for_an_object_a_row(store_kind: str, store: StateStore) -> None:
    """What all rows of a dataset take is some 35 bytes each; as objects they would take 200 and more.

    Where they lie in the document, reading that takes what a JSON parser takes for a text of that size.
    """
    save(store, RowsPatch(HOLDER, marks(100_000)))
    tracemalloc.start()
    try:
        found = store.rows(HOLDER)
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found) == 100_000
    assert now < 60 * 100_000
    assert peak < {"http": 800}.get(store_kind, 130) * 100_000


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_reading_rows_leaves_nothing_open(store: StateStore, store_kind: str) -> None:
    save(store, RowsPatch(HOLDER, marks(10)))
    before = descriptors()
    for _ in range(20):
        store.rows(HOLDER)
        store.row_counts()
    if store_kind == "sqlite":
        assert descriptors() == before
    else:  # a pool opens and closes connections as it likes: what is left open at each reading would be 20 of them
        assert descriptors() < before + 20
