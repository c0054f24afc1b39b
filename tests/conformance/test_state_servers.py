"""What is particular to the servers a state may be on: careless ones, restarts, damage, what is left behind."""

import asyncio
import gzip
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import obstore
import psycopg
import pytest

from dsops.model import LeaseHeld, RowsPatch, StateDamaged, StateError
from dsops.state import StateStore, open_store
from dsops.state.address import take_apart
from dsops.state.document import DocumentStore
from dsops.state.http import HttpShelf
from dsops.state.objects import ObjectShelf
from dsops.state.whole import Backups, restore
from tests.benchmarks.cases import DSOPS, environment
from tests.benchmarks.stacks import write_stack
from tests.conformance.state_process import (
    COUNTER,
    HOLDER,
    SETTINGS,
    STACK,
    intent,
    lease,
    marks,
    open_as,
    place_of,
    record,
    wrote,
)
from tests.support import httpstate, start_emulator
from tests.support.buckets import BUCKET, CREDENTIALS, address, running_rclone
from tests.support.postgres import PostgresServer, running_postgres


@pytest.fixture
def on_s3(s3: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StateStore:
    monkeypatch.setenv("TEST_S3", s3)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return open_as("s3", tmp_path)


@pytest.fixture
def on_http(http_state: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StateStore:
    monkeypatch.setenv("TEST_HTTP", http_state)
    monkeypatch.setenv("DSOPS_STATE_USERNAME", httpstate.USER)
    monkeypatch.setenv("DSOPS_STATE_PASSWORD", httpstate.PASSWORD)
    return open_as("http", tmp_path)


def objects(root: Path) -> list[str]:
    shelf = ObjectShelf(place_of("s3", root))
    return sorted(each["path"] for each in obstore.list(shelf._store).collect())


# --- stores that can't be trusted -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rclone() -> Iterator[str]:
    with running_rclone() as url:
        yield url


def test_a_bucket_that_ignores_conditions_is_refused_and_left_empty(
    rclone: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TEST_S3", rclone)
    store = open_as("s3", tmp_path)
    assert store.load().lineage is None
    with pytest.raises(StateError, match="ignores conditions"):
        asyncio.run(wrote(store))
    assert objects(tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("locks", "two hold its lock at once"),
        ("ids", "lets a writer in who doesn't hold the lock"),
        ("gone", "lets a writer in whose lock is gone"),
    ],
)
def test_a_server_that_doesnt_lock_is_refused_and_left_empty(
    on_http: StateStore, http_state: str, tmp_path: Path, rule: str, words: str
) -> None:
    place = take_apart(f"{http_state}/careless-{rule}/{tmp_path.name}", tmp_path, ())
    careless = DocumentStore(lambda: HttpShelf(place), stack=STACK, env=None)
    with pytest.raises(StateError, match=words):
        asyncio.run(wrote(careless))
    assert careless.load().lineage is None


# --- credentials ------------------------------------------------------------------------------------------------------


def test_wrong_credentials_are_told_without_them(
    on_http: StateStore, http_state: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DSOPS_STATE_PASSWORD", "not-this-word")
    with pytest.raises(StateError) as caught:
        on_http.load()
    (told,) = caught.value.diagnostics
    assert "refuses the credentials (401)" in told.detail
    assert "not-this-word" not in str(told)
    monkeypatch.delenv("DSOPS_STATE_PASSWORD")
    monkeypatch.setenv("STATE_WORD", httpstate.PASSWORD)
    named = http_state.replace("http://", f"http://{httpstate.USER}:${{env:STATE_WORD}}@")
    store = open_store(f"{named}/{tmp_path.name}", root=tmp_path, stack=STACK, env=None)
    assert asyncio.run(wrote(store)).records == {COUNTER: record(1)}


def test_a_bucket_that_refuses_is_told_without_the_key(
    on_s3: StateStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-this-word")
    with pytest.raises(StateError) as caught:
        on_s3.load()
    assert "not-this-word" not in str(caught.value.diagnostics)
    assert "credentials" in caught.value.diagnostics[0].hint


def test_a_server_that_isnt_there_is_told(tmp_path: Path) -> None:
    store = open_store("postgres://me@127.0.0.1:1/base", root=tmp_path, stack=STACK, env=None)
    with pytest.raises(StateError) as caught:
        store.load()
    assert "The state postgres://me@127.0.0.1:1/base can't be used" in str(caught.value)
    assert "onnection" in caught.value.diagnostics[0].detail


def test_gitlabs_form_of_the_lock(on_http: StateStore, http_state: str, tmp_path: Path) -> None:
    """Vendor documentation: the lock has an address of its own, taken with POST and given back with DELETE."""
    settings = "lockPath=/lock&lockMethod=POST&unlockMethod=DELETE"
    store = open_store(f"{http_state}/gitlab-{tmp_path.name}?{settings}", root=tmp_path, stack=STACK, env=None)

    async def session() -> None:
        async with lease(store) as held:
            await held.save(put=[record(1)])
            with pytest.raises(LeaseHeld):
                async with lease(store):
                    pass

    asyncio.run(session())
    assert asyncio.run(wrote(store, 2)).serial == 2


def test_a_lock_of_somebody_else_is_respected(on_http: StateStore, tmp_path: Path) -> None:
    place = place_of("http", tmp_path)
    auth = (httpstate.USER, httpstate.PASSWORD)
    url = f"http://127.0.0.1:{place.port}/{place.path}"
    lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": "ann@laptop", "Created": "2026-01-02T03:04:05.6Z"}
    assert httpx.request("LOCK", url, json=lock, auth=auth).status_code == 200
    with pytest.raises(LeaseHeld, match="ann@laptop"):
        asyncio.run(wrote(on_http))
    assert httpx.request("UNLOCK", url, json=lock, auth=auth).status_code == 200
    assert asyncio.run(wrote(on_http)).serial == 1


# --- the worst day ----------------------------------------------------------------------------------------------------


def test_a_database_that_is_restarted_meanwhile_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_postgres() as server:
        monkeypatch.setenv("TEST_POSTGRES", server.address)
        store = open_as("postgres", tmp_path)

        async def session() -> None:
            async with lease(store) as held:
                await held.save(put=[record(1)])
                for number in range(2, 5):
                    server.stop()
                    server.start()
                    await held.save(put=[record(number)], rows=[RowsPatch(HOLDER, marks(number), clear=True)])
                server.stop()
                server.start()

        asyncio.run(session())
        assert store.load().records == {COUNTER: record(4)}
        assert store.load().serial == 1
        assert store.holder() is None


def test_a_paused_save_locks_a_database_no_longer_than_a_minute(postgres: PostgresServer, tmp_path: Path) -> None:
    from dsops.state.postgres.connection import connected

    with closing(connected(take_apart(postgres.address, tmp_path, SETTINGS))) as connection:
        for setting, expected in (("idle_in_transaction_session_timeout", "1min"), ("lock_timeout", "10s")):
            assert connection.execute(f"SHOW {setting}".encode()).fetchone() == (expected,)


def test_a_schema_of_something_else_is_left_alone(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TEST_POSTGRES", postgres.address)
    schema = place_of("postgres", tmp_path).query["schema"]
    with psycopg.connect(postgres.address, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"'.encode())
        connection.execute(f'CREATE TABLE "{schema}".records (mine integer)'.encode())
    store = open_as("postgres", tmp_path)
    with pytest.raises(StateError) as caught:
        asyncio.run(wrote(store))
    assert "?schema=NAME" in caught.value.diagnostics[0].hint
    assert store.load().lineage is None


def test_a_schema_made_beforehand_needs_no_right_to_make_one(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with psycopg.connect(postgres.address, autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN")
        connection.execute("CREATE SCHEMA made AUTHORIZATION plain")
    plain = postgres.address.replace("dsops@", "plain@")
    store = open_store(f"{plain}?schema=made", root=tmp_path, stack=STACK, env=None)
    assert asyncio.run(wrote(store)).serial == 1
    other = open_store(f"{plain}?schema=other", root=tmp_path, stack=STACK, env=None)
    with pytest.raises(StateError) as caught:
        asyncio.run(wrote(other))
    assert "permission denied" in caught.value.diagnostics[0].detail


def test_packs_of_rows_that_nobody_needs_are_dropped(on_s3: StateStore, tmp_path: Path) -> None:
    async def session(number: int) -> None:
        async with lease(on_s3) as held:
            for part in range(8):
                await held.save(rows=[RowsPatch(HOLDER, marks(40, first=40 * part + number))])

    for number in range(3):
        asyncio.run(session(number))
        packs = [each for each in objects(tmp_path) if each.startswith("rows/")]
        assert 1 <= len(packs) <= 6
    assert len(on_s3.rows(HOLDER)) == 322
    asyncio.run(clear(on_s3))
    assert [each.rpartition("/")[2] for each in objects(tmp_path)] == ["state.json.gz"]


async def clear(store: StateStore) -> None:
    async with lease(store) as held:
        await held.save(rows=[RowsPatch(HOLDER, clear=True)])


def test_a_damaged_document_is_told_left_alone_and_set_aside_by_restore(on_s3: StateStore, tmp_path: Path) -> None:
    asyncio.run(wrote(on_s3))
    found = on_s3.whole()
    assert found
    shelf = ObjectShelf(place_of("s3", tmp_path))
    whole = bytes(obstore.get(shelf._store, "state.json.gz").bytes())
    flipped = bytes([*whole[:40], whole[40] ^ 1, *whole[41:]])
    for broken in (whole[:60], flipped, b"", gzip.compress(b"{}"), gzip.compress(b"[1]")):
        obstore.put(shelf._store, "state.json.gz", broken)
        with pytest.raises(StateDamaged):
            on_s3.load()
        with pytest.raises(StateDamaged):
            asyncio.run(wrote(on_s3))
        assert bytes(obstore.get(shelf._store, "state.json.gz").bytes()) == broken
    backups = Backups(tmp_path, None)
    serial, aside = restore(on_s3, found, (STACK, None), backups, wait=0, on_event=print)
    assert serial == 2
    assert aside
    assert aside.rpartition("/")[2] in [each.rpartition("/")[2] for each in objects(tmp_path)]
    assert on_s3.load().records == {COUNTER: record(1)}


def test_a_document_that_is_removed_meanwhile_is_not_made_again(on_s3: StateStore, tmp_path: Path) -> None:
    async def session() -> None:
        async with lease(on_s3) as held:
            await held.save(put=[record(1)])
            obstore.delete(ObjectShelf(place_of("s3", tmp_path))._store, "state.json.gz")
            with pytest.raises(StateError, match="was removed"):
                await held.save(put=[record(2)])

    asyncio.run(session())
    assert on_s3.load().lineage is None


# --- waves ------------------------------------------------------------------------------------------------------------


def test_a_wave_of_calls_is_two_saves(on_s3: StateStore) -> None:
    """One names all calls, the next brings their outcomes, though each call ends at its own time."""

    async def call(held: object, number: int) -> None:
        (announced,) = await held.announce([intent(number, f"s{number}")])  # type: ignore[attr-defined]
        await asyncio.sleep(number / 500)
        await held.settle(announced.id, outcome="done", put=[record(number, f"s{number}")])  # type: ignore[attr-defined]

    async def session() -> tuple[int, int]:
        async with lease(on_s3) as held:
            async with asyncio.TaskGroup() as group:
                for number in range(held.wave):
                    group.create_task(call(held, number))
            return held.wave, held.commits

    wave, commits = asyncio.run(session())
    assert wave == 100
    assert commits <= 4
    assert len(on_s3.load().records) == wave


def test_one_call_alone_waits_for_nobody(on_s3: StateStore) -> None:
    async def session() -> float:
        async with lease(on_s3) as held:
            began = time.monotonic()
            for number in range(5):
                (announced,) = await held.announce([intent(number)])
                await held.settle(announced.id, outcome="done")
            return time.monotonic() - began

    assert asyncio.run(session()) < 10 * 0.5  # what it took if each of its saves waited for others


def test_a_started_process_can_use_a_bucket_whose_parent_does(on_s3: StateStore, tmp_path: Path) -> None:
    asyncio.run(wrote(on_s3))
    program = "import sys; from tests.conformance.state_process import open_as; from pathlib import Path; print(open_as('s3', Path(sys.argv[1])).load().serial)"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
    assert address("http://x", "y").startswith(f"s3://{BUCKET}/y")


def test_an_apply_killed_in_the_middle_of_a_wave_is_finished_by_the_next(
    on_http: StateStore, http_state: str, tmp_path: Path
) -> None:
    """More calls are announced than were sent: recovery finds out which, and nothing is done twice."""
    folder = tmp_path / "stack"
    write_stack(folder, 150)
    where = f"http://127.0.0.1:{place_of('http', tmp_path).port}/killed-{tmp_path.name}"
    stated = (folder / "dsops.yaml").read_text().replace("\nspec:\n", f"\nspec:\n  state: {where}\n", 1)
    (folder / "dsops.yaml").write_text(stated)
    apply = [*DSOPS, "apply", "--auto-approve", "--parallelism", "4"]
    with start_emulator() as emulator:
        env = os.environ | environment(emulator)

        def writes() -> int:
            return sum(each["method"] != "GET" for each in emulator.request("GET", "/_emulator/requests")["requests"])

        quiet = subprocess.DEVNULL  # a plan is longer than a pipe
        with subprocess.Popen(apply, cwd=folder, env=env, stdout=quiet, stderr=quiet) as process:
            while writes() < 30 and process.poll() is None:
                time.sleep(0.02)
            process.kill()
            process.wait()
        before = open_store(where, root=folder, stack="bench", env=None).load()
        assert len(before.intents) > 30
        sent = writes()
        subprocess.run(apply, cwd=folder, env=env, check=True, capture_output=True)
        assert 152 <= writes() <= 152 + 4  # what was in flight when it was killed may not have arrived
        assert sent < 152
        subprocess.run([*DSOPS, "plan", "--detailed-exitcode"], cwd=folder, env=env, check=True, capture_output=True)
    after = open_store(where, root=folder, stack="bench", env=None).load()
    assert (len(after.records), after.intents) == (152, ())
