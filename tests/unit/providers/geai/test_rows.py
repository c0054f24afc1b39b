"""Rows: what is one, what is wrong with what isn't, and how each call is formed."""

from typing import Any

import orjson
import pytest

from dsops.model import (
    Address,
    BodyForm,
    Effect,
    Form,
    LiveRow,
    Reference,
    RemoteError,
    Repeat,
    Response,
    RowAction,
    RowCodec,
)
from dsops.providers import kinds
from tests.support.planning import FORBIDDEN, MISSING, drive
from tests.unit.providers.geai.samples import PLAIN, WHOLE, WHOLE_VALUES, answered, answered_source

SOURCE = {"name": "atlas", "value": "France: Paris", "extension": "txt"}
VARIABLE = {"metadataType": "V", "key": "region", "operator": "=", "value": "eu"}
ROW = LiveRow("r1", WHOLE_VALUES)


def codec() -> RowCodec:
    found = kinds()["geai/Dataset"].rows
    assert found is not None
    return found


ROWS = codec()


def problems(**members: Any) -> list[str]:
    """Return what is wrong with the plain row, some members changed."""
    with pytest.raises(ValueError) as caught:
        ROWS.declared({**PLAIN, **members})
    return str(caught.value).split("\n")


def test_a_row_has_five_values() -> None:
    assert ROWS.fields == ("input", "expectedAnswer", "contextDocument", "expectedSources", "filterVariables")
    assert ROWS.nested == {"expectedSources", "filterVariables"}
    assert ROWS.declared(WHOLE) == WHOLE_VALUES
    assert ROWS.declared(PLAIN) == (PLAIN["input"], PLAIN["expectedAnswer"], "", [], [])


def test_null_and_absent_and_empty_are_one() -> None:
    rest = ("contextDocument", "expectedSources", "filterVariables")
    plain = ROWS.declared(PLAIN)
    assert ROWS.declared({**PLAIN, **dict.fromkeys(rest)}) == plain
    assert ROWS.declared({**PLAIN, "contextDocument": "", "expectedSources": [], "filterVariables": []}) == plain
    bare = [{"name": "", "value": "", "extension": None}]
    assert ROWS.declared({**PLAIN, "expectedSources": bare})[3] == [["", "", ""]]


def test_an_export_of_the_vendor_is_a_source() -> None:
    stamped = answered(dataSetId="d1", dataSetRowCreateDate="2025-01-01", dataSetRowUpdateDate=None)
    assert ROWS.declared(answered()) == ROWS.declared(stamped) == WHOLE_VALUES
    single = {**answered_source("s1", "atlas", "France: Paris"), "dataSetId": "d1", "dataSetRowId": "r1"}
    assert ROWS.declared(answered(expectedSources=[single])) == WHOLE_VALUES


@pytest.mark.parametrize(
    "extension",
    [
        {"dataSetexpectedSourceExtention": "txt"},
        {"dataSetExpectedSourceExtension": "txt"},
        {"dataSetexpectedSourceExtention": "txt", "dataSetExpectedSourceExtension": "txt"},
        {"dataSetexpectedSourceExtention": "", "dataSetExpectedSourceExtension": "txt"},
        {"dataSetexpectedSourceExtention": "txt", "dataSetExpectedSourceExtension": ""},
        {"dataSetexpectedSourceExtention": None, "dataSetExpectedSourceExtension": "txt"},
        {"dataSetExpectedSourceExtension": "txt", "dataSetexpectedSourceExtention": None},
    ],
)
def test_either_spelling_of_an_extension_counts(extension: dict[str, Any]) -> None:
    source = {"dataSetExpectedSourceName": "atlas", "dataSetExpectedSourceValue": "France: Paris", **extension}
    document = answered(expectedSources=[{**source, "dataSetExpectedSourceId": "s1"}])
    assert ROWS.live(document) == ROW
    assert ROWS.declared(document) == WHOLE_VALUES


