"""A state file cut short or with flipped bits: told, left as it is, nothing written; and the ways back."""

import os
import random
import re
import shlex
import sqlite3
import subprocess
from contextlib import closing
from functools import partial

import pytest

from dsops.model import StateError
from dsops.state import open_store
from tests.disk.place import BASE, TARGET, Place, clear_of_trouble, files

PAGE = 4096
SEED = int(os.environ.get("DISK_SEED", "6"))
TRIES = int(os.environ.get("DISK_FLIPS", "150"))


def refused(place: Place) -> str:
    """An apply explains, writes nothing, and leaves every byte as it is; returns what it says."""
    before = files(place.file.parent)
    done = clear_of_trouble(place.run("apply", "--auto-approve"), 1)
    assert place.writes() == []
    assert files(place.file.parent) == before
    assert f"error: The state {place.file} can't be used\n  It is damaged: " in done.err
    assert "Nothing was changed." in done.err
    return done.err


@pytest.mark.parametrize(
    "left", ["nothing", "half a header", "half a page", "one page", "all but a page", "all but a byte"]
)
def test_a_file_cut_short_is_refused(place: Place, left: str) -> None:
    body = place.file.read_bytes()
    kept = {"nothing": 0, "half a header": 50, "half a page": PAGE // 2, "one page": PAGE, "all but a page": -PAGE}
    place.file.write_bytes(body[: kept.get(left, -1)])
    refused(place)


def test_any_length_but_the_whole_is_refused(place: Place) -> None:
    body = place.file.read_bytes()
    store = open_store("sqlite:.dsops/default.db", root=place.folder, stack="disk", env=None)
    for kept in sorted({*range(0, len(body), 512), *range(0, len(body), PAGE), 99, 101, len(body) - 1}):
        place.file.write_bytes(body[:kept])
        with pytest.raises(StateError):
            store.load()
        assert place.file.read_bytes() == body[:kept]


@pytest.mark.parametrize("where", ["the header", "the schema", "a page of records", "every page"])
def test_a_flipped_bit_changes_nothing_or_is_refused(place: Place, where: str) -> None:
    body = place.file.read_bytes()
    whole, store = place.state(), open_store("sqlite:.dsops/default.db", root=place.folder, stack="disk", env=None)
    held = next(at for at in range(0, len(body), PAGE) if b'"remoteId"' in body[at : at + PAGE])
    first, last = {
        "the header": (0, 100),
        "the schema": (100, PAGE),
        "a page of records": (held, held + PAGE),
        "every page": (0, len(body)),
    }[where]
    chance = random.Random(SEED)
    noticed = 0
    for _ in range(TRIES):
        changed = bytearray(body)
        changed[chance.randrange(first, last)] ^= 1 << chance.randrange(8)
        place.file.write_bytes(changed)
        try:
            found = store.load()
        except StateError as refusal:
            noticed += 1
            (told,) = refusal.diagnostics
            assert str(place.file) in told.summary
            assert told.detail
            assert told.hint
        else:
            assert (dict(found.records), found.intents) == (dict(whole.records), whole.intents)
            assert (found.lineage, found.serial) == (whole.lineage, whole.serial)
        assert place.file.read_bytes() == changed
    assert noticed


def command_in(told: str) -> list[list[str]]:
    """Return the commands that an error names, each as its words."""
    return [shlex.split(each)[1:] for each in re.findall(r"dsops [a-z]+(?: [a-z]+)*", told)]


def test_a_backup_leads_back_by_the_command_that_is_named(place: Place) -> None:
    place.run("state", "rm", "uipath/Stream/t").ok()
    place.file.write_bytes(place.file.read_bytes()[:5000])
    named = command_in(refused(place))
    assert ["state", "restore"] in named
    (kept,) = place.run(*named[0], "--format", "json").ok().json
    assert kept["reason"] == "rm"
    restored = place.run(*named[0], str(kept["number"])).ok()
    assert "default.db.damaged-1" in restored.err
    assert (place.folder / ".dsops/default.db.damaged-1").stat().st_size == 5000
    place.apply().ok()
    place.check_converged()


def test_without_a_backup_an_import_leads_back(place: Place) -> None:
    place.file.write_bytes(b"\0" * 20_000)
    told = refused(place)
    place.declare(BASE)
    assert "move it away and rebuild it: dsops import" in told
    place.file.rename(place.file.with_name("damaged"))
    place.run("import", "--connection", "mail", "--all").ok()
    place.declare(TARGET)
    place.apply().ok()
    place.check_converged()


def test_a_folder_that_may_only_be_read(place: Place) -> None:
    """As on a disk mounted read-only: looking works, writing is refused before anything is sent."""

    bind = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"',
    ]
    before = [*bind, "sh", str(place.file.parent)]
    tried = subprocess.run([*before, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no mounts of one's own here: {tried.stderr.strip()}")
    place.run("plan", "--detailed-exitcode", before=before).ok(2)
    place.run("state", "list", before=before).ok()
    done = clear_of_trouble(place.run("apply", "--auto-approve", before=before), 1)
    assert f"The state {place.file} can't be used" in done.err
    assert "Check the permissions" in done.err
    assert place.writes() == []
    place.apply().ok()
    place.check_converged()


def test_whatever_is_read_of_a_damaged_file_is_read_or_refused(place: Place) -> None:
    """History, plans, lease and rows too: no command meets anything but what it can explain."""
    body = place.file.read_bytes()
    chance = random.Random(SEED)
    written = [at for at, byte in enumerate(body) if byte]
    noticed = 0
    for _ in range(TRIES):
        changed = bytearray(body)
        changed[chance.choice(written)] ^= 1 << chance.randrange(8)
        place.file.write_bytes(changed)
        store = open_store("sqlite:.dsops/default.db", root=place.folder, stack="disk", env=None)
        for read in (store.whole, store.holder, store.row_counts, partial(store.history, 9), partial(store.rows, "x")):
            try:
                read()
            except StateError:
                noticed += 1
    assert noticed


@pytest.mark.parametrize(
    "damage", ["INSERT INTO plan_runs VALUES ('p', 1, 'finisjed', 1)", "UPDATE history SET changes = '[1'"]
)
def test_what_no_checksum_guards_is_still_read_with_care(place: Place, damage: str) -> None:
    with closing(sqlite3.connect(place.file)) as connection, connection:
        connection.execute(damage)
    done = clear_of_trouble(place.run("state", "pull"), 1)
    assert "It is damaged: " in done.err
