"""What every state store must do: one writer at a time, and nothing lost on the worst day."""

import asyncio
import os
import pwd
import signal
import time
from pathlib import Path

import pytest

from dsops.model import EMPTY_STATE, Address, LeaseHeld, LeaseLost
from dsops.state import Session, StateStore
from tests.conformance.state_process import COUNTER, Start, hear, intent, lease, open_as, order, record, wrote

# --- one writer -------------------------------------------------------------------------------------------------------


def test_the_second_command_is_told_who_holds_the_lease(store: StateStore, start: Start) -> None:
    first = start("hold", 0)
    assert hear(first) == "held 0"
    holder = store.holder()
    assert holder
    assert (holder.pid, holder.command) == (first.pid, "dsops apply")
    refusal = hear(start("hold", 0))
    for word in ("LeaseHeld", "dsops apply", f"pid {first.pid}", holder.who, "runs until"):
        assert word in refusal


def test_of_two_that_race_one_gets_the_lease(start: Start) -> None:
    answers = sorted(hear(each).split()[0] for each in [start("hold", 0), start("hold", 0)])
    assert answers == ["LeaseHeld", "held"]


def test_waiting_gets_the_lease_when_it_is_given_back(store: StateStore, start: Start) -> None:
    first = start("hold", 0)
    assert hear(first) == "held 0"
    second = start("hold", 30)
    assert "waiting for the lease" in hear(second)
    assert order(first, "save 1") == "done"
    assert order(first, "exit") == "over"
    assert hear(second) == "held 1"
    assert order(second, "exit") == "over"
    assert store.holder() is None


def test_waiting_has_an_end(store: StateStore) -> None:
    async def both() -> None:
        async with lease(store):
            began = time.monotonic()
            with pytest.raises(LeaseHeld):
                async with lease(store, wait=0.3):
                    pass
            assert time.monotonic() - began >= 0.3

    asyncio.run(both())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_eight_processes_count_and_lose_nothing(store: StateStore, store_kind: str, start: Start) -> None:
    """Each increment is a lease, a read and a save. ``STATE_INCREMENTS=500`` races for longer (minutes a store)."""
    each = int(os.environ.get("STATE_INCREMENTS", "100" if store_kind == "sqlite" else "25"))
    processes = [start("count", each) for _ in range(8)]
    assert [process.communicate()[0] for process in processes] == [""] * 8
    state = store.load()
    assert state.records[COUNTER].attributes == {"number": 8 * each}
    assert state.serial == 8 * each


@pytest.mark.parametrize("end", [RuntimeError, asyncio.CancelledError, KeyboardInterrupt])
def test_the_lease_is_given_back_whatever_ends_the_session(store: StateStore, end: type[BaseException]) -> None:
    async def session() -> None:
        async with lease(store) as held:
            await held.save(put=[record(1)])
            raise end

    with pytest.raises(end):
        asyncio.run(session())
    assert store.holder() is None
    assert asyncio.run(wrote(store)).serial == 2


def test_a_cancelled_wait_leaves_nothing_behind(store: StateStore) -> None:
    async def both() -> None:
        waits = asyncio.Event()

        async def wait() -> None:
            async with store.lease(command="dsops apply", wait=30, on_event=lambda _: waits.set()):
                pass

        async with lease(store):
            waiting = asyncio.create_task(wait())
            await waits.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(both())
    assert store.load() is EMPTY_STATE
    assert store.holder() is None