def test_order_within_a_row_means_nothing_and_repeats_count() -> None:
    sources = [{**SOURCE, "name": name} for name in ("c", "a", "b", "a")]
    values = ROWS.declared({**PLAIN, "expectedSources": sources})
    assert [each[0] for each in values[3]] == ["a", "a", "b", "c"]
    assert values == ROWS.declared({**PLAIN, "expectedSources": sources[::-1]})


@pytest.mark.parametrize("text", ["", " ", "é", "e\u0301", "\r\n", "123", "null", "\u0000", "😀", "x" * 100_000])
def test_texts_are_taken_exactly(text: str) -> None:
    row = {
        "input": text,
        "expectedAnswer": text,
        "contextDocument": text,
        "expectedSources": [{**SOURCE, "value": text}],
    }
    assert ROWS.declared(row) == (text, text, text, [["atlas", text, "txt"]], [])


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"expectedAnswer": 5}, "expectedAnswer is a number; write it in quotes"),
        ({"expectedAnswer": 0.5}, "expectedAnswer is a number; write it in quotes"),
        ({"expectedAnswer": True}, "expectedAnswer is true; write it in quotes"),
        ({"input": False}, "input is false; write it in quotes"),
        ({"contextDocument": 0}, "contextDocument is a number; write it in quotes"),
        ({"contextDocument": ["x"]}, "contextDocument is a list; it must be text"),
        ({"input": {}}, "input is an object; it must be text"),
        ({"input": None}, "input is missing; it may be empty text"),
        ({"expectedAnswer": None}, "expectedAnswer is missing; it may be empty text"),
        ({"expectedSources": "x"}, "expectedSources is a text, and must be a list"),
        ({"expectedSources": {}}, "expectedSources is an object, and must be a list"),
        ({"expectedSources": ""}, "expectedSources is a text, and must be a list"),
        ({"filterVariables": 0}, "filterVariables is a number, and must be a list"),
        ({"expectedSources": ["x"]}, "expectedSources.0 is a text, and must be an object"),
        ({"expectedSources": [SOURCE, None]}, "expectedSources.1 is null, and must be an object"),
        ({"expectedSources": [{"name": "a"}]}, "expectedSources.0.value is missing; it may be empty text"),
        (
            {"expectedSources": [SOURCE, {**SOURCE, "extension": 7}]},
            "expectedSources.1.extension is a number; write it in quotes",
        ),
        ({"filterVariables": [{**VARIABLE, "key": None}]}, "filterVariables.0.key is missing; it may be empty text"),
        ({"expectedAnwser": "x"}, "expectedAnwser is no field of a row: did you mean expectedAnswer?"),
        ({"dataSetRowInptu": "x"}, "dataSetRowInptu is no field of a row: did you mean dataSetRowInput?"),
        (
            {"expectedSources": [{**SOURCE, "nmae": "x"}]},
            "expectedSources.0.nmae is no field of it: did you mean name?",
        ),
        ({"dataSetRowInput": "x"}, "input and dataSetRowInput are one field, given twice: leave one out"),
        (
            {"contextDocument": "\ud800"},
            "contextDocument holds \\ud800, half of a surrogate pair, which is no character",
        ),
        (
            {"filterVariables": [{**VARIABLE, "value": "a\udfff"}]},
            "filterVariables.0.value holds \\udfff, half of a surrogate pair, which is no character",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(members: dict[str, Any], told: str) -> None:
    assert problems(**members) == [told]


def test_an_unknown_field_without_a_near_one_lists_those_there_are() -> None:
    (told,) = problems(zzz="x")
    assert told.endswith("it may have input, expectedAnswer, contextDocument, expectedSources, filterVariables")


def test_two_extensions_that_differ_are_one_too_many() -> None:
    source = {**answered_source("s1", "atlas"), "dataSetExpectedSourceExtension": "pdf"}
    (told,) = problems(expectedSources=[source])
    assert "are one field, given twice" in told
    # What a server says of itself is no mistake of a person: the documented spelling counts.
    assert ROWS.live(answered(expectedSources=[source])).values[3] == [["atlas", "", "txt"]]
    turned = dict(reversed(source.items()))
    assert ROWS.live(answered(expectedSources=[turned])).values[3] == [["atlas", "", "txt"]]


def test_all_problems_of_a_row_are_told() -> None:
    assert len(problems(input=1, expectedAnswer=None, zzz=1, expectedSources=[{}])) == 5


def test_a_row_of_an_answer_may_leave_anything_out() -> None:
    assert ROWS.live(answered()) == ROW
    assert ROWS.live({"dataSetRowId": "r1"}) == LiveRow("r1", ("", "", "", [], []))
    bare = answered(unknown=1, expectedSources=[{"dataSetExpectedSourceId": "s"}], filterVariables=[{}])
    assert ROWS.live(bare).values[3:] == ([["", "", ""]], [["", "", "", ""]])
    null = dict.fromkeys(answered())
    assert ROWS.live({**null, "dataSetRowId": "r1"}) == LiveRow("r1", ("", "", "", [], []))


@pytest.mark.parametrize(
    "document",
    [
        {},
        5,
        None,
        [],
        answered(dataSetRowId=7),
        answered(dataSetRowId=""),
        answered(dataSetRowInput=5),
        answered(expectedSources="x"),
        answered(expectedSources={"a": 1}),
        answered(expectedSources=[5]),
        answered(filterVariables=[[]]),
        answered(filterVariables=[{"dataSetRowFilterKey": 5}]),
        answered(expectedSources=[{"dataSetExpectedSourceName": True}]),
    ],
)
def test_what_is_no_row_is_refused(document: Any) -> None:
    with pytest.raises(ValueError):
        ROWS.live(document)


def test_what_is_sent_has_every_field_both_extensions_no_id_and_no_null() -> None:
    assert ROWS.document(WHOLE_VALUES) == {
        "dataSetRowInput": "What is the capital of France?",
        "dataSetRowExpectedAnswer": "Paris",
        "dataSetRowContextDocument": "Atlas, page 7",
        "expectedSources": [
            {
                "dataSetExpectedSourceName": "atlas",
                "dataSetExpectedSourceValue": "France: Paris",
                "dataSetexpectedSourceExtention": "txt",
                "dataSetExpectedSourceExtension": "txt",
            }
        ],
        "filterVariables": [
            {
                "dataSetMetadataType": "V",
                "dataSetRowFilterKey": "region",
                "dataSetRowFilterOperator": "=",
                "dataSetRowFilterValue": "eu",
            }
        ],
    }
    assert ROWS.document(("", "", "", [], [])) == {
        "dataSetRowInput": "",
        "dataSetRowExpectedAnswer": "",
        "dataSetRowContextDocument": "",
        "expectedSources": [],
        "filterVariables": [],
    }


def test_a_manifest_leaves_out_what_is_empty_and_may_be() -> None:
    assert ROWS.manifest(WHOLE_VALUES) == WHOLE
    assert ROWS.manifest(("", "", "", [], [])) == {"input": "", "expectedAnswer": ""}
    bare = ROWS.manifest(("", "", "", [["", "", ""]], [["", "", "", ""]]))
    assert bare["expectedSources"] == [{"name": "", "value": ""}]
    assert bare["filterVariables"] == [{"metadataType": "", "key": "", "operator": "", "value": ""}]


def test_a_new_dataset_with_rows_is_one_file() -> None:
    call = ROWS.create(("faq-eval",), {"type": "E", "active": False}, [0, 1])
    assert (call.method, call.target, call.form) == ("POST", "/dataSetApi/dataSet/FileUpload", Form.FILE)
    assert (call.effect, call.repeat, call.settles) == (Effect.CREATE, Repeat.UNIQUE, ("active", "type"))
    assert call.rows is not None
    assert call.rows.action is RowAction.CREATE
    assert call.rows.body is not None
    body = orjson.loads(call.rows.body.encode([ROWS.document(WHOLE_VALUES)]))
    assert body == {
        "dataSetName": "faq-eval",
        "dataSetType": "E",
        "dataSetActive": False,
        "rows": [ROWS.document(WHOLE_VALUES)],
    }


def test_new_rows_are_one_file_and_a_single_one_is_posted() -> None:
    call = ROWS.upload("d1", [3, 4, 5])
    assert (call.method, call.target) == ("POST", "/dataSetApi/dataSet/d1/dataSetRow/FileUpload")
    assert (call.form, call.effect, call.repeat) == (Form.FILE, Effect.UPDATE, Repeat.APPEND)
    assert call.rows is not None
    assert call.rows.body is not None
    assert (call.rows.body.form, call.rows.count) == (BodyForm.ARRAY, 3)
    single = ROWS.upload("d1", [3])
    assert (single.method, single.target, single.form) == ("POST", "/dataSetApi/dataSet/d1/dataSetRow", Form.JSON)
    assert single.repeat is Repeat.APPEND
    assert single.rows is not None
    assert single.rows.body is not None
    assert orjson.loads(single.rows.body.encode([ROWS.document(WHOLE_VALUES)])) == ROWS.document(WHOLE_VALUES)


def test_rows_of_a_dataset_that_is_yet_to_be_wait_for_its_id() -> None:
    later = Reference(Address.parse("geai/Dataset/faq-eval"))
    assert ROWS.upload(later, [1, 2]).late == (later,)


def test_a_changed_row_is_one_put_with_or_without_what_is_nested() -> None:
    call = ROWS.update("d1", ROW, [7], nested=True)
    assert (call.method, call.target) == ("PUT", "/dataSetApi/dataSet/d1/dataSetRow/r1")
    assert (call.effect, call.repeat, call.form) == (Effect.UPDATE, Repeat.SAFE, Form.JSON)
    assert call.rows is not None
    assert (call.rows.action, call.rows.remote_id) == (RowAction.UPDATE, "r1")
    document = ROWS.document(WHOLE_VALUES)
    assert call.rows.body is not None
    assert orjson.loads(call.rows.body.encode([document])) == document
    plain = ROWS.update("d1", ROW, [7], nested=False).rows
    assert plain is not None
    assert plain.body is not None
    assert set(orjson.loads(plain.body.encode([document]))) == {
        "dataSetRowInput",
        "dataSetRowExpectedAnswer",
        "dataSetRowContextDocument",
    }


def test_a_row_that_goes_is_one_delete() -> None:
    call = ROWS.delete("d1", ROW)
    assert (call.method, call.target) == ("DELETE", "/dataSetApi/dataSet/d1/dataSetRow/r1")
    assert (call.effect, call.repeat) == (Effect.UPDATE, Repeat.SAFE)
    assert call.rows is not None
    assert (call.rows.action, call.rows.remote_id, call.rows.body) == (RowAction.DELETE, "r1", None)


def test_one_row_is_read_by_its_id() -> None:
    call = next(ROWS.reading("d1", "r1"))
    assert (call.method, call.target) == ("GET", "/dataSetApi/dataSet/d1/dataSetRow/r1")
    assert drive(ROWS.reading("d1", "r1"), Response(200, body=answered())) == answered()
    assert drive(ROWS.reading("d1", "r1"), MISSING) is None
    with pytest.raises(Exception, match="lacks"):
        drive(ROWS.reading("d1", "r1"), FORBIDDEN)


@pytest.mark.parametrize("body", [None, [], {}, answered(dataSetRowId="r2"), answered(dataSetRowInput=5)])
def test_another_answer_than_the_row_is_none(body: Any) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(ROWS.reading("d1", "r1"), Response(200, body=body))


def test_the_answer_to_an_update_holds_the_row_or_does_not() -> None:
    assert ROWS.answered(Response(200, body=answered())) == answered()
    body: Any
    for body in (None, [], {"message": "done"}, answered(dataSetRowInput=5)):
        assert ROWS.answered(Response(200, body=body)) is None


@pytest.mark.parametrize(("status", "accepted"), [(200, False), (201, False), (202, True), (204, False)])
def test_only_202_is_a_promise(status: int, accepted: bool) -> None:
    assert ROWS.accepted(Response(status, body={"jobId": "7"})) is accepted
