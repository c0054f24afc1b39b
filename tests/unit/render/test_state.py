"""What is shown of recorded rows."""

from dataclasses import replace

import pytest

from dsops.model import Address, Record, RecordedRows, RowMode, rows_holder
from dsops.render import record_document, record_text

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


def test_a_record_as_json_tells_its_rows() -> None:
    record = replace(RECORD, rows=ROWS)
    told = {"mode": "sync", "key": ["question", "context"], "count": 12_000, "digest": "d1", "held": 11_999}
    assert record_document(record, HELD)["rows"] == told
    assert record_document(record, {})["rows"]["held"] == 0
