"""What every state store must do: what is written is there. One suite; the stores are its parameter."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from dsops.model import EMPTY_STATE, StateError
from dsops.state import PlanStatus, StateStore
from tests.conformance.state_process import COUNTER, STACK, intent, lease, open_as, record, wrote

# --- what is written is there -----------------------------------------------------------------------------------------


def test_before_the_first_write_there_is_no_state_and_looking_makes_none(store: StateStore, tmp_path: Path) -> None:
    assert store.load() is EMPTY_STATE
    assert store.holder() is None
    assert store.unlock() is None
    assert list(store.history(10)) == []
    assert list(tmp_path.iterdir()) == []


async def empty_session(store: StateStore) -> None:
    async with lease(store) as session:
        assert session.state is EMPTY_STATE
        await session.save()
        assert await session.announce([]) == ()
        assert session.commits == 0


def test_a_session_that_writes_nothing_leaves_no_state(store: StateStore) -> None:
    asyncio.run(empty_session(store))
    assert store.load() is EMPTY_STATE


def test_records_come_back_as_they_were(store: StateStore) -> None:
    one, two = record(1, "one"), replace(record(2, "two"), parent=COUNTER, depends_on=(COUNTER,), policy=frozenset())

    async def session() -> None:
        async with lease(store) as held:
            await held.save(put=[one, two])
            assert store.load().records == {one.address: one, two.address: two}
            await held.save(put=[replace(one, remote_id="other")], drop=[two.address])

    asyncio.run(session())
    state = store.load()
    assert state.records == {one.address: replace(one, remote_id="other")}
    assert (state.stack, state.env) == (STACK, None)


def test_a_save_that_drops_and_puts_an_address_puts_it(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as held:
            await held.save(put=[record(1)])
            await held.save(put=[record(2)], drop=[COUNTER])

    asyncio.run(session())
    assert store.load().records == {COUNTER: record(2)}


def test_the_serial_counts_sessions_that_write_and_the_lineage_stays(store: StateStore) -> None:
    async def sessions() -> None:
        async with lease(store) as held:
            await held.save(put=[record(1)])
            await held.save(put=[record(2)])
            assert held.state is EMPTY_STATE
        async with lease(store):
            pass

    asyncio.run(sessions())
    first = store.load()
    second = asyncio.run(wrote(store))
    assert (first.serial, second.serial) == (1, 2)
    assert first.lineage == second.lineage
    assert first.lineage


@pytest.mark.parametrize(("stack", "env"), [(STACK, "prod"), ("other", None)])
def test_the_state_of_another_stack_or_environment_is_refused(
    store_kind: str, store: StateStore, tmp_path: Path, stack: str, env: str | None
) -> None:
    before = asyncio.run(wrote(store))
    other = open_as(store_kind, tmp_path, stack=stack, env=env)
    for use in (other.load, other.holder, other.unlock, lambda: other.history(1), lambda: asyncio.run(wrote(other))):
        with pytest.raises(StateError, match=f"belongs to stack {STACK}, no env"):
            use()
    assert store.load() == before


# --- the journal ------------------------------------------------------------------------------------------------------


def test_an_announced_intent_is_there_until_it_is_settled(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as held:
            one, two = await held.announce([intent(1), intent(2)])
            assert store.load().intents == (one, two)
            assert (one, two) == (replace(intent(1), id=one.id), replace(intent(2), id=two.id))
            await held.settle(one.id, outcome="done", put=[record(1)])
            assert store.load().intents == (two,)
            assert store.load().records == {COUNTER: record(1)}

    asyncio.run(session())
    assert len(store.load().intents) == 1


def test_numbers_of_intents_are_never_used_again(store: StateStore) -> None:
    async def session() -> int:
        async with lease(store) as held:
            (only,) = await held.announce([intent(1)])
            await held.settle(only.id, outcome="done")
            return only.id

    assert asyncio.run(session()) < asyncio.run(session())


def test_the_intent_of_an_earlier_session_can_be_settled_once(store: StateStore) -> None:
    async def leave_open() -> None:
        async with lease(store) as held:
            await held.announce([intent(1)])

    async def recover() -> None:
        async with lease(store) as held:
            (found,) = held.state.intents
            await held.settle(found.id, outcome="done", put=[record(1)])
            with pytest.raises(ValueError, match=f"no intent {found.id}"):
                await held.settle(found.id, outcome="done")

    asyncio.run(leave_open())
    asyncio.run(recover())
    assert store.load().intents == ()
    assert store.load().records == {COUNTER: record(1)}


def test_a_thousand_calls_ten_at_a_time_share_their_commits(store: StateStore) -> None:
    async def session() -> int:
        async with lease(store) as held:
            places = asyncio.Semaphore(10)

            async def call(number: int) -> None:
                async with places:
                    (announced,) = await held.announce([intent(number, f"s{number}")])
                    await held.settle(announced.id, outcome="done", put=[record(number, f"s{number}")])

            async with asyncio.TaskGroup() as group:
                for number in range(1000):
                    group.create_task(call(number))
            return held.commits

    commits = asyncio.run(session())
    state = store.load()
    assert 2 <= commits <= 500
    assert {each.attributes["number"] for each in state.records.values()} == set(range(1000))
    assert state.intents == ()


# --- plans and history ------------------------------------------------------------------------------------------------


def test_a_saved_plan_is_applied_once(store: StateStore) -> None:
    async def run(*, finished: bool) -> None:
        async with lease(store) as held:
            await held.begin_plan("p", saved=True)
            await held.end_plan("p", finished)

    asyncio.run(run(finished=False))
    asyncio.run(run(finished=True))
    with pytest.raises(StateError, match="already been applied"):
        asyncio.run(run(finished=True))


def test_an_interrupted_saved_plan_begins_again_only_where_it_stopped(store: StateStore) -> None:
    async def begin() -> None:
        async with lease(store) as held:
            await held.begin_plan("p", saved=True)

    async def look() -> None:
        async with lease(store) as held:
            run = held.plan_run("p")
            assert run
            assert (run.status, run.serial, run.saved) == (PlanStatus.STARTED, 2, True)
            assert held.plan_run("q") is None
            await held.save(put=[record(1)])  # recovery writes before the plan begins again
            await held.begin_plan("p", saved=True)

    asyncio.run(begin())
    asyncio.run(begin())
    asyncio.run(look())
    asyncio.run(wrote(store))
    with pytest.raises(StateError, match="changed since"):
        asyncio.run(begin())


def test_a_plan_made_and_applied_in_one_command_may_come_again(store: StateStore) -> None:
    async def run() -> None:
        async with lease(store) as held:
            await held.begin_plan("p", saved=False)
            await held.end_plan("p", finished=True)

    asyncio.run(run())
    asyncio.run(run())
    assert store.load().serial == 2


def test_the_history_is_bounded_and_tells_the_newest_first(store: StateStore) -> None:
    async def session() -> None:
        async with lease(store) as held:
            for number in range(230):
                await held.note(f"note {number}", [f"change {each}" for each in range(number)])

    asyncio.run(session())
    entries = store.history(1000)
    assert [each.summary for each in entries] == [f"note {number}" for number in range(229, 29, -1)]
    assert entries[0].changes[-2:] == ("change 199", "... and 29 more")
    assert entries[-1].changes == tuple(f"change {each}" for each in range(30))
    assert (entries[0].serial, entries[0].command) == (1, "dsops apply")
    assert [each.summary for each in store.history(2)] == ["note 229", "note 228"]
