"""Import of evaluation datasets: manifest and rows that plan to nothing; `dataset export` writes the same rows."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.conformance.evaluations import Evaluations, at, sorted_rows
from tests.conformance.stage import Document, Stage
from tests.support.geai import wire_row

TEXTS = (
    "é",
    "日本語",
    "🙂",
    "a\u2028b",
    "a\r\nb",
    "\ufeffa",
    " a ",
    "",
    "a\tb",
    '"a"',
    "${x}",
    "$${x}",
    "${env:HOME}",
    "0x1F",
)
RICH: Document = {
    "input": "q",
    "expectedAnswer": "a",
    "contextDocument": "c",
    "expectedSources": [
        {"name": "s", "value": "v", "extension": "txt"},
        {"name": "s", "value": "v", "extension": "txt"},
        {"name": "ä", "value": "", "extension": ""},
    ],
    "filterVariables": [{"metadataType": "V", "key": "k", "operator": "=", "value": "v"}],
}


@pytest.fixture
def evals(stage: Stage) -> Evaluations:
    """Return a stack that declares nothing."""
    evals = at(stage.folder, stage.emulator)
    evals.declare()
    (evals.folder / "resources.yaml").unlink()
    return evals


def there(evals: Evaluations, rows: list[Document], name: str = "faq", **fields: object) -> None:
    """Let a stranger make a dataset."""
    evals.meddle("POST", "/dataSet", {"dataSetName": name, "rows": [wire_row(row) for row in rows], **fields})


def plans_to_nothing(evals: Evaluations, count: int) -> None:
    plan = evals.plan(code=0)
    assert plan["summary"]["noop"] == count
    evals.run("drift")
    evals.run("validate")
    evals.settled()


def lines(path: Path) -> list[Document]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def exported(evals: Evaluations, name: str = "faq") -> str:
    into = evals.folder / ".export.jsonl"
    evals.run("dataset", "export", name, "--connection", "cm", "--into", into, "--overwrite")
    return into.read_text(encoding="utf-8")


def manifest(evals: Evaluations, name: str = "faq.yaml") -> Document:
    found: Document = yaml.safe_load((evals.folder / name).read_text(encoding="utf-8"))["spec"]
    return found


def row(question: str, answer: str = "a", **more: object) -> Document:
    return {"input": question, "expectedAnswer": answer, **more}


def test_one(evals: Evaluations) -> None:
    rows = [RICH, *(row(text, text) for text in TEXTS), row("last", contextDocument="é")]
    there(evals, rows, dataSetDescription="ü")
    before = exported(evals)
    done = evals.run("import", "geai/Dataset/faq", "faq", "--into", ".", "--format", "json").json
    assert manifest(evals) == {
        "description": "ü",
        "active": True,
        "rows": {"mode": "sync", "key": "input", "from": "rows/faq.jsonl"},
    }
    assert (list(done["files"]), done["rows"]) == (["faq.yaml"], ["rows/faq.jsonl"])
    found = lines(evals.folder / "rows" / "faq.jsonl")
    assert sorted_rows(found) == sorted_rows(rows)
    assert [each["input"] for each in found] == [each["input"] for each in rows], "in the order of the provider"
    assert (evals.folder / "rows" / "faq.jsonl").read_text(encoding="utf-8") == before == exported(evals)
    plans_to_nothing(evals, 1)


def test_by_its_id_into_a_folder_under_another_name(evals: Evaluations) -> None:
    there(evals, [row("q")])
    (evals.folder / "theirs").mkdir()
    evals.run("import", "geai/Dataset/golden", evals.ids()["faq"], "--into", "theirs")
    assert manifest(evals, "theirs/golden.yaml")["rows"]["from"] == "theirs/rows/golden.jsonl"
    assert manifest(evals, "theirs/golden.yaml")["name"] == "faq"
    plans_to_nothing(evals, 1)


def test_what_is_edited_then_is_what_is_sent(evals: Evaluations) -> None:
    there(evals, [row("q"), row("p"), row("o")])
    evals.run("import", "--connection", "cm", "--all", "--into", ".")
    since = len(evals.writes())
    evals.write([row("q", "b"), row("p"), row("n", "c")])
    evals.apply()
    assert evals.sent(since) == ["DELETE dataSetRow", "POST dataSetRow", "PUT dataSetRow"]
    plans_to_nothing(evals, 1)


@pytest.mark.parametrize(
    ("rows", "key", "mode"),
    [
        ([row("q"), row("p")], "input", "sync"),
        ([row("q"), row("q", "b")], ["input", "expectedAnswer"], "sync"),
        (
            [row("q"), row("q", contextDocument="c"), row("q", expectedSources=RICH["expectedSources"])],
            ["input", "expectedAnswer", "contextDocument", "expectedSources", "filterVariables"],
            "sync",
        ),
        (
            [row("q"), row("p"), row("q")],
            ["input", "expectedAnswer", "contextDocument", "expectedSources", "filterVariables"],
            "upsert",
        ),
    ],
    ids=["input", "answer", "all", "twice"],
)
def test_a_key_is_found_that_tells_rows_apart(evals: Evaluations, rows: list[Document], key: object, mode: str) -> None:
    there(evals, rows)
    done = evals.run("import", "geai/Dataset/faq", "faq", "--into", ".")
    assert manifest(evals)["rows"] == {"mode": mode, "key": key, "from": "rows/faq.jsonl"}
    assert ("twice" in done.out + done.err) == (mode == "upsert")
    plans_to_nothing(evals, 1)
    assert sorted_rows(evals.rows()) == sorted_rows(rows)


def test_without_rows_it_declares_none(evals: Evaluations) -> None:
    there(evals, [])
    evals.run("import", "geai/Dataset/faq", "faq", "--into", ".")
    assert "rows" not in manifest(evals)
    assert not (evals.folder / "rows").exists()
    assert exported(evals) == ""
    plans_to_nothing(evals, 1)


def test_all(evals: Evaluations) -> None:
    names = ["faq", "Faq 2", "a/b", "../c", "é", "empty"]
    for number, name in enumerate(names):
        there(evals, [] if name == "empty" else [row(f"q{number}"), row("p", name)], name)
    evals.run("import", "--connection", "cm", "--all", "--into", ".")
    files = sorted(path.relative_to(evals.folder).as_posix() for path in evals.folder.rglob("*.jsonl"))
    assert len(files) == len(names) - 1
    assert all(each.startswith("rows/") for each in files)
    plans_to_nothing(evals, len(names))
    assert exported(evals, "a/b") == (evals.folder / "rows" / "a-b.jsonl").read_text(encoding="utf-8")


def test_nothing_is_overwritten(evals: Evaluations) -> None:
    there(evals, [row("q")])
    evals.write([row("mine")])
    assert "rows/faq.jsonl" in evals.run("import", "geai/Dataset/faq", "faq", "--into", ".", code=1).err
    assert not (evals.folder / "faq.yaml").exists()
    assert evals.answers() == {"q": "a"}
    assert lines(evals.folder / "rows" / "faq.jsonl") == [row("mine")]
    assert evals.run("state", "list").out == ""


def test_imported_rows_are_not_dsops(evals: Evaluations) -> None:
    """In upsert, a dataset of imported rows isn't destroyed unasked."""
    there(evals, [row("q"), row("q")])
    evals.run("import", "geai/Dataset/faq", "faq", "--into", ".")
    evals.run("destroy", "--auto-approve", code=3)
    assert "faq" in evals.held()


def test_a_lost_state_is_given_back(evals: Evaluations) -> None:
    there(evals, [row("q"), row("p")])
    evals.run("import", "geai/Dataset/faq", "faq", "--into", ".")
    shutil.rmtree(evals.folder / ".dsops")
    evals.run("import", "--connection", "cm", "--all", "--into", ".")
    assert evals.recorded() == ["geai/Dataset/faq"]
    since = len(evals.writes())
    evals.apply()
    assert len(evals.writes()) == since
    plans_to_nothing(evals, 1)