def test_a_write_under_way_at_the_end_is_not_lost(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as held:
            task = asyncio.create_task(held.save(put=[record(1)]))
            await asyncio.sleep(0)
        await task

    asyncio.run(session())
    assert store.load().records == {COUNTER: record(1)}


def test_nothing_can_be_written_after_the_end(store: StateStore) -> None:
    async def late() -> None:
        async with lease(store) as held:
            pass
        assert held.deadline() == 0.0
        await held.save(put=[record(1)])

    with pytest.raises(RuntimeError, match="over"):
        asyncio.run(late())
    assert store.load() is EMPTY_STATE


# --- the worst day ----------------------------------------------------------------------------------------------------


def test_a_killed_holder_is_taken_over_at_once(store: StateStore, start: Start) -> None:
    first = start("hold", 0)
    assert hear(first) == "held 0"
    assert order(first, "announce 7") == "announced 1"
    first.kill()  # and not waited for: until its parent asks, it is a zombie
    events: list[str] = []

    async def recover() -> None:
        async with lease(store, events=events) as held:
            assert [each.call_id for each in held.state.intents] == [7]

    deadline = time.monotonic() + 10
    while True:
        try:
            asyncio.run(recover())
            break
        except LeaseHeld:  # the signal is on its way
            assert time.monotonic() < deadline
    assert events == [f"took over the lease of dsops apply, pid {first.pid} by {store_user()}, which is dead"]


def store_user() -> str:
    return f"{pwd.getpwuid(os.getuid()).pw_name}@{os.uname().nodename}"


@pytest.mark.parametrize("after", [1, 20, 200])
def test_what_was_said_to_be_durable_survives_a_kill(store: StateStore, start: Start, after: int) -> None:
    process = start("flood")
    for _ in range(after):
        assert hear(process).startswith("durable")
    process.kill()
    said = after + len([line for line in process.communicate()[0].splitlines() if line.startswith("durable")])
    state = store.load()  # nobody has cleaned up yet
    found = {each.call_id for each in state.intents}
    assert {number for number in range(1, said + 1) if number % 3} <= found
    assert not {number for number in range(1, said + 1) if number % 3 == 0} & found
    assert asyncio.run(wrote(store)).intents == state.intents


def test_a_paused_holder_finds_its_late_save_refused(store_kind: str, tmp_path: Path, start: Start) -> None:
    store = open_as(store_kind, tmp_path, seconds=1.0)
    paused = start("hold", 0, seconds=1.0)
    assert hear(paused) == "held 0"
    paused.send_signal(signal.SIGSTOP)
    events: list[str] = []

    async def take_over() -> None:
        async with lease(store, wait=30, events=events) as held:
            await held.save(put=[record(2)])
            paused.send_signal(signal.SIGCONT)
            assert order(paused, "save 1").startswith("LeaseLost")
            assert order(paused, "deadline").startswith("deadline -")
            await held.save(put=[record(3)])

    asyncio.run(take_over())
    assert "heartbeat has stood still for 1 s" in events[-1]
    assert order(paused, "announce 1").startswith("LeaseLost")
    assert order(paused, "exit") == "over"
    assert store.load().records == {COUNTER: record(3)}
    assert store.load().serial == 1


def test_taking_over_from_the_living_needs_a_wait_as_long_as_the_lease(
    store_kind: str, tmp_path: Path, start: Start
) -> None:
    store = open_as(store_kind, tmp_path, seconds=2.0)
    paused = start("hold", 0, seconds=2.0)
    assert hear(paused) == "held 0"
    paused.send_signal(signal.SIGSTOP)
    time.sleep(2.5)  # long out of date by its own words, which prove nothing
    with pytest.raises(LeaseHeld):
        asyncio.run(enter(store, wait=1.0))
    assert asyncio.run(enter(store, wait=3.0)) == 0


async def enter(store: StateStore, *, wait: float) -> int:
    async with lease(store, wait=wait) as held:
        return int(held.state.serial)


def test_a_holder_with_a_busy_event_loop_keeps_its_lease(store_kind: str, tmp_path: Path, start: Start) -> None:
    store = open_as(store_kind, tmp_path, seconds=1.5)
    busy = start("hold", 0, seconds=1.5)
    assert hear(busy) == "held 0"
    assert busy.stdin
    busy.stdin.write("block 3\n")
    busy.stdin.flush()
    with pytest.raises(LeaseHeld):
        asyncio.run(enter(store, wait=2.5))
    assert hear(busy) == "done"
    assert float(order(busy, "deadline").split()[1]) > 0


def test_the_deadline_is_ahead_by_no_more_than_the_lease_and_moves_on(store_kind: str, tmp_path: Path) -> None:
    async def session() -> None:
        async with lease(open_as(store_kind, tmp_path, seconds=2.0)) as held:
            first = held.deadline()
            assert time.monotonic() < first <= time.monotonic() + 2
            for _ in range(100):
                if held.deadline() > first:
                    break
                await asyncio.sleep(0.05)
            assert first < held.deadline() <= time.monotonic() + 2

    asyncio.run(session())


def test_unlock_takes_the_lease_from_a_holder_that_lives(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as held:
            await held.save(put=[record(1)])
            holder = store.unlock()
            assert holder
            assert holder.pid == os.getpid()
            assert store.holder() is None
            late = [held.save(put=[record(2)]), held.announce([intent(2)]), held.note("late", [])]
            for problem in await asyncio.gather(*late, return_exceptions=True):
                assert isinstance(problem, LeaseLost)
                assert "dsops state unlock" in str(problem.diagnostics[0].detail)
            assert held.deadline() == 0.0

    asyncio.run(session())
    assert store.load().records == {COUNTER: record(1)}
    assert store.history(10) == ()


def test_a_session_that_lost_its_lease_does_not_give_back_that_of_another(store: StateStore) -> None:
    async def sessions() -> None:
        async with lease(store) as first:
            store.unlock()
            second = lease(store)
            other = await second.__aenter__()
            with pytest.raises(LeaseLost):
                await first.save(put=[record(1)])
        await other.save(put=[record(2)])
        await second.__aexit__(None, None, None)

    asyncio.run(sessions())
    assert store.load().records == {COUNTER: record(2)}


def test_reading_while_somebody_writes_sees_whole_commits(store: StateStore) -> None:
    """Each commit writes one number into two records; a reader that saw halves would find two numbers."""
    names = [Address("uipath", "Dataset", name) for name in ("left", "right")]

    async def write(held: Session) -> None:
        for number in range(150):
            await held.save(put=[record(number, each.name) for each in names])

    async def both() -> int:
        seen = set()
        async with lease(store) as held:
            task = asyncio.create_task(write(held))
            while not task.done():
                records = (await asyncio.to_thread(store.load)).records
                numbers = {records[each].attributes["number"] for each in names if each in records}
                assert len(numbers) <= 1
                seen |= numbers
            await task
        return len(seen)

    assert asyncio.run(both()) > 1


def test_reading_while_sessions_come_and_go_never_fails(store: StateStore, start: Start) -> None:
    process = start("count", 40)
    seen = [0]
    while process.poll() is None:
        found = store.load().records.get(COUNTER)
        seen.append(found.attributes["number"] if found else 0)
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert store.load().records[COUNTER].attributes == {"number": 40}
