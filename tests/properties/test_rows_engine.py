"""Laws of rows in motion: whatever is declared and whatever is there, the real commands bring one to the other.

After an apply the live rows are what the mode says; what was sent is what the plan showed, and the repairs that the
report tells of; the next apply sends nothing; and a row that stays the same row keeps its id.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsops.emulator import GeaiSwitches, Options, RowPut
from tests.conformance.evaluations import Evaluations, at, evaluation
from tests.conformance.stage import Json
from tests.support import AnsweringEmulator
from tests.support.geai import plain_row, wire_row
from tests.support.inside import emulator_inside

Row = dict[str, Any]
SOURCES = [{"name": "n", "value": value, "extension": extension} for value in "vw" for extension in ("", "txt")]
VARIABLES = [{"metadataType": "V", "key": key, "operator": "=", "value": value} for key in "kl" for value in "12"]


def lists(entries: list[dict[str, str]], name: str) -> st.SearchStrategy[list[dict[str, str]]]:
    """Lists without two entries that a server which merges takes for the same one."""
    return st.lists(st.sampled_from(entries), max_size=2, unique_by=lambda each: each[name])


rows = st.fixed_dictionaries(
    {
        "input": st.sampled_from("abcde"),
        "expectedAnswer": st.sampled_from("xy"),
        "contextDocument": st.sampled_from(["", "", "c"]),
        "expectedSources": lists(SOURCES, "value"),
        "filterVariables": lists(VARIABLES, "key"),
    }
)
some_rows = st.lists(rows, max_size=6)


@dataclass(frozen=True, slots=True)
class Step:
    """What is declared, and what strangers did before: rows they added, and which they deleted or changed."""

    mode: str
    key: tuple[str, ...]
    declared: list[Row]
    added: list[Row]
    deleted: list[int]
    changed: list[tuple[int, Row]]


steps = st.builds(
    Step,
    st.sampled_from(["sync", "sync", "upsert", "insert"]),
    st.sampled_from([("input",), ("input",), ("input", "contextDocument")]),
    some_rows,
    st.lists(rows, max_size=2),
    st.lists(st.integers(0, 9), max_size=1),
    st.lists(st.tuples(st.integers(0, 9), rows), max_size=2),
)


@pytest.fixture(scope="module")
def emulators() -> Iterator[Mapping[RowPut, AnsweringEmulator]]:
    with ExitStack() as stack:
        yield {put: stack.enter_context(emulator_inside(Options(geai=GeaiSwitches(row_put=put)))) for put in RowPut}


@settings(max_examples=30)
@given(put=st.sampled_from(RowPut), there=st.none() | some_rows, story=st.lists(steps, min_size=1, max_size=2))
def test_rows_become_what_the_mode_says(
    emulators: Mapping[RowPut, AnsweringEmulator], put: RowPut, there: list[Row] | None, story: list[Step]
) -> None:
    emulators[put].start_over()
    with tempfile.TemporaryDirectory() as folder:
        stage = at(Path(folder) / "stack", emulators[put])
        stage.token, stage.safety = "emulator", {"maxDeletePercent": 100, "maxUpdatePercent": 100, "maxDeletes": 100}
        if there is not None:
            stage.meddle("POST", "/dataSet", {"dataSetName": "faq", "rows": [wire_row(row) for row in there]})
        for step in story:
            walk(stage, step, put)


def walk(stage: Evaluations, step: Step, put: RowPut) -> None:
    meddle(stage, step)
    before = live(stage)
    declared = unique(step)
    stage.declare(evaluation(rows={"mode": step.mode, "key": list(step.key), "from": "rows/faq.jsonl"}))
    stage.write_files({"rows/faq.jsonl": declared})

    plan, since = stage.run("plan", "--format", "json").json, len(stage.writes())
    confirmed = ("--confirm", plan["planId"]) if plan["guards"] else ()
    assert {each["name"] for each in plan["guards"]} <= {"rowsEmptied"}
    summary = stage.apply(*confirmed)["summary"]
    sent = len(stage.writes()) - since
    assert sent == summary["sent"] == plan["summary"]["calls"] + summary["repairs"]
    assert summary["repairs"] == 0 or put is not RowPut.REPLACE

    after = live(stage)
    assert Counter(map(text, after.values())) == Counter(map(text, wanted(step, declared, before)))
    counts = plan["summary"]["rows"]
    assert len(before.keys() - after.keys()) == counts["delete"]
    assert len(after.keys() - before.keys()) == counts["create"]
    assert sum(before[each] != after[each] for each in before.keys() & after.keys()) == counts["update"]
    since = len(stage.writes())
    assert stage.apply()["outcomes"] == []
    assert len(stage.writes()) == since


def meddle(stage: Evaluations, step: Step) -> None:
    """Let strangers do their part, where there is a dataset."""
    ids = list(live(stage))
    if not stage.held():
        return
    place = "/dataSet/{faq}/dataSetRow/"
    for number, row in step.changed if ids else ():
        remote_id = ids[number % len(ids)]
        # Whatever a PUT does with lists: what is there is deleted, and put there anew.
        stage.meddle("DELETE", place + remote_id)
        ids.remove(remote_id)
        stage.add(row)
        if not ids:
            break
    for number in step.deleted if ids else ():
        stage.meddle("DELETE", place + ids[number % len(ids)])
    stage.add(*step.added)


def live(stage: Evaluations) -> dict[str, Row]:
    """Return the dataset's rows by id, in order; none where there is no dataset."""
    document = stage.held().get("faq", {"rows": []})
    return {row["dataSetRowId"]: plain_row(row) for row in document["rows"]}


def wanted(step: Step, declared: Sequence[Row], before: Mapping[str, Row]) -> list[Row]:
    """Say which rows are to be there, told from what CONTRACT says of modes and not from how dsops does it."""
    if step.mode == "sync":
        return [plain(row) for row in declared]
    found = dict(before)
    for row in map(plain, declared):
        alike = sorted(remote_id for remote_id, each in before.items() if key(each, step) == key(row, step))
        if not alike:
            found[f"new {key(row, step)}"] = row
        elif step.mode == "upsert" and row not in [before[each] for each in alike]:
            found[alike[0]] = row
    return list(found.values())


def unique(step: Step) -> list[Row]:
    """Drop what may not be declared: a second row with the same key."""
    return list({key(row, step): row for row in step.declared}.values())


def key(row: Row, step: Step) -> tuple[str, ...]:
    return tuple(row[name] for name in step.key)


def plain(row: Row) -> Row:
    """Return a row as `live` does."""
    return plain_row(wire_row(row))


def text(row: Json) -> str:
    return json.dumps(row, sort_keys=True)
