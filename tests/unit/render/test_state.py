"""What is shown of recorded rows."""

from dataclasses import replace

import pytest

from dsops.model import Address, Intent, Record, RecordedRows, RowMark, RowMode, State, rows_holder
from dsops.render import record_document, record_text, state_document

A = Address("geai", "Dataset", "faq")
RECORD = Record(A, "evals", "https://example.com", "id-1", ("faq",))
ROWS = RecordedRows(RowMode.SYNC, ("question", "context"), 12_000, "d1")
HELD = {rows_holder("geai/Dataset", "https://example.com", "id-1"): 11_999, "another": 5}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (ROWS, "rows: sync by question, context: 12,000 declared, 11,999 held"),
        (replace(ROWS, digest=""), "rows: sync by question, context: 12,000 declared, not wholly applied, 11,999 held"),
    ],
)
def test_a_record_tells_its_rows(rows: RecordedRows, told: str) -> None:
    lines = [" ".join(line.split()) for line in record_text(replace(RECORD, rows=rows), HELD).splitlines()]
    assert told in lines


def test_a_record_without_rows_tells_none() -> None:
    assert "rows" not in record_text(RECORD, HELD)
    assert "rows" not in record_document(RECORD, HELD)


def test_rows_and_traits_are_in_the_whole_state() -> None:
    intent = Intent(1, "run", "plan", 1, A, "update", "PUT /x", RECORD, (), 0.0, (RowMark(bytes(15), None),) * 3)
    plain = replace(intent, id=2, rows=())
    traits = {"https://example.com": {"rowPut": "merge"}}
    state = State("l", 1, "s", None, {A: replace(RECORD, rows=ROWS)}, (intent, plain), traits)
    document = state_document(state, HELD)
    assert document["records"][0]["rows"] == {
        "mode": "sync",
        "key": ["question", "context"],
        "count": 12_000,
        "digest": "d1",
        "held": 11_999,
    }
    assert document["traits"] == traits
    assert [each.get("rows") for each in document["intents"]] == [3, None]
    assert state_document(state, {})["records"][0]["rows"]["held"] == 0
