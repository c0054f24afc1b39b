"""`dsops stream`: a queue consumed at least once, whatever happens to its consumer; moved; its exceptions tagged."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsops.cli.commands.stream import COMMANDS
from tests.cli.conftest import Stack
from tests.cli.mail import DATASET, STACK, Mail, documents, hold_to_the_description, uids
from tests.cli.test_frame import HEAVY, modules_after
from tests.support import Done, RunningEmulator, run_dsops, start_emulator

STREAM = f"{DATASET}/stream-00000"
FILTERED = f"{DATASET}/stream-00001"
COMMENTS = 300
FETCH, ADVANCE = "/fetch$", "/advance$"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.json"
    tokens.write_text(json.dumps({"reader": {"permissions": ["View labels", "View streams"]}}))
    with start_emulator("--generate", f"comments={COMMENTS},streams=2", "--tokens", tokens) as running:
        yield running
        hold_to_the_description(running)


@pytest.fixture
def mail(account: RunningEmulator, tmp_path: Path) -> Mail:
    """The account as it began."""
    (tmp_path / "dsops.yaml").write_text(STACK)
    account.request("POST", "/_emulator/reset")
    found = Mail(tmp_path, account)
    found.forget()
    return found


def fetch(mail: Mail, *args: str) -> list[str]:
    return uids(documents(mail.run("stream", "fetch", STREAM, *args).ok().out))


def everything(mail: Mail) -> list[str]:
    """All comments of the stream, by their uids, asked for past dsops."""
    found: Any = mail.emulator.request("POST", f"/api/v1/datasets/{DATASET}/streams/stream-00000/fetch", {"size": 1024})
    assert len(found["results"]) == COMMENTS
    mail.forget()
    return uids(found["results"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    told = run_dsops("stream", name, "--help").ok()
    assert f"dsops stream {name} " in told.out.split("Example:")[1]
    assert COMMANDS[name][1] in run_dsops("stream", "--help").ok().out


@pytest.mark.parametrize("args", [("stream", "--help"), ("stream", "fetch", "--help")])
def test_help_imports_nothing_heavy(args: tuple[str, ...]) -> None:
    assert modules_after(*args) & set(HEAVY) == set()


def test_list_of_a_dataset_of_a_project_and_of_all(stack: Stack) -> None:
    stack.applied()
    told = stack.run("stream", "list", "collateral").ok().out.splitlines()
    assert told[0].split() == ["NAME", "TITLE", "MODEL", "UPDATED", "ID", "ADDRESS"]
    assert [line.split()[-1] for line in told[1:]] == ["uipath/Stream/dispute", "uipath/Stream/margin-call"]
    every = stack.run("stream", "list", "--project", stack.project, "--format", "json").ok().json
    assert [each["name"] for each in every] == [
        f"{stack.project}/claims/urgent-claims",
        f"{stack.project}/collateral/dispute",
        f"{stack.project}/collateral/margin-call",
    ]
    assert every[0]["object"]["model"]["version"] == 3
    assert len(stack.run("stream", "list", "--format", "json").ok().json) >= 3
    assert "| `8` |" in stack.run("stream", "list", "collateral", "--format", "markdown").ok().out
    assert "not both" in stack.run("stream", "list", "collateral", "--project", "p").ok(1).err


@pytest.mark.parametrize("name", ["dispute", "uipath/Stream/dispute", "{project}/collateral/dispute"])
def test_get_by_any_of_its_names(stack: Stack, name: str) -> None:
    stack.applied()
    found = stack.run("stream", "get", name.format(project=stack.project), "--format", "json").ok().json
    assert (found["address"], found["object"]["title"]) == ("uipath/Stream/dispute", "Collateral Disputes")
    assert "model.version:" in stack.run("stream", "get", name.format(project=stack.project)).ok().out
    table = stack.run("stream", "get", name.format(project=stack.project), "--format", "markdown").ok().out
    assert "| `model.version` | `8` |" in table


def test_a_fetch_moves_nothing_until_it_is_told_to(mail: Mail) -> None:
    every = everything(mail)
    first = mail.run("stream", "fetch", STREAM, "--size", "10").ok()
    assert uids(documents(first.out)) == every[:10]
    sequence = documents(first.out)[-1]["sequence_id"]
    assert first.err == (f"10 comments. The stream stays; past them with: dsops stream advance {STREAM} {sequence}\n")
    assert fetch(mail, "--size", "10", "--advance") == every[:10]
    assert fetch(mail, "--size", "10") == every[10:20]
    assert [each["sequence_id"] for each in mail.sent(ADVANCE)] == [sequence]


def test_a_whole_batch_as_one_document(mail: Mail) -> None:
    every = everything(mail)
    batch = mail.run("stream", "fetch", STREAM, "--size", "10", "--format", "json").ok().json
    assert uids(batch["results"]) == every[:10]
    assert batch["sequenceId"] == batch["results"][-1]["sequence_id"]
    assert (batch["filtered"], batch["isEndSequence"]) == (0, False)
    mail.run("stream", "advance", STREAM, batch["sequenceId"]).ok()
    rest = mail.run("stream", "fetch", STREAM, "--size", "1024", "--format", "json").ok().json
    assert (len(rest["results"]), rest["isEndSequence"]) == (COMMENTS - 10, True)


def test_advance_by_batch_and_by_comment(mail: Mail) -> None:
    every = everything(mail)
    results = documents(mail.run("stream", "fetch", STREAM, "--size", "10").ok().out)
    done = mail.run("stream", "advance", STREAM, results[3]["sequence_id"]).ok()
    assert done.out == f"{STREAM} stands at {results[3]['sequence_id']}.\n"
    assert fetch(mail, "--size", "1") == every[4:5]
    found = mail.run("stream", "advance", STREAM, results[9]["sequence_id"], "--format", "json").ok().json
    assert found == {"name": STREAM, "connection": "cm", "sequenceId": results[9]["sequence_id"]}
    assert fetch(mail, "--size", "1") == every[10:11]
    assert mail.run("stream", "advance", STREAM, "nonsense").ok(1).out == ""


def test_what_a_filter_leaves_out_counts_unless_told_otherwise(mail: Mail) -> None:
    few = mail.run("stream", "fetch", FILTERED, "--size", "20").ok()
    more = mail.run("stream", "fetch", FILTERED, "--size", "20", "--max-filtered", "1024").ok()
    assert len(documents(few.out)) < len(documents(more.out)) == 20
    assert f"{20 - len(documents(few.out))} left out by the filter" in few.err
    assert mail.sent(FETCH) == [{"size": 20}, {"max_filtered": 1024, "size": 20}]


def test_at_the_end_there_is_nothing_and_nothing_to_advance_past(mail: Mail) -> None:
    assert len(fetch(mail, "--size", "1024", "--advance")) == COMMENTS
    done = mail.run("stream", "fetch", STREAM, "--advance").ok()
    assert (done.out, done.err) == ("", "0 comments, the end of the stream.\n")
    assert len(mail.sent(ADVANCE)) == 1


def test_follow_needs_advance(mail: Mail) -> None:
    assert "--follow needs --advance" in mail.run("stream", "fetch", STREAM, "--follow").ok(1).err
    assert mail.emulator.requests() == []


@pytest.mark.parametrize("args", [("--size", "0"), ("--size", "1025"), ("--max-filtered", "1025")])
def test_bounds_are_told_before_any_call(mail: Mail, args: tuple[str, ...]) -> None:
    assert "between 1 and 1024" in mail.run("stream", "fetch", STREAM, *args).ok(1).err
    assert mail.emulator.requests() == []


def test_following_brings_what_is_there_and_what_comes_until_it_is_interrupted(mail: Mail) -> None:
    every = everything(mail)
    source = every[0].partition(".")[0]
    names = {each["id"]: each["name"] for each in mail.emulator.request("GET", "/api/v1/sources/generated")["sources"]}
    printed = mail.folder / "printed"
    with printed.open("wb") as out:
        process = mail.start("stream", "fetch", STREAM, "--size", "128", "--advance", "--follow", stdout=out)
        wait_for(printed, COMMENTS)
        comment = {"id": "late", "timestamp": "2024-05-01T00:00:00Z", "messages": [{"body": {"text": "Late."}}]}
        mail.emulator.request("POST", f"/api/v1/sources/generated/{names[source]}/sync", {"comments": [comment]})
        wait_for(printed, COMMENTS + 1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in told.decode()
    assert uids(mail.lines("printed")) == [*every, f"{source}.late"]


def wait_for(path: Path, lines: int) -> None:
    end = time.monotonic() + 60
    while path.read_bytes().count(b"\n") < lines:
        assert time.monotonic() < end, "nothing more was printed"
        time.sleep(0.05)


@pytest.mark.parametrize("batch", [0, 2])
@pytest.mark.parametrize(("path", "at"), [(FETCH, "after"), (ADVANCE, "before"), (ADVANCE, "after")])
def test_killed_anywhere_everything_is_printed_at_least_once(mail: Mail, path: str, at: str, batch: int) -> None:
    every = everything(mail)
    mail.emulator.fault("hold", method="POST", path=path, skip=batch, at=at)
    with (mail.folder / "printed").open("wb") as out:
        process = mail.start("stream", "fetch", STREAM, "--size", "64", "--advance", "--follow", stdout=out)
        mail.emulator.wait_until_held()
        process.kill()
        process.communicate()
    mail.emulator.release()
    printed = uids(mail.lines("printed"))
    assert len(printed) == 64 * (batch + (path == ADVANCE))
    for _ in range(6):
        printed += fetch(mail, "--size", "64", "--advance")
    assert set(printed) == set(every)
    assert list(dict.fromkeys(printed)) == every


@pytest.mark.slow
def test_killed_again_and_again_at_any_instant_nothing_is_missed(mail: Mail) -> None:
    every = everything(mail)
    with (mail.folder / "printed").open("ab") as out:
        for number in range(6):
            process = mail.start("stream", "fetch", STREAM, "--size", "3", "--advance", "--follow", stdout=out)
            time.sleep(0.6 + 0.07 * number)
            process.kill()
            process.communicate()
    whole = [line for line in (mail.folder / "printed").read_text().splitlines() if line.endswith("}")]
    printed = [json.loads(line)["comment"]["uid"] for line in whole]
    printed += fetch(mail, "--size", "1024", "--advance")
    assert set(printed) == set(every)


def piped(mail: Mail, reader: str, *args: str) -> subprocess.CompletedProcess[str]:
    shell = f"{sys.executable} -m dsops stream fetch {STREAM} --size 1024 {' '.join(args)} | {reader}"
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell}"],
        cwd=mail.folder,
        env={**os.environ, **mail.env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("args", [("--advance",), ("--advance", "--follow")])
def test_a_reader_that_goes_away_leaves_the_stream_where_it_was(mail: Mail, args: tuple[str, ...]) -> None:
    done = piped(mail, "head -c 1", *args)
    assert (done.returncode, done.stdout) == (0, "{")
    assert "Traceback" not in done.stderr
    assert mail.sent(ADVANCE) == []


def test_a_reader_that_is_slow_is_waited_for(mail: Mail) -> None:
    done = piped(mail, "(sleep 2; wc -l)", "--advance")
    assert (done.returncode, done.stdout.strip()) == (0, str(COMMENTS))
    assert len(mail.sent(ADVANCE)) == 1


def test_a_full_disk_advances_nothing(mail: Mail) -> None:
    with Path("/dev/full").open("wb") as full:
        process = mail.start("stream", "fetch", STREAM, "--advance", stdout=full)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "No space left on device" in told.decode()
    assert mail.sent(ADVANCE) == []


def test_lost_answers_lose_and_skip_nothing(mail: Mail) -> None:
    every = everything(mail)
    mail.emulator.fault("drop_after", method="POST", path=FETCH)
    mail.emulator.fault("drop_after", method="POST", path=ADVANCE)
    assert fetch(mail, "--size", "100", "--advance") == every[:100]
    assert fetch(mail, "--size", "100", "--advance") == every[100:200]
    assert (len(mail.sent(FETCH)), len(mail.sent(ADVANCE))) == (3, 3)


def reset(mail: Mail, *args: str) -> Done:
    return mail.run("stream", "reset", STREAM, *args)


def test_reset_moves_both_ways_and_wants_to_be_meant(mail: Mail) -> None:
    every = everything(mail)
    refused = reset(mail, "--to", "2024-01-01").ok(1)
    assert "there is no terminal to ask for approval" in refused.err
    assert "Give --auto-approve." in refused.err
    assert "is not a moment" in reset(mail, "--to", "yesterday", "--auto-approve").ok(1).err
    assert mail.emulator.requests() == []
    assert (
        reset(mail, "--to", "2030-01-01T00:00:00+01:00", "--auto-approve").ok().out.startswith(f"{STREAM} stands at ")
    )
    assert fetch(mail) == []
    assert reset(mail, "--to", "2020-01-01", "--auto-approve", "--format", "json").ok().json["name"] == STREAM
    assert fetch(mail, "--size", "5") == every[:5]
    assert mail.sent("/reset$") == [
        {"to_comment_created_at": "2029-12-31T23:00:00Z"},
        {"to_comment_created_at": "2020-01-01T00:00:00Z"},
    ]


def exported(mail: Mail, some: list[str]) -> dict[str, str | None]:
    """The exception types of some comments, as an export shows them."""
    mail.run("dataset", "export", DATASET, "--into", "exported", "--overwrite").ok()
    found = {each["comment"]["uid"]: each["comment"]["user_properties"] for each in mail.lines("exported")}
    return {uid: found[uid].get("string:Exception (stream-00000)") for uid in some}


def test_exceptions_are_tagged_and_untagged_from_arguments_and_stdin(mail: Mail) -> None:
    first, second, third = some = everything(mail)[:3]
    done = mail.run("stream", "tag", STREAM, first, second, "--type", "No Prediction").ok()
    assert done.out == f"{STREAM}: 2 comments tagged.\n"
    stdin = f"{second}\n\n{third}\n"
    told = mail.run("stream", "tag", STREAM, "-", "--type", "Wrong", "--format", "json", stdin=stdin).ok().json
    assert told == {"name": STREAM, "connection": "cm", "tagged": 2}
    assert exported(mail, some) == {first: "No Prediction", second: "Wrong", third: "Wrong"}
    (mail.folder / "uids").write_text(stdin)
    assert mail.run("stream", "untag", STREAM, "@uids").ok().out == f"{STREAM}: 2 comments untagged.\n"
    assert exported(mail, some) == {first: "No Prediction", second: None, third: None}


def test_many_exceptions_go_in_parts_and_what_is_done_is_told(mail: Mail) -> None:
    every = everything(mail)
    stdin = "\n".join(every)
    mail.run("stream", "tag", STREAM, "-", "--type", "x", stdin=stdin).ok()
    assert [len(each["exceptions"]) for each in mail.sent("/exceptions$")] == [256, COMMENTS - 256]
    mail.forget()
    mail.emulator.fault("error_before", method="DELETE", path="/exceptions$", status=422, skip=1)
    done = mail.run("stream", "untag", STREAM, "-", stdin=stdin).ok(1)
    assert "comments were untagged before that; the same command does the rest." in done.err
    assert (
        mail.run("stream", "untag", STREAM, "-", stdin=stdin).ok().out == f"{STREAM}: {COMMENTS} comments untagged.\n"
    )


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("tag", STREAM, "--type", "x"), "give the uids of comments"),
        (("untag", STREAM), "give the uids of comments"),
        (("tag", STREAM, "18ba5ce699f8da1f.1"), "--type"),
        (("tag", STREAM, "x", "--type", "x"), "is not a comment uid"),
        (("untag", STREAM, "-"), "no comment uid is given"),
        (("fetch", "generated/mail-00000"), "is not the name of a Stream"),
        (("fetch", "dispute"), "the stack declares no Stream 'dispute'"),
        (("reset", STREAM), "--to"),
        (("advance", STREAM), "SEQUENCE_ID"),
    ],
)
def test_a_wrong_usage_is_told_before_any_call(mail: Mail, args: tuple[str, ...], told: str) -> None:
    done = mail.run("stream", *args).ok(1)
    assert told in done.err
    assert done.out == ""
    assert mail.emulator.requests() == []


@pytest.mark.parametrize(
    ("args", "permission"),
    [
        (("fetch", STREAM), "Consume streams, View labels and View sources"),
        (("advance", STREAM, "x"), "Consume streams and View labels"),
        (("reset", STREAM, "--to", "2024-01-01", "--auto-approve"), "Consume streams and View labels"),
        (("tag", STREAM, "18ba5ce699f8da1f.1", "--type", "x"), "Consume streams and View sources"),
        (("untag", STREAM, "18ba5ce699f8da1f.1"), "Consume streams and View sources"),
    ],
)
def test_an_error_names_the_missing_permission(mail: Mail, args: tuple[str, ...], permission: str) -> None:
    done = mail.run("stream", *args, env={"TOKEN": "reader"}).ok(1)
    assert f"Give the account behind ${{env:TOKEN}} the permission {permission}." in done.err
