"""What is particular to rows in the state file: files of the format before them, damage, bounds."""

import asyncio
import hashlib
import resource
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.model import Address, Intent, Record, RowMark, RowsPatch, StateError, rows_holder
from dsops.state import StateStore
from dsops.state.codec import encode_intent, encode_record
from dsops.state.sqlite import SqliteStore

A, B = (Address("geai", "Dataset", name) for name in "ab")
RECORD = Record(A, "evals", "https://example.com", "id-1", ("a",), attributes={"name": "a"})
INTENT = Intent(1, "run", "plan", 1, A, "update", "PUT /x", RECORD, ("name",), 1.0)
HOLDER = rows_holder(A.type, RECORD.endpoint, RECORD.remote_id)

FORMAT_1 = """
PRAGMA journal_mode = WAL;
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), lineage TEXT NOT NULL, serial INTEGER NOT NULL, stack TEXT NOT NULL,
    env TEXT, crc INTEGER NOT NULL
);
CREATE TABLE records (address TEXT PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE intents (id INTEGER PRIMARY KEY, body TEXT NOT NULL, crc INTEGER NOT NULL, outcome TEXT);
CREATE TABLE plan_runs (
    plan_id TEXT PRIMARY KEY, saved INTEGER NOT NULL, status TEXT NOT NULL, serial INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE history (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, serial INTEGER NOT NULL, who TEXT NOT NULL, command TEXT NOT NULL,
    summary TEXT NOT NULL, changes TEXT NOT NULL
);
CREATE TABLE lease (
    id INTEGER PRIMARY KEY CHECK (id = 1), token INTEGER NOT NULL, heartbeat INTEGER NOT NULL, seconds REAL NOT NULL,
    holder TEXT
);
INSERT INTO lease VALUES (1, 7, 9, 60, NULL);
INSERT INTO plan_runs VALUES ('p', 1, 'finished', 3);
INSERT INTO history VALUES (1, 1000.0, 3, 'a@b', 'dsops apply', 'applied', '[]');
PRAGMA application_id = 0x64734F70;
PRAGMA user_version = 1;
"""


def opened(root: Path) -> StateStore:
    return SqliteStore(root / "state.db", stack="s", env=None)


def ignore(_: str) -> None:
    pass


def mark(number: int) -> RowMark:
    digest = hashlib.sha256(b"%d" % number).digest()
    return RowMark(digest[:15], digest[15:30], number % 3 > 0)


def save(root: Path, *patches: RowsPatch, put: tuple[Record, ...] = (), traits: dict[str, str] | None = None) -> None:
    async def session() -> None:
        async with opened(root).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            await held.save(put=put, rows=patches, traits={"https://example.com": traits or {}})

    asyncio.run(session())


