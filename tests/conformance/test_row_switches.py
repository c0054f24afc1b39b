"""Evaluation datasets under every answer to what is open about the API (specs/geai.md): one apply converges.

The next plan is empty; where a row's PUT leaves nested lists alone, later plans show the finer calls themselves.
"""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dsops.emulator import DeleteAnswer, ExtensionField, GeaiSwitches, Options, RowPut, Upload, UploadAnswer
from tests.conformance.evaluations import Evaluations, at, evaluation, sorted_rows
from tests.conformance.stage import Document, Json, same_calls
from tests.support import start_emulator
from tests.support.inside import emulator_inside

EVERY = [
    GeaiSwitches(extension_field=extension, row_put=put, upload=upload, upload_answer=answer, delete_answer=gone)
    for put, upload, extension, answer, gone in itertools.product(
        RowPut, Upload, ExtensionField, UploadAnswer, DeleteAnswer
    )
]
switched = pytest.mark.parametrize("switches", EVERY, ids=lambda each: "-".join(map(str, _values(each))))


def _values(switches: GeaiSwitches) -> Iterator[str]:
    yield from (switches.row_put, switches.upload, f"ext={switches.extension_field}")
    yield from (switches.upload_answer, switches.delete_answer)


def row(key: str, answer: str, sources: str = "", variables: str = "", context: str = "") -> Document:
    """A row; sources as ``name=value.extension`` and variables as ``key=value``, blanks between them."""
    pairs = [each.partition("=")[::2] for each in sources.split()]
    return {
        "input": key,
        "expectedAnswer": answer,
        "contextDocument": context,
        "expectedSources": [
            {"name": name, "value": value.partition(".")[0], "extension": value.partition(".")[2]}
            for name, value in pairs
        ],
        "filterVariables": [
            {"metadataType": "V", "key": name, "operator": "=", "value": value}
            for name, value in (each.partition("=")[::2] for each in variables.split())
        ],
    }


FIRST = [
    row("both", "a", "n=v.txt m=w.pdf", "k=1 l=2"),
    row("plain", "a", "n=v.txt", "k=1"),
    row("nested", "a", "n=v.txt m=w", "k=1"),
    row("filled", "a"),
    row("emptied", "a", "n=v n=v2", "k=1"),
    row("gone", "a", "n=v"),
]
SECOND = [
    row("both", "b", "n=v.pdf", "l=3", "c"),
    row("plain", "b", "n=v.txt", "k=1"),
    row("nested", "a", "n=v.txt m=w o=x.md", "j=1"),
    row("filled", "a", "n=v.txt m=w", "k=1"),
    row("emptied", "a"),
    row("new 1", "a", "n=v.txt", "k=1"),
    row("new 2", "a", "n=v.txt", "k=1"),
]
THIRD = [
    row("both", "c", "n=v.pdf m=w.pdf", "", "c"),
    row("plain", "c", "n=v.txt", "k=1"),
    row("nested", "a", "m=w", "j=2"),
    row("filled", "a", "n=v.txt", ""),
    row("emptied", "a"),
    row("new 1", "a", "n=v.txt", "k=1"),
    row("new 2", "a", "n=v.md", "k=1"),
    row("new 3", "a", "n=v.txt", "k=1"),
]


_CALLS = 7
"""What leads from the first rows to the second: an upload, five changed rows, one that goes."""


def hurried() -> Callable[[], dt.datetime]:
    """Return a clock of which each look moves it on by a second: what is accepted is done by the next request."""
    moments = itertools.count()
    return lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=next(moments))


def inside(switches: GeaiSwitches, folder: Path, act: Callable[[Evaluations], None], **settings: str) -> None:
    """Act on a stage before an emulator with these switches."""
    with emulator_inside(Options(geai=switches, clock=hurried())) as emulator:
        stage = at(folder, emulator, **settings)
        stage.token = "emulator"
        act(stage)


def applied(stage: Evaluations, rows: list[Document]) -> tuple[Json, list[Document]]:
    """Apply rows and check that they are there then; return the report's summary and what was sent."""
    since = len(stage.writes())
    report = stage.begin(rows).apply()
    received = stage.writes()[since:]
    assert stage.rows() == sorted_rows(rows)
    assert report["summary"]["sent"] == len(received)
    return report["summary"], received


@switched
def test_one_apply_converges(switches: GeaiSwitches, tmp_path: Path) -> None:
    def walk(stage: Evaluations) -> None:
        applied(stage, FIRST)
        assert stage.sent() == ["POST FileUpload 6"]

        summary, _ = applied(stage, SECOND)
        assert summary["sent"] == _CALLS + summary["repairs"]
        assert (summary["repairs"] == 0) == (switches.row_put is RowPut.REPLACE)
        stage.settled()

        plan = stage.begin(THIRD).plan()
        assert plan["summary"]["rows"] == {"create": 1, "update": 5, "delete": 0, "noop": 2}
        summary, received = applied(stage, THIRD)
        same_calls(plan, received)
        assert summary["repairs"] == 0
        assert nested_in_puts(received) == (switches.row_put is RowPut.REPLACE)
        stage.settled()

    inside(switches, tmp_path / "stack", walk, **({"upload": "raw"} if EVERY.index(switches) % 2 else {}))


def nested_in_puts(received: list[Document]) -> bool:
    """Whether a PUT of a row sent lists."""
    return any(each["method"] == "PUT" and "expectedSources" in each["body"] for each in received)


def test_what_was_learned_of_one_dataset_holds_for_the_next(tmp_path: Path) -> None:
    """Another dataset of the connection is written with finer calls at once."""

    def walk(stage: Evaluations) -> None:
        applied(stage, FIRST)
        applied(stage, SECOND)
        stage.declare(evaluation(), evaluation("other", file="rows/other.jsonl"))
        stage.write(FIRST, "rows/other.jsonl").apply()
        stage.write(SECOND, "rows/other.jsonl")
        assert stage.apply()["summary"]["repairs"] == 0
        assert stage.rows("other") == sorted_rows(SECOND)

    inside(GeaiSwitches(row_put=RowPut.MERGE), tmp_path / "stack", walk)


def test_an_upload_that_is_done_later_is_awaited(tmp_path: Path) -> None:
    with start_emulator("--upload", "async") as emulator:
        stage = at(tmp_path / "stack", emulator)
        stage.token = "emulator"
        for rows in (FIRST, SECOND):
            done = stage.begin(rows).run("apply", "--auto-approve")
            assert "accepted; waiting until it is carried out" in done.err
            assert stage.rows() == sorted_rows(rows)
        stage.settled()


def test_errors_inside_a_200_are_errors(tmp_path: Path) -> None:
    def walk(stage: Evaluations) -> None:
        stage.begin(FIRST).apply()
        stage.meddle("POST", "/dataSet", {"dataSetName": "taken"})
        stage.begin(SECOND, name="taken")
        stage.meddle("DELETE", "/dataSet/{taken}")
        stage.plan("--save", "it.plan")
        stage.meddle("POST", "/dataSet", {"dataSetName": "taken"})
        done = stage.run("apply", "it.plan", "--format", "json", code=3).json
        assert "taken" in done["outcomes"][0]["reason"]
        assert stage.rows() == sorted_rows(FIRST)

    inside(GeaiSwitches(error_in_200=True), tmp_path / "stack", walk)
