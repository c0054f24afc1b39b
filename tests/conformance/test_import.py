"""Import: what exists gets manifests that plan to nothing, whatever it is called."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.stage import Stage, actions, dataset, stream

LABELS = (
    *("no", "on", "off", "y", "NO", "True", "null", "~", "1e3", "0x1F", "012", "1_000", "12:30:45", "2020-01-01", ".5"),
    *(
        "-",
        "---",
        "a: b",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "|",
        "% a",
        "@a",
        "`a",
        "[a]",
        "{a}",
        "? a",
        "- a",
    ),
    *("'a'", '"a"', "a\\b", "${x}", "$${x}", "${env:HOME}", "$$", "<<", "=", "é", "日本語", "🙂"),
    *("\u00a0", "a\tb", "a\u2028b", "\ufeffa", "a\x85b", "x" * 64),
)
TEXTS = (
    *LABELS[:-1],
    *("a\nb", "a\n", "\na", " a ", "a \nb", "a\r\nb", "a\n\n\nb\n\n", "\x01\x7f", "  a\n b", "\n", " ", "\t\n"),
)


def declare_nothing(stage: Stage) -> Stage:
    """Write a stack that declares nothing."""
    stage.declare()
    (stage.folder / "resources.yaml").unlink()
    return stage


def plans_to_nothing(stage: Stage, count: int) -> None:
    plan = stage.plan(code=0)
    assert plan["changes"] == []
    assert plan["summary"]["noop"] == count
    stage.run("drift", code=0)
    stage.run("validate")


def write_names(stage: Stage, *args: str) -> list[str]:
    done = stage.run("import", *args, "--format", "json")
    return sorted(done.json["files"])


def test_one_dataset_and_its_streams(stage: Stage) -> None:
    everything: dict[str, Any] = {"title": "T", "description": "D", "source_ids": ["ffffffffffffffff"]}
    stage.put("project1/mail", {"dataset": {**everything, "model_family": "german", "has_sentiment": False}})
    model = {"version": 8, "label_thresholds": [{"name": ["A", "B"], "threshold": 0.5}]}
    filter_ = {"user_properties": {"string:snake_case": {"one_of": ["uk"]}}, "reviewed": "only_reviewed"}
    stage.put("project1/mail/streams", {"stream": {"name": "one", "model": model, "comment_filter": filter_}})
    stage.put("project1/mail/streams", {"stream": {"name": "two"}})
    stage.put("project1/other", {"dataset": {}})
    before = len(stage.writes())
    declare_nothing(stage)
    done = stage.process("import", "uipath/Dataset/collateral", "project1/mail", "--into", "found")
    assert done.out == "found/collateral.yaml\n"
    assert stage.recorded() == ["uipath/Dataset/collateral", "uipath/Stream/one", "uipath/Stream/two"]
    plans_to_nothing(stage, 3)
    assert len(stage.writes()) == before
    text = (stage.folder / "found" / "collateral.yaml").read_text(encoding="utf-8")
    assert "name: mail" in text
    assert "string:snake_case" in text


def test_a_stream_alone(stage: Stage) -> None:
    stage.put("project1/mail", {"dataset": {}})
    stage.put("project1/mail/streams", {"stream": {"name": "one", "title": "T"}})
    declare_nothing(stage)
    stage.run("import", "uipath/Stream/first", "project1/mail/one")
    assert stage.recorded() == ["uipath/Stream/first"]
    plans_to_nothing(stage, 1)


def test_everything(stage: Stage) -> None:
    for project in ("project1", "project.2"):
        stage.put(f"{project}/mail", {"dataset": {"title": project}})
        stage.put(f"{project}/mail/streams", {"stream": {"name": "one"}})
    stage.put("project1/_", {"dataset": {}})
    stage.put("project1/-x", {"dataset": {}})
    declare_nothing(stage).process("import", "--connection", "cm", "--all", "--into", "found")
    plans_to_nothing(stage, 6)
    assert len(set(stage.recorded())) == 6
    stage.run("destroy", "--auto-approve")
    assert stage.emulator.datasets() == []


def test_everything_again_finds_what_is_new(stage: Stage) -> None:
    stage.put("project1/mail", {"dataset": {}})
    declare_nothing(stage).run("import", "--connection", "cm", "--all", "--into", "found")
    stage.put("project1/mail/streams", {"stream": {"name": "one"}})
    stage.put("project1/other", {"dataset": {}})
    stage.run("import", "--connection", "cm", "--all", "--into", "more")
    plans_to_nothing(stage, 3)


def test_the_same_twice_overwrites_nothing(stage: Stage) -> None:
    stage.put("project1/mail", {"dataset": {}})
    args = ("import", "uipath/Dataset/mail", "project1/mail", "--into", "found")
    declare_nothing(stage).run(*args)
    path = stage.folder / "found" / "mail.yaml"
    before = path.read_bytes()
    again = stage.run(*args)
    assert (again.out, again.err) == (
        "",
        "uipath/Dataset project1/mail is uipath/Dataset/mail already\nNothing to import.\n",
    )
    assert path.read_bytes() == before
    plans_to_nothing(stage, 1)


def test_a_lost_state_is_rebuilt_by_import(stage: Stage) -> None:
    stage.declare(dataset(title="A"), stream()).apply()
    shutil.rmtree(stage.folder / ".dsops")
    before = len(stage.writes())
    told = stage.run("import", "--connection", "cm", "--all", "--into", "found").err
    assert "uipath/Stream project1/collateral/dispute is declared as uipath/Stream/dispute: it is recorded" in told
    assert "Nothing to import" not in told
    assert not (stage.folder / "found").exists()
    assert stage.recorded() == ["uipath/Dataset/collateral", "uipath/Stream/dispute"]
    plans_to_nothing(stage, 2)
    assert len(stage.writes()) == before


def test_a_lost_state_is_rebuilt_by_apply(stage: Stage) -> None:
    stage.declare(dataset(title="A"), stream()).apply()
    shutil.rmtree(stage.folder / ".dsops")
    before = len(stage.writes())
    assert set(actions(stage.plan()).values()) == {"adopt exists"}
    stage.apply()
    assert stage.recorded() == ["uipath/Dataset/collateral", "uipath/Stream/dispute"]
    assert len(stage.writes()) == before


def test_a_file_that_is_there_is_not_overwritten(stage: Stage) -> None:
    stage.put("project1/mail", {"dataset": {}})
    declare_nothing(stage)
    (stage.folder / "mail.yaml").write_text("# mine\n")
    refused = stage.run("import", "uipath/Dataset/mail", "project1/mail", code=1)
    assert "mail.yaml" in refused.err
    assert (stage.folder / "mail.yaml").read_text() == "# mine\n"
    assert stage.recorded() == []


def test_what_is_not_there(stage: Stage) -> None:
    declare_nothing(stage)
    for address, name in (
        ("uipath/Dataset/mail", "project1/mail"),
        ("uipath/Stream/one", "project1/mail/one"),
        ("uipath/Dataset/mail", "mail"),
        ("uipath/Stream/one", "one"),
        ("uipath/Nothing/mail", "mail"),
        ("mail", "mail"),
    ):
        done = stage.run("import", address, name, code=1)
        assert done.out == ""
        assert done.err.startswith("error: ")
    assert stage.recorded() == []


@pytest.mark.parametrize("field", ["labels", "children", "values", "texts"])
def test_awkward_names_and_texts(stage: Stage, field: str) -> None:
    stage.put("project1/mail", {"dataset": {}})
    match field:
        case "labels":
            _with_labels(stage, [[label] for label in LABELS if label.strip()])
        case "children":
            _with_labels(stage, [["Parent", label] for label in LABELS if label.strip()])
        case "values":
            properties = {f"string:{label}": {"one_of": sorted(TEXTS)} for label in LABELS}
            stage.put(
                "project1/mail/streams", {"stream": {"name": "it", "comment_filter": {"user_properties": properties}}}
            )
        case _:
            for number, text in enumerate(TEXTS):
                stage.put(
                    "project1/mail/streams", {"stream": {"name": f"s{number}", "title": text, "description": text}}
                )
    declare_nothing(stage).run("import", "--connection", "cm", "--all", "--into", "found")
    plans_to_nothing(stage, 1 + len(stage.emulator.streams("project1/mail")))


def _with_labels(stage: Stage, names: list[list[str]]) -> None:
    thresholds = [{"name": name, "threshold": index / 100} for index, name in enumerate(names)]
    stage.put(
        "project1/mail/streams", {"stream": {"name": "it", "model": {"version": 1, "label_thresholds": thresholds}}}
    )


@pytest.mark.parametrize(
    "name", ["no", "1e3", "0123", "null", "true", "1_0", "0x10", "on", "12", "-", "_", "A-_-", "2020-01-01"]
)
def test_awkward_names_of_objects(stage: Stage, name: str) -> None:
    stage.put(f"project1/{name}", {"dataset": {}})
    stage.put(f"project1/{name}/streams", {"stream": {"name": name}})
    declare_nothing(stage).run("import", "--connection", "cm", "--all", "--into", "found")
    plans_to_nothing(stage, 2)


def test_what_was_imported_can_be_changed_and_is_then_ours(stage: Stage) -> None:
    stage.put("project1/collateral", {"dataset": {"title": "Theirs"}})
    declare_nothing(stage).run("import", "uipath/Dataset/collateral", "project1/collateral", "--into", "found")
    (stage.folder / "found" / "collateral.yaml").unlink()
    assert actions(stage.declare(dataset(title="Ours")).plan()) == {"Dataset/collateral": "update fields_changed"}
    stage.apply()
    stage.settled()
    assert stage.dataset("project1/collateral")["title"] == "Ours"


def test_what_is_declared_is_recorded_under_its_address_and_nothing_is_written(stage: Stage) -> None:
    stage.put("project1/collateral", {"dataset": {}})
    stage.put("project1/collateral/streams", {"stream": {"name": "one"}})
    stage.declare(dataset())
    done = stage.run("import", "--connection", "cm", "--all", "--into", "found")
    assert "uipath/Dataset project1/collateral is declared as uipath/Dataset/collateral: it is recorded" in done.err
    assert stage.recorded() == ["uipath/Dataset/collateral", "uipath/Stream/one"]
    plans_to_nothing(stage, 2)
    stage.declare(dataset(title="New"))
    assert actions(stage.plan("--target", "uipath/Dataset/*")) == {"Dataset/collateral": "update fields_changed"}


def test_an_import_that_cannot_read_everything_writes_nothing(stage: Stage) -> None:
    stage.put("project1/mail", {"dataset": {}})
    stage.emulator.fault("error_before", method="GET", path="/streams$", times=None, status=403)
    declare_nothing(stage).run("import", "--connection", "cm", "--all", "--into", "found", code=1)
    assert not list(Path(stage.folder).glob("found/*"))
    assert stage.recorded() == []
    assert json.loads((stage.folder / "dsops.yaml").read_text())


def test_a_stream_under_another_address_keeps_its_name(stage: Stage) -> None:
    stage.put("project1/collateral", {"dataset": {}})
    stage.put("project1/collateral/streams", {"stream": {"name": "dispute"}})
    stage.declare(dataset(), stream("other", name="dispute"))
    done = stage.run("import", "uipath/Stream/dispute", "project1/collateral/dispute")
    assert "is declared as uipath/Stream/other: it is recorded" in done.err
