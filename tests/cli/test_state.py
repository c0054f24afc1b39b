"""`dsops state`, `dsops init`, `dsops import`."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Stack
from tests.support import DSOPS, run_dsops


def test_list_and_show(stack: Stack) -> None:
    stack.applied()
    rows = [line.split() for line in stack.run("state", "list").ok().out.splitlines()]
    assert rows[0][:2] == ["uipath/Dataset/claims", "mail"]
    assert len(rows) == 5
    assert len(stack.run("state", "list", "uipath/Stream/*").ok().out.splitlines()) == 3
    document = stack.run("state", "show", "uipath/Stream/dispute", "--format", "json").ok().json
    assert document["remoteId"] == stack.stream("collateral", "dispute")["id"]
    assert document["parent"] == "uipath/Dataset/collateral"
    told = stack.run("state", "show", "uipath/Stream/dispute").ok().out
    assert f"key:        {stack.project}/collateral/dispute" in told
    assert "Did you mean uipath/Stream/dispute?" in stack.run("state", "show", "uipath/Stream/disputes").ok(1).err
    assert "is not an address" in stack.run("state", "show", "dispute").ok(1).err


def test_mv_follows_a_renamed_manifest(stack: Stack) -> None:
    stack.applied().edit("datasets.yaml", "  name: claims\n", "  name: damage\n")
    stack.edit(
        "datasets.yaml",
        "spec:\n  project: ${var.project}\n  title: Claims",
        "spec:\n  name: claims\n  project: ${var.project}\n  title: Claims",
    )
    stack.edit("streams/claims.yaml", "dataset: claims", "dataset: damage")
    stack.run("state", "mv", "uipath/Dataset/claims", "uipath/Dataset/damage").ok()
    child = stack.run("state", "show", "uipath/Stream/urgent-claims", "--format", "json").ok().json
    assert child["parent"] == "uipath/Dataset/damage"
    assert child["dependsOn"] == ["uipath/Dataset/damage"]
    stack.run("plan", "--detailed-exitcode").ok(0)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("uipath/Dataset/claims", "uipath/Dataset/collateral", "is recorded already"),
        ("uipath/Dataset/claims", "uipath/Stream/claims", "keeps its kind"),
        ("uipath/Dataset/none", "uipath/Dataset/other", "is not recorded"),
    ],
)
def test_mv_refuses(stack: Stack, old: str, new: str, why: str) -> None:
    stack.applied()
    before = stack.run("state", "pull").ok().out
    assert why in stack.run("state", "mv", old, new).ok(1).err
    assert stack.run("state", "pull").ok().out == before


def test_rm_leaves_the_object_and_apply_adopts_it(stack: Stack) -> None:
    stack.applied()
    remote = stack.stream("collateral", "dispute")["id"]
    assert stack.run("state", "rm", "uipath/Stream/dispute").ok().out == "Dropped uipath/Stream/dispute.\n"
    assert stack.stream("collateral", "dispute")["id"] == remote
    assert "= uipath/Stream/dispute" in stack.run("plan").ok().out
    stack.run("apply", "--auto-approve").ok()
    stack.run("plan", "--detailed-exitcode").ok(0)


def test_history_tells_what_was_done(stack: Stack) -> None:
    assert stack.run("state", "history").ok().out == "Nothing yet.\n"
    stack.applied().run("state", "rm", "uipath/Stream/dispute").ok()
    entries = stack.run("state", "history", "--format", "json").ok().json
    assert [entry["command"] for entry in entries] == ["dsops state rm", "dsops apply"]
    assert "create uipath/Dataset/claims" in stack.run("state", "history").ok().out
    assert len(stack.run("state", "history", "--limit", "1", "--format", "json").ok().json) == 1


def test_pull_holds_no_secret(stack: Stack) -> None:
    stack.applied()
    done = stack.run("state", "pull").ok()
    assert done.json["serial"] == 1
    assert len(done.json["records"]) == 5
    assert done.json["intents"] == []


def test_unlock_of_nobody(stack: Stack) -> None:
    assert stack.run("state", "unlock").ok().out == "Nobody holds the lease.\n"


def test_unlock_takes_the_lease_from_a_run(stack: Stack) -> None:
    stack.applied().edit("streams/claims.yaml", "title: Urgent Claims", "title: Other")
    stack.emulator.fault("hold", method="POST", path=f"/{stack.project}/claims/")
    command = [*DSOPS, "apply", "--auto-approve"]
    with subprocess.Popen(
        command, cwd=stack.folder, env=os.environ | stack.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as holder:
        try:
            stack.emulator.wait_until_held()
            assert "no terminal" in stack.run("state", "unlock").ok(1).err
            for args in (("apply", "--auto-approve"), ("state", "rm", "uipath/Stream/dispute")):
                second = stack.run(*args).ok(1)
                assert "dsops apply" in second.err
            assert f"process {holder.pid}" in stack.run("state", "unlock", "--auto-approve").ok().out
        finally:
            holder.kill()
            stack.emulator.release()
    stack.run("apply", "--auto-approve").ok()


def test_init_makes_a_stack_that_validates(tmp_path: Path) -> None:
    done = run_dsops("init", "my stück!", cwd=tmp_path).ok()
    assert "my stück!/dsops.yaml" in done.out
    assert run_dsops("validate", "-C", "my stück!", cwd=tmp_path).ok().out == "my-st-ck- is valid: 1 resource.\n"
    assert (
        "my stück! already has dsops.yaml and datasets.yaml" in run_dsops("init", "my stück!", cwd=tmp_path).ok(1).err
    )


def test_init_here_leaves_what_is_there(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    done = run_dsops("-C", tmp_path, "init").ok()
    assert "Add a line to .gitignore: .dsops/" in done.err
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    run_dsops("validate", cwd=tmp_path).ok()


def test_init_can_be_applied_to_the_emulator(stack: Stack, tmp_path: Path) -> None:
    run_dsops("init", "fresh", cwd=tmp_path).ok()
    env = {"DSOPS_VAR_endpoint": stack.emulator.url, "DSOPS_UIPATH_TOKEN": "emulator"}
    assert "Apply: 1 succeeded" in run_dsops("apply", "--auto-approve", "-C", "fresh", cwd=tmp_path, env=env).ok().out
    run_dsops("destroy", "--auto-approve", "-C", "fresh", cwd=tmp_path, env=env).ok()


def test_init_for_rows_can_be_applied_to_the_emulator(stack: Stack, tmp_path: Path) -> None:
    run_dsops("init", "golden", "--provider", "geai", cwd=tmp_path).ok()
    env = {"DSOPS_VAR_endpoint": stack.emulator.url, "DSOPS_GEAI_TOKEN": "emulator"}
    done = run_dsops("apply", "--auto-approve", "-C", "golden", cwd=tmp_path, env=env).ok()
    assert "Rows: 2 to add. 1 call." in done.out
    run_dsops("destroy", "--auto-approve", "-C", "golden", cwd=tmp_path, env=env).ok()


def test_import_writes_manifests_that_plan_to_nothing(stack: Stack, tmp_path: Path) -> None:
    stack.applied()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "dsops.yaml").write_text((stack.folder / "dsops.yaml").read_text())
    remote = f"{stack.project}/collateral"
    done = run_dsops("import", "uipath/Dataset/mail", remote, "--into", "found", cwd=fresh, env=stack.env).ok()
    assert done.out
    assert all((fresh / line).is_file() for line in done.out.splitlines())
    plan = run_dsops("plan", "--detailed-exitcode", cwd=fresh, env=stack.env).ok(0)
    assert plan.out == "No changes. 3 resources are as declared.\n"
    again = run_dsops("import", "uipath/Dataset/mail", remote, "--into", "found", cwd=fresh, env=stack.env)
    assert again.code in {0, 1}
    assert "already" in again.err


def test_import_never_overwrites(stack: Stack, tmp_path: Path) -> None:
    stack.applied()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "dsops.yaml").write_text((stack.folder / "dsops.yaml").read_text())
    args = ("import", "uipath/Dataset/mail", f"{stack.project}/collateral", "--into", "found", "--format", "json")
    names = list(run_dsops(*args, cwd=fresh, env=stack.env).ok().json["files"])
    other = tmp_path / "other"
    (other / "found").mkdir(parents=True)
    (other / "dsops.yaml").write_text((stack.folder / "dsops.yaml").read_text())
    (other / "found" / names[0]).parent.mkdir(parents=True, exist_ok=True)
    (other / "found" / names[0]).write_text("# mine\n")
    refused = run_dsops(*args, cwd=other, env=stack.env).ok(1)
    assert names[0] in json.loads(refused.err)["diagnostics"][0]["detail"]
    assert (other / "found" / names[0]).read_text() == "# mine\n"
    assert sorted(path.name for path in (other / "found").rglob("*") if path.is_file()) == [Path(names[0]).name]
    assert run_dsops("state", "list", cwd=other, env=stack.env).ok().out == ""


def test_import_wants_an_address_or_a_connection(stack: Stack) -> None:
    assert "ADDRESS and ID" in stack.run("import").ok(1).err


def test_a_pulled_state_is_pushed_and_a_backup_restored(stack: Stack) -> None:
    stack.applied()
    (stack.folder / "state.json").write_text(stack.run("state", "pull").ok().out)
    assert "No backups yet" in stack.run("state", "restore").ok().out
    stack.run("state", "rm", "uipath/Stream/dispute").ok()
    assert "before rm" in stack.run("state", "restore").ok().out
    assert "older than the state" in stack.run("state", "push", "state.json").ok(1).err
    assert "no state" in stack.run("state", "push", "dsops.yaml").ok(1).err
    (stack.folder / "state.json").write_text(stack.run("state", "pull").ok().out)
    assert stack.run("state", "push", "state.json").ok().out == "Pushed state.json; the state has serial 3 now.\n"
    assert "before push" in stack.run("state", "restore").ok().out
    stack.run("state", "restore", "2").ok()
    backups = stack.run("state", "restore", "--format", "json").ok().json
    kept = [(each["number"], each["reason"], each["serial"]) for each in backups]
    assert kept == [(1, "rm", 1), (2, "push", 2), (3, "restore", 3)]
    assert "There is no backup 9" in stack.run("state", "restore", "9").ok(1).err
    assert "can't be read" in stack.run("state", "restore", "nowhere.json").ok(1).err
    commands = [each["command"] for each in stack.run("state", "history", "--format", "json").ok().json]
    assert commands[0] == "dsops state restore"


def test_a_damaged_state_is_restored(stack: Stack) -> None:
    stack.applied()
    (stack.folder / "state.json").write_text(stack.run("state", "pull").ok().out)
    file = stack.folder / ".dsops/default.db"
    file.write_bytes(file.read_bytes()[:5000])
    assert "dsops state restore" in stack.run("plan").ok(1).err
    assert "default.db.damaged-1" in stack.run("state", "restore", "state.json").ok().err
    stack.run("plan", "--detailed-exitcode").ok(0)
    assert (stack.folder / ".dsops/default.db.damaged-1").stat().st_size == 5000


def test_migrate_copies_the_state_and_says_how_to_use_it(stack: Stack) -> None:
    stack.applied()
    done = stack.run("state", "migrate", "sqlite:.dsops/default.db", "sqlite:.dsops/other.db").ok()
    assert done.out == "Copied serial 1: 5 records, 0 rows; the copy is equal.\n"
    assert "state: sqlite:.dsops/other.db" in done.err
    before = stack.run("state", "pull").ok().out
    stack.edit("dsops.yaml", "spec:\n", "spec:\n  state: sqlite:.dsops/other.db\n")
    assert stack.run("state", "pull").ok().out == before
    stack.run("plan", "--detailed-exitcode").ok(0)
    assert "same address" in stack.run("state", "migrate", "sqlite:a", "sqlite:a").ok(1).err
    assert "There is no state to copy" in stack.run("state", "migrate", "sqlite:a", "sqlite:b").ok(1).err
