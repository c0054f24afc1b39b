"""Whatever else writes files, on a disk that refuses: whole or not at all, and told."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.mail import DATASET, STACK
from tests.disk.place import TARGET, Inject, Place, clear_of_trouble, files, limited
from tests.support import DSOPS, Done, RunningEmulator, start_emulator
from tests.support.vi import SECRET

VI = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: shelves}
spec:
  connections:
    vi: {provider: vi, endpoint: "${var.endpoint}", organization: emulator, token: "${env:TOKEN}"}
  variables:
    endpoint: {}
"""


def refused(done: Done, *words: str) -> Done:
    """Check an error that says what, why and what to do."""
    clear_of_trouble(done, 1)
    assert "error: " in done.err
    assert "hint: " in done.err
    assert all(word in done.err for word in words), done.err
    return done


def test_a_stack_is_begun_whole_or_not_at_all(place: Place) -> None:
    refused(place.run("init", "new", before=limited(100)), "new/dsops.yaml", "File too large")
    assert files(place.folder / "new") == {}
    place.run("init", "new").ok()
    place.run("validate", "-C", "new").ok()


@pytest.mark.usefixtures("strace")
def test_a_saved_plan_is_whole_or_as_it_was(place: Place) -> None:
    saved = place.folder / "it.plan"
    refused(place.run("plan", "--save", saved, before=limited(300)), str(saved), "File too large")
    assert not saved.exists()
    place.run("plan", "--save", saved).ok()
    before = saved.read_bytes()
    for call in ("fsync", "rename"):
        trace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=EIO"]
        refused(place.run("plan", "--save", saved, before=trace), str(saved), "Input/output error")
        assert saved.read_bytes() == before
    assert [path.name for path in place.folder.iterdir() if "it.plan" in path.name] == ["it.plan"]
    place.run("apply", saved).ok()
    place.check_converged()


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("name", ["d.yaml", "e.yaml"])
def test_an_import_writes_all_manifests_or_none(place: Place, name: str) -> None:
    place.apply().ok()
    place.file.unlink()
    (place.folder / "resources.yaml").unlink()
    kept = place.folder / "got"
    fault = place.traced(Inject("link", "error=EIO"), kept / name)
    refused(place.run("import", "--connection", "mail", "--all", "--into", "got", before=fault), f"got/{name}")
    assert files(kept) == {}
    assert place.state().records == {}
    place.run("import", "--connection", "mail", "--all", "--into", "got").ok()
    place.check_converged()


def test_a_folder_is_kept_out_of_git_whole_or_not_at_all(place: Place) -> None:
    for path in place.file.parent.iterdir():
        path.unlink()
    refused(place.apply(before=limited(10)), str(place.file))
    place.apply().ok()
    assert (place.file.parent / ".gitignore").read_text(encoding="utf-8").endswith("*\n")


def test_a_change_by_hand_is_made_whole_or_not_at_all(place: Place) -> None:
    whole = place.state()
    for command in (("rm", "uipath/Stream/t"), ("mv", "uipath/Stream/t", "uipath/Stream/s")):
        refused(place.run("state", *command, before=limited(4096)), str(place.file))
        assert place.state() == whole
    (place.folder / "state.json").write_text(place.run("state", "pull").ok().out, encoding="utf-8")
    for command in (("push", "state.json"), ("restore", "state.json")):
        refused(place.run("state", *command, before=limited(4096)), ".dsops")
        assert place.state() == whole
    place.apply().ok()
    place.check_converged(TARGET)


@dataclass(frozen=True)
class Away:
    """A stack that declares nothing, before an account that holds much."""

    folder: Path
    emulator: RunningEmulator
    env: dict[str, str]

    def run(self, *args: str | Path, before: list[str] | None = None) -> Done:
        place = Place(self.folder, self.emulator, {**self.env, "DSOPS_VAR_endpoint": self.emulator.url})
        return place.run(*args, before=before or ())


@pytest.fixture(scope="module")
def full_account() -> Iterator[RunningEmulator]:
    generated = "comments=300,datasets=1,streams=1,vi-datasets=1,vi-assets=40"
    with start_emulator("--generate", generated, "--vi-delay", "0.05") as running:
        yield running


@pytest.fixture
def mail(full_account: RunningEmulator, disk_env: dict[str, str], tmp_path: Path) -> Away:
    (tmp_path / "dsops.yaml").write_text(STACK, encoding="utf-8")
    return Away(tmp_path, full_account, {**disk_env, "TOKEN": "emulator"})


@pytest.fixture
def shelves(full_account: RunningEmulator, disk_env: dict[str, str], tmp_path: Path) -> Away:
    (tmp_path / "dsops.yaml").write_text(VI, encoding="utf-8")
    return Away(tmp_path, full_account, {**disk_env, "TOKEN": SECRET})


@pytest.mark.parametrize(("layout", "size"), [("jsonl", 0), ("jsonl", 50_000), ("csv", 50_000), ("csv", 300_000)])
def test_an_export_goes_on_when_there_is_room_again(mail: Away, layout: str, size: int) -> None:
    target = mail.folder / "all"
    args = ("dataset", "export", DATASET, "--into", "all", "--as", layout)
    refused(mail.run(*args, before=limited(size)), "error: all.part", "File too large")
    assert not target.exists()
    mail.run(*args).ok()
    lines = target.read_text(encoding="utf-8").splitlines()
    assert len(lines) >= 300
    assert {path.name for path in mail.folder.iterdir()} <= {"all", "dsops.yaml", ".dsops"}


@pytest.mark.parametrize("size", [0, 3_000, 40_000])
def test_a_download_goes_on_when_there_is_room_again(shelves: Away, size: int) -> None:
    args = ("dataset", "download", "shelves-00000", "--connection", "vi", "--into", "data")
    refused(shelves.run(*args, before=limited(size)), str(shelves.folder / "data"), "File too large")
    assert not (shelves.folder / "data").exists()
    shelves.run(*args).ok()
    assert len(files(shelves.folder / "data")) >= 40
    assert {path.name for path in shelves.folder.iterdir()} <= {"data", "dsops.yaml", ".dsops"}


def test_an_emulator_without_room_says_so_and_loses_nothing_it_confirmed(tmp_path: Path) -> None:
    data = tmp_path / "data.db"
    done = clear_of_trouble(Done(*_ran([*limited(100), *DSOPS, "emulator", "--port", "0", "--data", str(data)])), 1)
    assert f"the emulator can't start: {data}: cannot be used as data file" in done.err
    with start_emulator("--data", data) as running:
        running.request("PUT", "/api/v1/datasets/p/first", {"dataset": {"title": "First"}})
    with start_emulator("--data", data) as running:
        assert [each["name"] for each in running.datasets()] == ["first"]


def _ran(command: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr
