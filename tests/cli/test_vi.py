"""Datasets of Vi through the real command: planned, looked at, downloaded, killed in the middle, pruned."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_terminal import QUESTION, terminal
from tests.support import DSOPS, Done, RunningEmulator, run_dsops, start_emulator
from tests.support.vi import SECRET, ask, held_assets, held_dataset, held_datasets, held_exports

ASSETS = 400
UNMARKED = '{"metadata.annotations.total": 0}'
DOWNLOADS = "^/vi-downloads"
PART = 256 * 1024


@dataclass(frozen=True)
class Shelves:
    """A copy of the example before an emulator that holds the dataset shelves-00000."""

    folder: Path
    emulator: RunningEmulator

    @property
    def env(self) -> dict[str, str]:
        return {"DSOPS_VAR_endpoint": self.emulator.url, "DSOPS_EXAMPLE_VI_TOKEN": SECRET}

    def run(self, *args: str | Path) -> Done:
        done = run_dsops(*args, cwd=self.folder, env=self.env)
        for told in (done.out, done.err):
            assert SECRET not in told
            assert "signature=" not in told
        return done

    def dataset(self, name: str, *args: str | Path) -> Done:
        """Run a command about the made-up dataset."""
        return self.run("dataset", name, "shelves-00000", "--connection", "vi", *args)

    def begin(self, *args: str) -> subprocess.Popen[bytes]:
        """Begin to download the made-up dataset."""
        command = [*DSOPS, "dataset", "download", "shelves-00000", "--connection", "vi", "--into", "data", *args]
        env = {**os.environ, **self.env}
        return subprocess.Popen(command, cwd=self.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def files(self, folder: str = "data") -> dict[str, bytes]:
        root = self.folder / folder
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def left(self) -> set[str]:
        """Return what lies beside the example's own files."""
        own = {"README.md", "dsops.yaml", "datasets.yaml", "exports.yaml", ".dsops"}
        return {path.name for path in self.folder.iterdir()} - own

    def ranges(self) -> int:
        """How many parts of archives were asked for since the log was emptied."""
        found = [each for each in self.emulator.requests() if each["path"].startswith("/vi-downloads")]
        return sum(each["method"] == "GET" for each in found)

    def held(self) -> dict[str, Any]:
        return held_dataset(self.emulator.url, "shelves-00000")

    def exports(self) -> list[dict[str, Any]]:
        return held_exports(self.emulator.url, self.held()["datasetId"])


@pytest.fixture(scope="module")
def vi_emulator() -> Iterator[RunningEmulator]:
    with start_emulator("--vi-delay", "0.1", "--generate", f"vi-datasets=2,vi-assets={ASSETS}") as running:
        yield running


@pytest.fixture
def shelves(vi_emulator: RunningEmulator, tmp_path: Path, root: Path) -> Shelves:
    vi_emulator.start_over()
    folder = tmp_path / "vi"
    shutil.copytree(root / "examples" / "vi", folder, ignore=shutil.ignore_patterns(".dsops"))
    # One part at a time: which ones have come when it is killed is known then.
    stack = folder / "dsops.yaml"
    stack.write_text(stack.read_text(encoding="utf-8") + "      maxConcurrency: 1\n", encoding="utf-8")
    return Shelves(folder, vi_emulator)


# -- the walk


def test_from_nothing_to_exports_and_back(shelves: Shelves) -> None:
    plan = shelves.run("plan").ok().out
    assert "POST /workspaces/emulator/datasets/(known after apply)/datasetExports   after" in plan
    assert "Plan: 4 to create, 0 unchanged. 4 calls." in plan

    shelves.run("apply", "--auto-approve").ok()
    assert shelves.run("plan", "--detailed-exitcode").ok(0).out == "No changes. 4 resources are as declared.\n"
    made = held_exports(shelves.emulator.url, held_dataset(shelves.emulator.url, "Shelf photos")["datasetId"])
    assert all(each["status"]["conditions"][0]["status"] == "Reached" for each in made), "apply waits for them"

    exports = shelves.folder / "exports.yaml"
    exports.write_text(exports.read_text(encoding="utf-8").replace("0.8", "0.7"), encoding="utf-8")
    plan = shelves.run("plan").ok().out
    assert "Plan: 1 to create, 3 unchanged. 1 call." in plan
    assert "recorded here before, can't be changed or deleted: it is left alone" in plan
    shelves.run("apply", "--auto-approve").ok()
    shelves.run("drift").ok(0)

    plan = shelves.run("plan", "--destroy").ok().out
    assert "Plan: 2 to delete, 2 to forget, 0 unchanged. 2 calls." in plan
    assert "(not recorded), vi/Export/shelves-labels, vi/Export/shelves-train" in plan
    shelves.run("destroy", "--auto-approve").ok()
    assert {each["name"] for each in held_datasets(shelves.emulator.url)} == {"shelves-00000", "shelves-00001"}


