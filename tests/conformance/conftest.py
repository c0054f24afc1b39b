"""Every state store and other processes that use it; a stack before an emulator."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from dsops.state import StateStore
from dsops.state.postgres.connection import connected
from dsops.state.process import this_process
from tests.conformance.stage import Stage, emulator_with_tokens
from tests.conformance.state_process import Process, Start, open_as, place_of, shelf_of
from tests.support import RunningEmulator, httpstate
from tests.support.buckets import CREDENTIALS, running_seaweed
from tests.support.httpstate import running_http_state
from tests.support.postgres import PostgresServer, running_postgres

STORES = ("sqlite", "postgres", "s3", "http")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with running_seaweed() as url:
        yield url


@pytest.fixture(scope="session")
def http_state() -> Iterator[str]:
    with running_http_state() as url:
        yield url


@pytest.fixture(params=STORES)
def store_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name a store whose server runs; other processes find it in the environment."""
    kind = str(request.param)
    if kind == "postgres":
        monkeypatch.setenv("TEST_POSTGRES", request.getfixturevalue("postgres").address)
    if kind == "s3":
        monkeypatch.setenv("TEST_S3", request.getfixturevalue("s3"))
        for name, value in CREDENTIALS.items():
            monkeypatch.setenv(name, value)
    if kind == "http":
        monkeypatch.setenv("TEST_HTTP", request.getfixturevalue("http_state"))
        monkeypatch.setenv("DSOPS_STATE_USERNAME", httpstate.USER)
        monkeypatch.setenv("DSOPS_STATE_PASSWORD", httpstate.PASSWORD)
    return kind


@pytest.fixture
def store(store_kind: str, tmp_path: Path) -> StateStore:
    return open_as(store_kind, tmp_path)


@pytest.fixture
def reformat(store_kind: str, tmp_path: Path) -> Callable[[int], None]:
    """Return what gives the state another format: 1 is as an older dsops wrote it."""
    newer = ("row_holders", "rows", "traits")

    def sqlite(version: int) -> None:
        with closing(sqlite3.connect(tmp_path / ".dsops/state.db")) as connection:
            for table in newer if version == 1 else ():
                connection.execute(f"DROP TABLE {table}")
            connection.execute(f"PRAGMA user_version = {version}")

    def postgres(version: int) -> None:
        with closing(connected(place_of(store_kind, tmp_path))) as connection:
            if version == 1:
                connection.execute("DROP TABLE row_holders, rows, traits")
            connection.execute("UPDATE dsops SET format = %s", (version,))

    def document(version: int) -> None:
        with closing(shelf_of(store_kind, tmp_path)) as shelf:
            shelf.claim(this_process("test", seconds=1), None)
            found = shelf.read()
            assert found
            content = orjson.loads(found.body)
            left = {key: value for key, value in content.items() if version > 1 or key not in {*newer, "packs"}}
            shelf.write(orjson.dumps({**left, "dsops": version, "serial": content["serial"] + 1}), found.version)
            shelf.unclaim()

    return {"sqlite": sqlite, "postgres": postgres}.get(store_kind, document)


@pytest.fixture
def start(store_kind: str, tmp_path: Path, root: Path) -> Iterator[Start]:
    started: list[Process] = []

    def begin(*args: object, seconds: float = 60.0) -> Process:
        command = [sys.executable, "-m", "tests.conformance.state_process", store_kind, str(tmp_path), str(seconds)]
        process = subprocess.Popen(
            [*command, *(str(each) for each in args)],
            cwd=root,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        with process:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    with emulator_with_tokens(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def stage(emulator: RunningEmulator, tmp_path: Path) -> Iterator[Stage]:
    emulator.start_over()
    made = Stage(tmp_path / "mail", emulator)
    yield made
    made.leaves_no_secret()