def asked(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


# --- the format before rows -------------------------------------------------------------------------------------------


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a state file as a dsops wrote it that knew no rows."""
    file = tmp_path / "state.db"
    record, intent = encode_record(RECORD), encode_intent(INTENT)
    assert b"rows" not in record + intent
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(FORMAT_1)
        stamp = ("0f0e", 3, "s", None)
        connection.execute("INSERT INTO state VALUES (1, ?, ?, ?, ?, ?)", (*stamp, zlib.crc32(orjson.dumps(stamp))))
        row = (str(A), record.decode(), zlib.crc32(str(A).encode() + record))
        connection.execute("INSERT INTO records VALUES (?, ?, ?)", row)
        connection.execute("INSERT INTO intents VALUES (1, ?, ?, NULL)", (intent.decode(), zlib.crc32(b"1" + intent)))
        connection.commit()
    return file


def test_an_older_file_is_read_as_it_lies(old: Path, tmp_path: Path) -> None:
    before = old.read_bytes()
    store = opened(tmp_path)
    state = store.load()
    assert (state.serial, dict(state.records), state.intents, state.traits) == (3, {A: RECORD}, (INTENT,), {})
    assert dict(store.rows(HOLDER)) == {}
    assert dict(store.rows(HOLDER, [mark(1).key])) == {}
    assert dict(store.row_counts()) == {}
    assert store.holder() is None
    assert store.history(5)[0].summary == "applied"
    assert store.unlock() is None
    assert old.read_bytes() == before


def test_taking_the_lease_upgrades_an_older_file(old: Path, tmp_path: Path) -> None:
    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            assert asked(old, "PRAGMA user_version") == [(2,)]
            assert held.state.intents == (INTENT,)
            assert held.plan_run("p")
            assert dict(held.rows(HOLDER)) == {}

    asyncio.run(session())
    state = opened(tmp_path).load()
    assert (state.lineage, state.serial, dict(state.records), state.intents) == ("0f0e", 3, {A: RECORD}, (INTENT,))
    save(tmp_path, RowsPatch(HOLDER, [mark(1)]), traits={"rowPut": "merge"})
    store = opened(tmp_path)
    assert store.load().traits == {"https://example.com": {"rowPut": "merge"}}
    assert dict(store.rows(HOLDER)) == {mark(1).key: mark(1)}
    assert (store.load().serial, store.history(5)[0].summary) == (4, "applied")


def test_an_upgraded_file_is_as_one_made_new(old: Path, tmp_path: Path) -> None:
    tables = "SELECT name, replace(replace(sql, ' ', ''), char(10), '') FROM sqlite_schema ORDER BY name"
    save(tmp_path)
    save(tmp_path / "new", put=(RECORD,))
    assert asked(old, tables) == asked(tmp_path / "new/state.db", tables)
    for pragma in ("application_id", "user_version", "journal_mode"):
        assert asked(old, f"PRAGMA {pragma}") == asked(tmp_path / "new/state.db", f"PRAGMA {pragma}")


def test_an_upgrade_that_fails_changes_nothing(old: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE traits (x)")
    with pytest.raises(StateError, match="can't be used"):
        save(tmp_path)
    assert asked(old, "PRAGMA user_version") == [(1,)]
    assert asked(old, "SELECT name FROM sqlite_schema WHERE name IN ('rows', 'row_holders')") == []
    assert asked(old, "SELECT token, holder FROM lease") == [(7, None)]
    assert dict(opened(tmp_path).load().records) == {A: RECORD}


# --- damage -----------------------------------------------------------------------------------------------------------


def test_any_flipped_bit_of_rows_is_harmless_or_explained(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("flip")
    other = rows_holder(B.type, RECORD.endpoint, "id-2")
    patches = [RowsPatch(HOLDER, map(mark, range(120))), RowsPatch(other, map(mark, range(50)))]
    save(root, *patches, put=(RECORD,), traits={"rowPut": "merge", "fileField": "file"})
    file = root / "state.db"
    content = file.read_bytes()

    def everything() -> object:
        store = opened(root)
        state = store.load()
        rows = [dict(store.rows(holder)) for holder in (HOLDER, other)]
        some = dict(store.rows(HOLDER, [mark(7).key]))
        return dict(state.records), state.traits, rows, some, dict(store.row_counts())

    whole = everything()

    @given(st.integers(0, len(content) * 8 - 1))
    def flip(bit: int) -> None:
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(changed)
        try:
            found = everything()
        except StateError:
            return
        assert found == whole

    flip()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE rows SET mark = zeroblob(20) WHERE key = (SELECT max(key) FROM rows)", "a row of"),
        ("UPDATE rows SET holder = holder + 1", "rows of nobody"),
        ("UPDATE row_holders SET id = 5", "whose rows"),
        ("UPDATE traits SET value = 'finer'", "what is known of https://example.com"),
    ],
)
def test_what_is_damaged_is_named(tmp_path: Path, change: str, told: str) -> None:
    save(tmp_path, RowsPatch(HOLDER, map(mark, range(9))), put=(RECORD,), traits={"rowPut": "merge"})
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute(change)
        connection.commit()
    store = opened(tmp_path)
    with pytest.raises(StateError) as caught:
        _ = (store.load(), store.row_counts(), dict(store.rows(HOLDER)))
    assert told in caught.value.diagnostics[0].detail


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_a_settled_intent_keeps_no_marks(tmp_path: Path) -> None:
    marks = tuple(map(mark, range(7000)))

    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            (one, two) = await held.announce([replace(INTENT, rows=marks), replace(INTENT, rows=marks[:1])])
            await held.settle(one.id, outcome="done", rows=[RowsPatch(HOLDER, marks)])
            assert held.rows(HOLDER)[mark(6999).key] == mark(6999)
            assert opened(tmp_path).load().intents == (two,)

    asyncio.run(session())
    ((body, crc),) = asked(tmp_path / "state.db", "SELECT body, crc FROM intents WHERE outcome = 'done'")
    assert isinstance(body, str)
    assert body.encode() == encode_intent(INTENT)
    assert crc == zlib.crc32(b"1" + body.encode())


def test_a_save_of_rows_counts_a_heartbeat(tmp_path: Path) -> None:
    """It may take long; a waiter must not take the lease over when it is done, before the holder could renew it."""
    heartbeat = "SELECT heartbeat FROM lease"

    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            ((before,),) = asked(tmp_path / "state.db", heartbeat)
            await held.save(put=[RECORD])
            assert asked(tmp_path / "state.db", heartbeat) == [(before,)]
            await held.save(rows=[RowsPatch(HOLDER, [mark(1)])])
            assert asked(tmp_path / "state.db", heartbeat) > [(before,)]

    asyncio.run(session())


def test_after_a_save_that_failed_no_rows_are_taken_for_nobodys(tmp_path: Path) -> None:
    """Two records of one object; the drop of one fails, so the object keeps a record when the other is dropped."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def session() -> None:
        async with opened(tmp_path).lease(command="dsops apply", wait=0, on_event=ignore) as held:
            await held.save(put=[RECORD, replace(RECORD, address=B)], rows=[RowsPatch(HOLDER, [mark(1)])])
            resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
            try:
                with pytest.raises(StateError, match="can't be used"):
                    await held.save(drop=[A])
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            await held.save(drop=[B])

    asyncio.run(session())
    store = opened(tmp_path)
    assert list(store.load().records) == [A]
    assert dict(store.rows(HOLDER)) == {mark(1).key: mark(1)}


MILLION = """
import asyncio, hashlib, re, sys
from pathlib import Path
from dsops.model import RowMark, RowsPatch
from dsops.state import open_store

def marks():
    for number in range(1_000_000):
        digest = hashlib.sha256(b"%d" % number).digest()
        yield RowMark(digest[:15], digest[15:30])

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

async def main():
    store = open_store("sqlite:state.db", root=Path(sys.argv[1]), stack="s", env=None)
    async with store.lease(command="dsops apply", wait=0, on_event=print) as held:
        before, turns = peak(), 0
        saving = asyncio.create_task(held.save(rows=[RowsPatch("h", marks())]))
        while not saving.done():
            await asyncio.sleep(0.01)
            turns += 1
        await saving
        saved = peak()
        found = held.rows("h")
        print(len(found), saved - before, peak() - before, turns)

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_million_rows_are_saved_in_little_memory_and_the_event_loop_goes_on(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", MILLION, tmp_path], check=True, capture_output=True, text=True)
    count, saving, reading, turns = map(int, done.stdout.split())
    assert count == 1_000_000
    assert saving < 60_000  # kB
    assert reading < 150_000
    assert turns > 100


def test_holders_without_rows_are_forgotten(tmp_path: Path) -> None:
    save(tmp_path, *(RowsPatch(f"geai/Dataset x {number}", [mark(1)]) for number in range(5)))
    gone = mark(1)._replace(content=None)
    save(
        tmp_path, *(RowsPatch(f"geai/Dataset x {number}", [gone]) for number in range(1, 5)), RowsPatch("y", clear=True)
    )
    assert asked(tmp_path / "state.db", "SELECT holder FROM row_holders") == [("geai/Dataset x 0",)]
