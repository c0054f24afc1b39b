"""What is particular to the state file: where it may be, who may read it, and what is said when it is damaged."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.model import Address, Intent, LeaseLost, Record, StateError
from dsops.state import StateStore, open_store
from dsops.state.sqlite.files import refuse_network
from dsops.state.sqlite.problems import explaining

ADDRESS = "sqlite:.dsops/state.db"
A = Address("uipath", "Dataset", "a")


def record(number: int, name: str = "a") -> Record:
    address = Address("uipath", "Dataset", name)
    return Record(address, "cm", "https://example.com", f"id-{number}", ("p", name), attributes={"text": "x" * 400})


def ignore(_: str) -> None:
    pass


def opened(root: Path, address: str = ADDRESS) -> StateStore:
    return open_store(address, root=root, stack="s", env=None)


def fill(root: Path, address: str = ADDRESS, *, many: int = 1) -> None:
    async def session() -> None:
        async with opened(root, address).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            await held.save(put=[record(number, f"a{number}" if number else "a") for number in range(many)])
            intent = Intent(0, "run", "plan", 1, A, "update", "POST /x", record(1), ("title",), 1.0)
            await held.announce([intent])

    asyncio.run(session())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    fill(tmp_path, many=200)
    return tmp_path / ".dsops/state.db"


def refused(root: Path, *words: str) -> None:
    """Every way of using the state explains why not, and changes no byte."""
    before = {path: path.read_bytes() for path in (root / ".dsops").iterdir() if path.is_file()}
    store = opened(root)
    for use in (store.load, lambda: fill(root)):
        with pytest.raises(StateError) as caught:
            use()
        (told,) = caught.value.diagnostics
        assert str(root / ".dsops/state.db") in told.summary
        assert told.hint
        for word in words:
            assert word in told.detail
    assert {path: path.read_bytes() for path in (root / ".dsops").iterdir() if path.is_file()} == before


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "state.db", "SQLITE:x", ".dsops/state.db"])
def test_an_unknown_scheme_is_refused_with_those_that_are_known(tmp_path: Path, address: str) -> None:
    with pytest.raises(StateError) as caught:
        opened(tmp_path, address)
    assert "sqlite:" in caught.value.diagnostics[0].detail


@pytest.mark.parametrize("address", ["sqlite:", "sqlite:a\0b"])
def test_an_address_without_a_file_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(StateError, match="names no file"):
        opened(tmp_path, address)


@pytest.mark.parametrize("name", ["plain.db", "with space.db", "a?b#c%20d.db", "ünï.db", ":memory:"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    fill(tmp_path, f"sqlite:{name}")
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert list(opened(tmp_path, f"sqlite:{name}").load().records) == [A]


def test_an_absolute_path_stands_for_itself(tmp_path: Path) -> None:
    fill(tmp_path / "stack", f"sqlite:{tmp_path}/elsewhere/state.db")
    assert list(opened(tmp_path, "sqlite:elsewhere/state.db").load().records) == [A]


# --- who may read it --------------------------------------------------------------------------------------------------


def test_what_is_made_is_for_its_owner_only(tmp_path: Path) -> None:
    modes = {}
    old = os.umask(0)
    try:

        async def session() -> None:
            async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
                await held.save(put=[record(1)])
                modes.update({path.name: path.stat().st_mode & 0o777 for path in (tmp_path / ".dsops").iterdir()})

        asyncio.run(session())
    finally:
        os.umask(old)
    assert (tmp_path / ".dsops").stat().st_mode & 0o777 == 0o700
    assert {modes.pop(name) for name in ("state.db", "state.db-wal", "state.db-shm")} == {0o600}
    assert list(modes) == [".gitignore"]


def test_git_leaves_it_alone(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    fill(tmp_path)
    found = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert found.stdout == ""


def test_a_gitignore_of_the_person_stays(tmp_path: Path) -> None:
    (tmp_path / ".dsops").mkdir()
    (tmp_path / ".dsops/.gitignore").write_text("mine\n")
    fill(tmp_path)
    assert (tmp_path / ".dsops/.gitignore").read_text() == "mine\n"


def test_reading_a_state_at_rest_makes_no_file(file: Path, tmp_path: Path) -> None:
    before = sorted(file.parent.iterdir())
    store = opened(tmp_path)
    assert len(store.load().records) == 200
    assert store.holder() is None
    assert sorted(file.parent.iterdir()) == before == [file.parent / ".gitignore", file]


def test_reading_needs_no_event_loop(file: Path, tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from dsops.state import open_store
assert len(open_store(sys.argv[1], root=Path(sys.argv[2]), stack="s", env=None).load().records) == 200
print([name for name in ("asyncio", "socket", "ssl", "click", "httpx") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code, ADDRESS, tmp_path], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_a_killed_writer_leaves_a_log_that_reading_respects(tmp_path: Path, file: Path) -> None:
    """A copy of file and log taken while somebody writes is what a kill leaves."""

    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            await held.save(put=[record(7)], drop=[Address("uipath", "Dataset", "a1")])
            for name in ("state.db", "state.db-wal"):
                shutil.copy(tmp_path / ".dsops" / name, tmp_path / "copy" / ".dsops" / name)

    (tmp_path / "copy/.dsops").mkdir(parents=True)
    asyncio.run(session())
    copied = tmp_path / "copy/.dsops/state.db"
    before = copied.read_bytes()
    assert before != file.read_bytes()
    for _ in range(2):
        state = opened(tmp_path / "copy").load()
        assert state.records[A].remote_id == "id-7"
        assert len(state.records) == 199
    assert copied.read_bytes() == before


# --- damage -----------------------------------------------------------------------------------------------------------


def test_garbage_is_explained_and_left_alone(file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"this is no database, however long it is. " * 200)
    refused(tmp_path, "damaged", "not a database", "Nothing was changed")


@pytest.mark.parametrize("kept", [0, 50, 100, 1000, 4096, 9000, 20_000])
def test_a_truncated_file_is_explained_and_left_alone(file: Path, tmp_path: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    refused(tmp_path, "damaged")


def test_a_flipped_bit_in_a_record_is_noticed(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    assert content.count(b'"remoteId":"id-77"') == 1
    file.write_bytes(content.replace(b'"remoteId":"id-77"', b'"remoteId":"id-76"'))
    refused(tmp_path, "uipath/Dataset/a77 is not as it was written")


def test_a_flipped_bit_in_an_intent_is_noticed(file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    assert content.count(b"POST /x") == 1
    file.write_bytes(content.replace(b"POST /x", b"POST /y"))
    refused(tmp_path, "intent 1 is not as it was written")


def test_any_flipped_bit_is_harmless_or_explained(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("flip")
    fill(root, many=30)
    file = root / ".dsops/state.db"
    whole = opened(root).load()
    content = file.read_bytes()

    @given(st.integers(0, len(content) * 8 - 1))
    def flip(bit: int) -> None:
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(changed)
        try:
            state = opened(root).load()
        except StateError:
            return
        assert dict(state.records) == dict(whole.records)
        assert state.intents == whole.intents

    flip()


def test_a_newer_format_is_refused(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 3")
    refused(tmp_path, "format 3", "knows up to 2")


def test_a_format_that_never_was_is_refused(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 0")
    refused(tmp_path, "no format 0")


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".dsops").mkdir()
    with closing(sqlite3.connect(tmp_path / ".dsops/state.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    refused(tmp_path, "another program")


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".dsops/state.db").mkdir(parents=True)
    refused(tmp_path, "not a file")


def test_a_file_in_the_place_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".dsops").write_text("")
    with pytest.raises(StateError, match="can't be used"):
        opened(tmp_path).load()


def test_a_log_without_its_file_is_refused(file: Path, tmp_path: Path) -> None:
    file.rename(file.with_name("state.db-wal"))
    refused(tmp_path, "missing", "state.db-wal")


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/sda / ext4 rw 0 0\n"
        "server:/home /mnt/my\\040home nfs4 rw 0 0\n"
        "/dev/sdb /mnt/my\\040home/disk xfs rw 0 0\n"
        "me@host: /mnt/far fuse.sshfs rw 0 0\n"
        "//host/share /mnt/share cifs rw 0 0\n"
    )
    for path in ("/mnt/my home/stack/.dsops/state.db", "/mnt/far/x", "/mnt/share/x"):
        with pytest.raises(StateError) as caught:
            refuse_network(Path(path), mounts)
        assert "network file system" in caught.value.diagnostics[0].detail
    for path in ("/srv/x", "/mnt/my home/disk/x", "/mnt/farther/x"):
        refuse_network(Path(path), mounts)
    refuse_network(Path("/x"), tmp_path / "there is no such table")


def test_a_file_removed_under_a_holder_ends_its_lease(tmp_path: Path) -> None:
    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            await held.save(put=[record(1)])
            shutil.rmtree(tmp_path / ".dsops")
            with pytest.raises(LeaseLost, match="removed or replaced"):
                await held.save(put=[record(2)])
            await asyncio.to_thread(fill, tmp_path)
            with pytest.raises(LeaseLost):
                await held.save(put=[record(3)])

    asyncio.run(session())
    assert opened(tmp_path).load().records == {A: record(0)}


def test_a_full_disk_fails_the_write_and_keeps_what_was_there(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: SQLite meets it in the same place."""
    big = [record(number, f"b{number}") for number in range(400)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            await held.save(put=[record(1)])
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
            try:
                with pytest.raises(StateError, match="can't be used"):
                    await held.save(put=big)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            await held.save(put=[record(2)])

    asyncio.run(session())
    state = opened(tmp_path).load()
    assert (state.records, state.serial) == ({A: record(2)}, 1)


def test_what_sqlite_says_becomes_what_to_do(file: Path, tmp_path: Path) -> None:
    def told(work: str, *, mode: str = "rw") -> tuple[str, str]:
        with (
            closing(sqlite3.connect(f"{file.as_uri()}?mode={mode}", uri=True, timeout=0)) as connection,
            pytest.raises(StateError) as caught,
            explaining(file),
        ):
            connection.execute(work)
        return caught.value.diagnostics[0].detail, caught.value.diagnostics[0].hint

    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        detail, hint = told("DELETE FROM records")
    assert "locked" in detail
    assert "has it open" in hint
    detail, hint = told("DELETE FROM records", mode="ro")
    assert "readonly" in detail
    assert "permissions" in hint
    detail, hint = told("SELECT * FROM absent")
    assert "damaged: no such table" in detail
    assert "dsops import" in hint


def test_a_mistake_of_ours_stays_a_bug(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.ProgrammingError), explaining(file):
        connection.execute("SELECT ?")


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_settled_intents_and_plans_applied_are_forgotten_in_time(tmp_path: Path) -> None:
    intent = Intent(0, "run", "plan", 1, A, "update", "POST /x", record(1), (), 1.0)

    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            (still_open,) = await held.announce([intent])
            for _ in range(15):
                announced = await held.announce([intent] * 200)
                await asyncio.gather(*(held.settle(each.id, outcome="done") for each in announced))
            for number in range(250):
                await held.begin_plan(f"plan {number}", saved=False)
            assert [each.id for each in opened(tmp_path).load().intents] == [still_open.id]

    asyncio.run(session())
    with closing(sqlite3.connect(tmp_path / ".dsops/state.db")) as connection:
        (settled,) = connection.execute("SELECT count(*) FROM intents WHERE outcome = 'done'").fetchone()
        (runs,) = connection.execute("SELECT count(*) FROM plan_runs").fetchone()
    assert settled == 1000
    assert runs == 200
