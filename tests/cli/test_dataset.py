"""`dsops dataset`: what is there, and exports that survive what may happen to them."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsops.cli.commands.dataset import COMMANDS
from tests.cli.conftest import Stack
from tests.cli.mail import DATASET, EXPORT, STACK, Mail, documents, hold_to_the_description, uids
from tests.cli.test_frame import HEAVY, modules_after
from tests.support import RunningEmulator, run_dsops, start_emulator

COMMENTS = 1000


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    tokens = tmp_path_factory.mktemp("tokens") / "tokens.json"
    tokens.write_text(json.dumps({"reader": {"permissions": ["View labels"]}}))
    with start_emulator("--generate", f"comments={COMMENTS},datasets=2,streams=3", "--tokens", tokens) as running:
        yield running
        hold_to_the_description(running)


@pytest.fixture
def mail(account: RunningEmulator, tmp_path: Path) -> Mail:
    (tmp_path / "dsops.yaml").write_text(STACK)
    found = Mail(tmp_path, account)
    found.forget()
    return found


@pytest.fixture(scope="module")
def undisturbed(account: RunningEmulator, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The whole export, as it comes when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "dsops.yaml").write_text(STACK)
    Mail(folder, account).run("dataset", "export", DATASET, "--into", "all").ok()
    return (folder / "all").read_bytes()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    told = run_dsops("dataset", name, "--help").ok()
    assert f"dsops dataset {name} " in told.out.split("Example:")[1]
    assert COMMANDS[name][1] in run_dsops("dataset", "--help").ok().out


@pytest.mark.parametrize("args", [("dataset", "--help"), ("dataset", "export", "--help")])
def test_help_imports_nothing_heavy(args: tuple[str, ...]) -> None:
    assert modules_after(*args) & set(HEAVY) == set()


def test_list_shows_what_is_there_and_what_the_stack_calls_it(stack: Stack) -> None:
    stack.applied()
    told = stack.run("dataset", "list", "--project", stack.project).ok().out.splitlines()
    assert told[0].split() == ["NAME", "TITLE", "FAMILY", "MODIFIED", "ID", "ADDRESS"]
    assert [line.split()[0] for line in told[1:]] == [f"{stack.project}/claims", f"{stack.project}/collateral"]
    assert told[2].endswith(" uipath/Dataset/collateral")
    every = stack.run("--format", "json", "dataset", "list").ok().json
    mine = [each for each in every if each["address"] == "uipath/Dataset/claims"]
    assert mine[0]["connection"] == "mail"
    assert mine[0]["object"]["model_family"] == "transformer-xlm"
    table = stack.run("dataset", "list", "--project", stack.project, "--format", "markdown").ok().out
    assert f"| `{stack.project}/claims` | `Claims` |" in table
    nothing = stack.run("dataset", "list", "--project", "nobody").ok()
    assert (nothing.out, nothing.err) == ("", "There are no datasets.\n")
    assert stack.run("dataset", "list", "--project", "nobody", "--format", "json").ok().json == []


@pytest.mark.parametrize("name", ["collateral", "uipath/Dataset/collateral", "{project}/collateral"])
def test_get_by_any_of_its_names(stack: Stack, name: str) -> None:
    stack.applied()
    found = stack.run("dataset", "get", name.format(project=stack.project), "--format", "json").ok().json
    assert found["name"] == f"{stack.project}/collateral"
    assert found["address"] == "uipath/Dataset/collateral"
    assert found["object"]["source_ids"] == ["18ba5ce699f8da1f", "3c1f0a9e5d7b2468"]
    assert '"Collateral"' in stack.run("dataset", "get", name.format(project=stack.project)).ok().out


def test_tags(mail: Mail) -> None:
    told = mail.run("dataset", "tags", DATASET).ok().out.splitlines()
    assert [line.split()[:2] for line in told] == [["TAG", "VERSION"], ["live", "8"], ["staging", "9"]]
    assert {
        each["name"]: each["version"] for each in mail.run("dataset", "tags", DATASET, "--format", "json").json
    } == {
        "live": 8,
        "staging": 9,
    }
    assert "| `live` | `8` |" in mail.run("dataset", "tags", DATASET, "--format", "markdown").ok().out


@pytest.mark.parametrize(
    ("args", "permission"),
    [(("tags", DATASET), "Model Admin"), (("export", DATASET, "--into", "x"), "Export datasets")],
)
def test_an_error_names_the_missing_permission(mail: Mail, args: tuple[str, ...], permission: str) -> None:
    done = mail.run("dataset", *args, env={"TOKEN": "reader"}).ok(1)
    assert f"Give the account behind ${{env:TOKEN}} the permission {permission}." in done.err
    assert done.out == ""
    assert [path.name for path in mail.folder.iterdir()] == ["dsops.yaml"]


def test_a_missing_dataset_is_an_error(mail: Mail) -> None:
    assert "404" in mail.run("dataset", "get", "generated/none").ok(1).err
    assert "the stack declares no Dataset 'none'" in mail.run("dataset", "get", "none").ok(1).err


def test_an_export_is_every_comment_as_it_came(mail: Mail, undisturbed: bytes) -> None:
    found = documents(undisturbed.decode())
    assert len(set(uids(found))) == len(found) == COMMENTS / 2
    asked: Any = mail.emulator.request("POST", f"/api/v1/datasets/{DATASET}/export", {"limit": 256})
    assert found[:256] == asked["comments"]
    assert undisturbed.splitlines()[0].decode() == json.dumps(found[0], sort_keys=True, separators=(",", ":"))
    done = mail.run("dataset", "export", DATASET, "--into", "x.jsonl").ok()
    assert (mail.folder / "x.jsonl").read_bytes() == undisturbed
    assert (done.out, done.err) == ("500 comments in x.jsonl.\n", "")
    assert len(mail.sent(EXPORT)) == 1 + 2
    assert sorted(path.name for path in mail.folder.iterdir()) == ["dsops.yaml", "x.jsonl"]


def test_every_choice_is_sent(mail: Mail) -> None:
    every = mail.run("dataset", "export", DATASET, "--into", "-").ok()
    assert every.err == "500 comments.\n"
    sources = sorted({each["comment"]["source_id"] for each in documents(every.out)})
    mail.forget()
    choices = ("--source-ids", sources[0], "--order-by", "created_at", "--from", "2024-01-02", "--to", "2024-01-03")
    mail.run("dataset", "export", DATASET, *choices, "--limit", "100", "--into", "x").ok()
    assert mail.sent(EXPORT)[0] == {
        "source_ids": [sources[0]],
        "order_by": "created_at",
        "from": "2024-01-02T00:00:00Z",
        "to": "2024-01-03T00:00:00Z",
        "limit": 100,
    }
    wanted = [
        each
        for each in documents(every.out)
        if each["comment"]["source_id"] == sources[0]
        and "2024-01-02T00:00:00.000000Z" <= each["comment"]["created_at"] <= "2024-01-03T00:00:00.000000Z"
    ]
    assert wanted
    assert mail.lines("x") == sorted(wanted, key=lambda each: str(each["comment"]["created_at"]))


def test_comments_by_uid_come_alone(mail: Mail, undisturbed: bytes) -> None:
    some = uids(documents(undisturbed.decode()))[:3]
    (mail.folder / "uids").write_text("\n".join(some[1:]) + "\n\n")
    mail.run("dataset", "export", DATASET, "--comment-uids", some[0], "--comment-uids", "@uids", "--into", "x").ok()
    assert uids(mail.lines("x")) == some
    assert mail.sent(EXPORT) == [{"comment_uids": some}]
    done = mail.run("dataset", "export", DATASET, "--comment-uids", "-", "--into", "-", stdin="\n".join(some)).ok()
    assert uids(documents(done.out)) == some


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--comment-uids", "18ba5ce699f8da1f.1", "--limit", "3"), "leave out limit"),
        (("--comment-uids", "18ba5ce699f8da1f.1", "--order-by", "timestamp"), "leave out order_by"),
        (("--comment-uids", "x"), "'x' is not a comment uid"),
        (("--comment-uids", "@missing"), "missing can't be read"),
        (("--limit", "257"), "1 to 256 comments, not 257"),
        (("--from", "noon"), "'NOON'"),
        (("--order-by", "size"), "size"),
        (("--as", "csv"), "CSV needs a file"),
    ],
)
def test_what_cannot_be_asked_is_not_asked(mail: Mail, args: tuple[str, ...], told: str) -> None:
    done = mail.run("dataset", "export", DATASET, "--into", "-", *args).ok(1)
    assert told in done.err
    assert mail.emulator.requests() == []


def test_257_comments_are_too_many_before_any_call(mail: Mail) -> None:
    stdin = "\n".join(f"18ba5ce699f8da1f.{number:016x}" for number in range(257))
    done = mail.run("dataset", "export", DATASET, "--comment-uids", "-", "--into", "x", stdin=stdin).ok(1)
    assert "at most 256 comment uids" in done.err
    assert mail.emulator.requests() == []


def test_csv_holds_the_same_and_runs_nowhere(mail: Mail, undisturbed: bytes) -> None:
    done = mail.run("dataset", "export", DATASET, "--as", "csv", "--into", "x.csv", "--format", "json").ok()
    assert done.json == {"file": "x.csv", "comments": 500, "pages": 2, "resumedAt": 0}
    with (mail.folder / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = documents(undisturbed.decode())
    assert [row["uid"] for row in rows] == uids(found)
    assert list(rows[0])[:5] == ["uid", "id", "source_id", "created_at", "timestamp"]
    spend = "user_properties.number:Spend"
    assert [row[spend] for row in rows] == [
        str(each["comment"]["user_properties"].get("number:Spend", "")) for each in found
    ]
    assert sorted(path.name for path in mail.folder.iterdir()) == ["dsops.yaml", "x.csv"]


def test_an_existing_file_is_replaced_only_when_told_to(mail: Mail, undisturbed: bytes) -> None:
    (mail.folder / "x").write_text("old")
    assert "x is there already" in mail.run("dataset", "export", DATASET, "--into", "x").ok(1).err
    assert mail.emulator.requests() == []
    mail.run("dataset", "export", DATASET, "--into", "x", "--overwrite").ok()
    assert (mail.folder / "x").read_bytes() == undisturbed


def killed(mail: Mail, at: str, page: int) -> None:
    """Kill an export while its request for a page is held, before or after the provider has worked it off."""
    mail.emulator.fault("hold", method="POST", path=EXPORT, skip=page, at=at)
    process = mail.start("dataset", "export", DATASET, "--into", "x", "--limit", "100")
    mail.emulator.wait_until_held()
    process.kill()
    process.communicate()
    mail.emulator.release()


@pytest.mark.parametrize("page", [0, 2, 4])
@pytest.mark.parametrize("at", ["before", "after"])
def test_killed_at_a_page_and_begun_again_nothing_is_lost_or_repeated(
    mail: Mail, undisturbed: bytes, at: str, page: int
) -> None:
    killed(mail, at, page)
    assert not (mail.folder / "x").exists()
    mail.forget()
    done = mail.run("dataset", "export", DATASET, "--into", "x", "--limit", "100").ok()
    assert (mail.folder / "x").read_bytes() == undisturbed
    assert len(mail.sent(EXPORT)) == 5 - page
    earlier = f", {page * 100} of them by an earlier run" if page else ""
    assert done.out == f"500 comments in x{earlier}.\n"


def test_whole_and_not_yet_in_its_place_it_asks_for_nothing_again(mail: Mail, undisturbed: bytes) -> None:
    mail.emulator.fault("hold", method="POST", path=EXPORT, skip=1)
    process = mail.start("dataset", "export", DATASET, "--into", "x")
    mail.emulator.wait_until_held()
    (mail.folder / "x").write_text("a stranger's")
    mail.emulator.release()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "x is there now, and was not replaced" in told.decode()
    assert (mail.folder / "x").read_text() == "a stranger's"
    mail.forget()
    mail.run("dataset", "export", DATASET, "--into", "x", "--overwrite").ok()
    assert (mail.folder / "x").read_bytes() == undisturbed
    assert mail.emulator.requests() == []


def test_half_a_page_in_the_file_is_cut_off(mail: Mail, undisturbed: bytes) -> None:
    killed(mail, "before", 2)
    part = mail.folder / "x.part"
    whole = part.read_bytes()
    with part.open("ab") as file:
        file.write(undisturbed[len(whole) : len(whole) + 777])
    mail.run("dataset", "export", DATASET, "--into", "x", "--limit", "100").ok()
    assert (mail.folder / "x").read_bytes() == undisturbed


@pytest.mark.slow
def test_killed_again_and_again_at_any_instant_it_ends_the_same(mail: Mail, undisturbed: bytes) -> None:
    command = ("dataset", "export", DATASET, "--into", "x", "--limit", "5")
    for number in range(8):
        process = mail.start(*command)
        time.sleep(0.55 + 0.05 * number)
        process.kill()
        process.communicate()
    if not (mail.folder / "x").exists():
        mail.run(*command).ok()
    assert (mail.folder / "x").read_bytes() == undisturbed


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_says_how_to_go_on(mail: Mail, number: signal.Signals, code: int) -> None:
    mail.emulator.fault("hold", method="POST", path=EXPORT, skip=2)
    process = mail.start("dataset", "export", DATASET, "--into", "x", "--limit", "100")
    mail.emulator.wait_until_held()
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    mail.emulator.release()
    assert process.returncode == code
    assert "What came so far is kept in x.part: the same command goes on from there." in told.decode()
    assert "Traceback" not in told.decode()


def test_another_request_does_not_go_on_with_it(mail: Mail, undisturbed: bytes) -> None:
    killed(mail, "before", 2)
    mail.forget()
    done = mail.run("dataset", "export", DATASET, "--into", "x", "--from", "2024-01-02").ok(1)
    assert "belongs to another request" in done.err
    assert "from, limit" in done.err
    assert mail.emulator.requests() == []
    mail.run("dataset", "export", DATASET, "--into", "x", "--restart").ok()
    assert (mail.folder / "x").read_bytes() == undisturbed


def test_lost_answers_and_pauses_change_nothing(mail: Mail, undisturbed: bytes) -> None:
    mail.emulator.fault("drop_after", method="POST", path=EXPORT, skip=1)
    mail.emulator.fault("rate_limit", method="POST", path=EXPORT, skip=3, retry_after=0)
    mail.emulator.fault("error_before", method="POST", path=EXPORT, skip=5)
    mail.run("dataset", "export", DATASET, "--into", "x", "--limit", "100").ok()
    assert (mail.folder / "x").read_bytes() == undisturbed
    assert len(mail.sent(EXPORT)) == 5 + 3


def test_a_reader_that_goes_away_ends_an_export_to_stdout(mail: Mail) -> None:
    shell = f"{sys.executable} -m dsops dataset export {DATASET} --limit 10 --into - | head -n 1 | wc -l"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell}"],
        cwd=mail.folder,
        env={**os.environ, **mail.env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1")
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_told_and_what_was_noted_stays(mail: Mail) -> None:
    done = mail.run("dataset", "export", DATASET, "--into", "/dev/full").ok(1)
    assert "/dev/full is there already" in done.err
    with Path("/dev/full").open("wb") as full:
        process = mail.start("dataset", "export", DATASET, "--into", "-", stdout=full)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "No space left on device" in told.decode()


def test_progress_is_json_when_asked_for(mail: Mail) -> None:
    done = mail.run("dataset", "export", DATASET, "--into", "x", "--limit", "250", "--log-format", "json").ok()
    assert [json.loads(line)["text"] for line in done.err.splitlines()] == ["250 comments", "500 comments"]


@pytest.mark.slow
def test_import_of_a_large_account_is_51_reads_and_plans_to_nothing(tmp_path: Path) -> None:
    with start_emulator("--generate", "datasets=50,streams=500") as emulator:
        (tmp_path / "dsops.yaml").write_text(STACK)
        mail = Mail(tmp_path, emulator)
        mail.run("import", "--connection", "cm", "--all", "--into", ".").ok()
        assert [each["method"] for each in emulator.requests()] == ["GET"] * 51
        files = {path.name: path.read_bytes() for path in tmp_path.glob("mail-*.yaml")}
        assert sorted(files) == [f"mail-{number:05}.yaml" for number in range(50)]
        for content in files.values():
            names = [line.split(": ")[1] for line in content.decode().splitlines() if line.startswith("  name: stream")]
            assert names == sorted(names)
            assert len(names) == 10
        mail.forget()
        assert mail.run("plan", "--detailed-exitcode").ok().out == "No changes. 550 resources are as declared.\n"
        assert len(emulator.requests()) == 51
        # The same account gives the same files.
        again = tmp_path / "again"
        again.mkdir()
        shutil.copy(tmp_path / "dsops.yaml", again)
        Mail(again, emulator).run("import", "--connection", "cm", "--all", "--into", ".").ok()
        assert {path.name: path.read_bytes() for path in again.glob("mail-*.yaml")} == files