def test_a_deletion_that_goes_on_is_awaited(shelves: Shelves) -> None:
    shelves.run("apply", "--auto-approve").ok()
    done = shelves.run("destroy", "--auto-approve").ok()
    assert "being deleted (started)" in done.err
    assert "Shelf photos" not in {each["name"] for each in held_datasets(shelves.emulator.url)}


def test_an_export_that_fails_is_told_and_made_again(shelves: Shelves) -> None:
    exports = shelves.folder / "exports.yaml"
    exports.write_text(exports.read_text(encoding="utf-8").replace("ViJsonl", "Coco"), encoding="utf-8")
    failed = shelves.run("apply", "--auto-approve").ok(3)
    assert "the export failed: NotSupported" in failed.out
    assert "Plan: 1 to create, 3 unchanged" in shelves.run("plan").ok().out


def test_two_of_one_name_are_an_error_in_words(shelves: Shelves) -> None:
    body = {"name": "Shelf photos", "owner": "emulator", "type": "phrase-grounding", "content": "Image"}
    ids = [ask(shelves.emulator.url, "POST", "/datasets", body)["datasetId"].rpartition("_")[2] for _ in range(2)]
    done = shelves.run("plan").ok(1)
    assert "2 " in done.err
    assert "Shelf photos" in done.err
    assert all(each in done.err for each in ids)


def test_what_is_there_is_imported_and_plans_to_nothing(shelves: Shelves) -> None:
    shelves.dataset("download", "--into", "data", "--annotations-only").ok()
    (shelves.folder / "exports.yaml").unlink()
    (shelves.folder / "datasets.yaml").unlink()
    shelves.run("import", "--connection", "vi", "--all", "--into", "imported").ok()
    text = "".join(path.read_text(encoding="utf-8") for path in (shelves.folder / "imported").iterdir())
    assert "format: ViJsonl" in text
    assert "name: shelves-00001" in text
    shelves.run("plan", "--detailed-exitcode").ok(0)


def test_an_export_is_imported_by_its_ids(shelves: Shelves) -> None:
    shelves.dataset("download", "--into", "data", "--annotations-only").ok()
    own = shelves.exports()[0]["datasetExportId"]
    remote = f"{shelves.held()['datasetId'].rpartition('_')[2]}/{own}"
    (shelves.folder / "exports.yaml").unlink()
    (shelves.folder / "datasets.yaml").unlink()
    shelves.run("import", "vi/Export/lines", remote, "--into", "imported").ok()
    text = (shelves.folder / "imported" / "lines.yaml").read_text(encoding="utf-8")
    assert "dataset: /shelves-00000" in text
    shelves.run("plan", "--detailed-exitcode").ok(0)


# -- looking


def test_lists_and_summaries(shelves: Shelves) -> None:
    assert "shelves-00001   vqa " in shelves.run("dataset", "list").ok().out
    summary = shelves.dataset("get").ok().out
    assert "annotated:     300 (75.0 %)" in summary
    assert "tags: " in summary
    assert shelves.dataset("get", "--format", "json").ok().json["object"]["statistic"]["assetTotal"] == ASSETS
    assert "There are no exports" in shelves.dataset("exports").ok().err

    shelves.dataset("download", "--into", "data", "--annotations-only").ok()
    listed = shelves.dataset("exports").ok().out
    assert "ViJsonl" in listed
    assert "finished" in listed
    own = shelves.exports()[0]["datasetExportId"]
    one = shelves.dataset("exports", own, "--format", "json").ok().json
    assert one["object"]["status"]["downloadUrl"].keys() == {"expiresAt"}
    assert "404" in shelves.dataset("exports", "nothing").ok(1).err


# -- downloads


def test_a_download_finds_or_makes_the_export(shelves: Shelves) -> None:
    done = shelves.dataset("download", "--into", "data/full", "--split-ratio", "0.8").ok()
    assert "so one is being made" in done.err
    assert "made for it" in done.out
    told = shelves.dataset("download", "--into", "again", "--split-ratio", "0.8", "--format", "json").ok().json
    assert (told["made"], told["assets"], told["annotations"]) == (False, ASSETS, 300)
    assert told["splits"]["training"]["assets"] + told["splits"]["validation"]["assets"] == ASSETS
    assert shelves.files("data/full") == shelves.files("again")
    assert len(shelves.exports()) == 1
    assert (shelves.folder / "again" / "training" / "annotations").is_dir()


def test_a_declared_dataset_goes_by_its_name(shelves: Shelves) -> None:
    shelves.run("apply", "--auto-approve").ok()
    shelves.run("dataset", "download", "shelves", "--into", "data", "--split-ratio", "0.8").ok()
    assert shelves.files() == {}
    assert (shelves.folder / "data" / "training" / "images").is_dir()
    shelves.run("destroy", "--auto-approve").ok()


def test_what_it_refuses(shelves: Shelves) -> None:
    assert (
        "ViFull holds the assets too"
        in shelves.dataset("download", "--into", "data", "--as", "ViFull", "--annotations-only").ok(1).err
    )
    assert "between 0 and 1" in shelves.dataset("download", "--into", "data", "--split-ratio", "1.5").ok(1).err
    assert (
        "has its own splitRatio"
        in shelves.dataset("download", "--into", "data", "--export", "x", "--split-ratio", "0.5").ok(1).err
    )
    assert "404" in shelves.dataset("download", "--into", "data", "--export", "x").ok(1).err
    assert "400" in shelves.dataset("download", "--into", "data", "--as", "Nothing").ok(1).err
    assert "export " in shelves.dataset("download", "--into", "data", "--as", "Coco").ok(1).err
    assert shelves.left() == set()


def killed(shelves: Shelves, after: int, *args: str) -> None:
    """Begin a download, and kill it when so many parts have come."""
    shelves.emulator.fault("hold", method="GET", path=DOWNLOADS, skip=after, times=None)
    with shelves.begin(*args) as process:
        shelves.emulator.wait_until_held()
        process.send_signal(signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL
    shelves.emulator.release()


@pytest.mark.parametrize("after", [0, 1, 4])
def test_killed_in_the_middle_it_goes_on(shelves: Shelves, after: int) -> None:
    killed(shelves, after)
    assert shelves.left() == {"data.part", "data.part.json"}
    note = json.loads((shelves.folder / "data.part.json").read_bytes())
    assert len(note["parts"]) == after
    shelves.emulator.request("DELETE", "/_emulator/requests")

    told = shelves.dataset("download", "--into", "data", "--format", "json").ok().json
    assert told["resumedAt"] == after * PART
    assert shelves.ranges() == -(-told["archiveBytes"] // PART) - after
    assert len(shelves.exports()) == 1, "it finds the one that it made before"
    assert told["assets"] == ASSETS
    assert shelves.left() == {"data"}


def test_killed_again_and_again_it_comes_to_its_end(shelves: Shelves) -> None:
    for after in (1, 2, 1):
        killed(shelves, after)
        assert "data" not in shelves.left()
    told = shelves.dataset("download", "--into", "data", "--format", "json").ok().json
    assert told["resumedAt"] == 4 * PART
    assert shelves.left() == {"data"}


def test_killed_before_it_replaced_anything_the_old_folder_is_whole(shelves: Shelves) -> None:
    (shelves.folder / "data").mkdir()
    (shelves.folder / "data" / "mine").write_text("mine", encoding="utf-8")
    killed(shelves, 2, "--overwrite")
    assert shelves.files() == {"mine": b"mine"}
    shelves.dataset("download", "--into", "data", "--overwrite").ok()
    assert "mine" not in shelves.files()
    assert shelves.left() == {"data"}


def test_interrupted_by_hand_it_says_how_it_goes_on(shelves: Shelves) -> None:
    shelves.emulator.fault("hold", method="GET", path=DOWNLOADS, skip=2, times=None)
    command = ["dataset", "download", "shelves-00000", "--connection", "vi", "--into", "data"]
    process = subprocess.Popen(
        [*DSOPS, *command], cwd=shelves.folder, env={**os.environ, **shelves.env}, stderr=subprocess.PIPE, text=True
    )
    with process:
        shelves.emulator.wait_until_held()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    shelves.emulator.release()
    assert process.returncode == 130
    assert "What came so far is kept in data.part" in told
    assert "Traceback" not in told
    shelves.dataset("download", "--into", "data").ok()


@pytest.mark.parametrize(
    "trouble",
    [
        {"fault": "drop_before", "times": 3},
        {"fault": "drop_after", "times": 3},
        {"fault": "error_before", "status": 503, "times": 2},
        {"fault": "rate_limit", "retry_after": 0, "times": 3},
        {"fault": "error_before", "status": 403, "times": 1},
    ],
    ids=lambda each: each["fault"],
)
def test_trouble_on_the_way_is_overcome(shelves: Shelves, trouble: dict[str, Any]) -> None:
    more = {name: value for name, value in trouble.items() if name != "fault"}
    shelves.emulator.fault(trouble["fault"], method="GET", path=DOWNLOADS, skip=1, **more)
    told = shelves.dataset("download", "--into", "data", "--format", "json").ok().json
    assert told["assets"] == ASSETS


def test_an_address_that_has_run_out_is_replaced_by_another_export(tmp_path: Path, root: Path) -> None:
    options = (
        "--vi-urls",
        "fixed",
        "--vi-url-seconds",
        "60",
        "--vi-delay",
        "0",
        "--generate",
        "vi-datasets=1,vi-assets=8",
    )
    with start_emulator(*options) as running:
        folder = tmp_path / "vi"
        shutil.copytree(root / "examples" / "vi", folder, ignore=shutil.ignore_patterns(".dsops"))
        shelves = Shelves(folder, running)
        shelves.dataset("download", "--into", "first").ok()
        running.request("POST", "/_emulator/clock", {"advance": 3600})
        done = shelves.dataset("download", "--into", "second").ok()
        assert "can't be fetched any more, making another" in done.err
        assert len(shelves.exports()) == 2
        assert len(shelves.files("second")) == len(shelves.files("first"))
        running.request("POST", "/_emulator/clock", {"advance": 3600})
        own = shelves.exports()[0]["datasetExportId"]
        refused = shelves.dataset("download", "--into", "third", "--export", own).ok(1)
        assert "leave --export out" in refused.err
        assert len(shelves.exports()) == 2


# -- prune


def test_prune_shows_asks_and_deletes(shelves: Shelves) -> None:
    command = ["dataset", "prune", "shelves-00000", "--connection", "vi", "--filter", UNMARKED]
    with terminal(shelves, *command) as shown:
        shown.wait_for(QUESTION)
        assert "The filter means 100 assets: shelf-000003.png" in shown.text
        shown.type("no\n")
        assert shown.ended() == 1
    assert len(held_assets(shelves.emulator.url, shelves.held()["datasetId"])) == ASSETS

    with terminal(shelves, *command) as shown:
        shown.wait_for(QUESTION)
        shown.type("yes\n")
        assert shown.ended() == 0
        assert "Deleted: 100 assets." in shown.text
    assert len(held_assets(shelves.emulator.url, shelves.held()["datasetId"])) == ASSETS - 100

    told = shelves.dataset("prune", "--filter", UNMARKED, "--auto-approve", "--format", "json").ok().json
    assert told == {"session": None, "matched": 0, "sample": [], "left": None}


def test_prune_passes_on_what_it_is_given(shelves: Shelves) -> None:
    everything = ("--metadata-query", "camera=front", "--rule-query", "status=annotated", "--strict")
    shelves.dataset("prune", "--filter", '{"status": "annotated"}', *everything, "--auto-approve")
    asked = [each for each in shelves.emulator.requests() if "ssets" in each["path"]]
    assert all("strictQuery=y" in each["query"] for each in asked if "/assets" in each["path"])
    bodies = [each["body"]["spec"] for each in asked if each["method"] == "POST"]
    wanted = {"filter": '{"status": "annotated"}', "metadataQuery": "camera=front", "ruleQuery": "status=annotated"}
    assert bodies in ([], [{**wanted, "strictQuery": True}])


@pytest.mark.parametrize("nothing", ["", " ", "{}", "null", "[]", '{"and": []}'])
def test_prune_never_sends_an_empty_filter(shelves: Shelves, nothing: str) -> None:
    told = shelves.dataset("prune", "--filter", nothing, "--auto-approve").ok(1)
    assert "every asset" in told.err
    assert not [each for each in shelves.emulator.requests() if "ssets" in each["path"]]


def test_prune_without_a_terminal_needs_to_be_told(shelves: Shelves) -> None:
    assert "--auto-approve" in shelves.dataset("prune", "--filter", UNMARKED).ok(1).err


def test_a_filter_that_cant_be_understood_is_told(shelves: Shelves) -> None:
    told = shelves.dataset("prune", "--filter", '{"nothing": 1}', "--strict", "--auto-approve").ok(1)
    assert "assets have no 'nothing'" in told.err
    assert len(held_assets(shelves.emulator.url, shelves.held()["datasetId"])) == ASSETS


def test_the_starter_starts(shelves: Shelves, tmp_path: Path) -> None:
    run_dsops("init", "photos", "--provider", "vi", cwd=tmp_path).ok()
    env = {"DSOPS_VAR_endpoint": shelves.emulator.url, "DSOPS_VI_TOKEN": SECRET}
    done = run_dsops("plan", cwd=tmp_path / "photos", env=env).ok()
    assert "Plan: 2 to create" in done.out


# -- lost answers and kills while something goes on


@pytest.mark.parametrize("path", ["/datasets$", "/datasetExports$"])
def test_a_lost_answer_makes_nothing_twice(shelves: Shelves, path: str) -> None:
    shelves.emulator.fault("drop_after", method="POST", path=path, times=1)
    shelves.run("apply", "--auto-approve").ok()
    names = [each["name"] for each in held_datasets(shelves.emulator.url)]
    assert sorted(names) == ["Shelf photos", "shelf-questions", "shelves-00000", "shelves-00001"]
    made = held_exports(shelves.emulator.url, held_dataset(shelves.emulator.url, "Shelf photos")["datasetId"])
    assert sorted(each["spec"]["format"] for each in made) == ["ViFull", "ViJsonl"]
    shelves.run("plan", "--detailed-exitcode").ok(0)


@pytest.mark.parametrize(("method", "path"), [("GET", "/datasetExports/"), ("POST", "/datasetExports$")])
def test_killed_while_an_export_is_made_nothing_is_made_twice(shelves: Shelves, method: str, path: str) -> None:
    shelves.emulator.fault("hold", method=method, path=path, at="after", times=None)
    env = {**os.environ, **shelves.env}
    with subprocess.Popen(
        [*DSOPS, "apply", "--auto-approve"],
        cwd=shelves.folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        shelves.emulator.wait_until_held()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    shelves.emulator.release()
    shelves.run("apply", "--auto-approve").ok()
    shelves.run("plan", "--detailed-exitcode").ok(0)
    made = held_exports(shelves.emulator.url, held_dataset(shelves.emulator.url, "Shelf photos")["datasetId"])
    assert sorted(each["spec"]["format"] for each in made) == ["ViFull", "ViJsonl"]


def test_killed_while_a_dataset_is_deleted(shelves: Shelves) -> None:
    shelves.run("apply", "--auto-approve").ok()
    shelves.emulator.fault("hold", method="GET", path="/deleteOperation$", times=None)
    env = {**os.environ, **shelves.env}
    with subprocess.Popen(
        [*DSOPS, "destroy", "--auto-approve"],
        cwd=shelves.folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        shelves.emulator.wait_until_held()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    shelves.emulator.release()
    shelves.run("destroy", "--auto-approve").ok()
    assert {each["name"] for each in held_datasets(shelves.emulator.url)} == {"shelves-00000", "shelves-00001"}
    assert shelves.run("state", "list").ok().out == ""


def test_a_saved_plan_knows_what_is_left_alone(shelves: Shelves) -> None:
    shelves.run("apply", "--auto-approve").ok()
    exports = shelves.folder / "exports.yaml"
    for ratio, action in (("0.7", "create"), ("0.8", "adopt")):
        text = exports.read_text(encoding="utf-8")
        exports.write_text(
            text.replace("splitRatio: 0.8" if ratio == "0.7" else "splitRatio: 0.7", f"splitRatio: {ratio}")
        )
        plan = shelves.run("plan", "--save", "saved.json", "--format", "json").ok().json
        assert [each["action"] for each in plan["changes"]] == [action]
        shelves.run("apply", "saved.json").ok()
        shelves.run("plan", "--detailed-exitcode").ok(0)
        (shelves.folder / "saved.json").unlink()
