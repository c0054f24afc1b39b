"""Laws of GEAI's rows: one canonical form whichever way it is read, and finer calls that converge from anywhere."""

import contextlib
import copy
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.model import Call, LiveObject, RemoteError, Response, RowCodec, Values, canonical, content_digest
from dsops.providers import kinds
from dsops.providers.geai.explain import declared_values, live_values
from dsops.providers.geai.quick import quick_declared, quick_live, quick_live_parsed, quick_parsed
from tests.support.planning import drive

DATASET = kinds()["geai/Dataset"]


def codec() -> RowCodec:
    found = DATASET.rows
    assert found is not None
    return found


ROWS = codec()
texts = st.text(max_size=3) | st.sampled_from(["", "a", "é", "日本", "=1+1"])
few = st.sampled_from(["", "a", "b"])
values = st.tuples(
    texts,
    texts,
    texts,
    st.lists(st.lists(texts | few, min_size=3, max_size=3), max_size=4).map(sorted),
    st.lists(st.lists(texts | few, min_size=4, max_size=4), max_size=4).map(sorted),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
ODD = st.none() | JSON | st.just("\ud800")


def documents(known: st.SearchStrategy[Any], *names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), known | ODD, max_size=6)


sources = documents(
    texts,
    "name",
    "value",
    "extension",
    "dataSetExpectedSourceName",
    "dataSetExpectedSourceValue",
    "dataSetexpectedSourceExtention",
    "dataSetExpectedSourceExtension",
    "dataSetExpectedSourceId",
    "nmae",
)
variables = documents(
    texts,
    "metadataType",
    "key",
    "operator",
    "value",
    "dataSetMetadataType",
    "dataSetRowFilterKey",
    "dataSetRowFilterOperator",
    "dataSetRowFilterValue",
    "dataSetRowFilterVarId",
)
hostile = documents(
    texts | st.lists(sources | variables, max_size=2),
    "input",
    "expectedAnswer",
    "contextDocument",
    "expectedSources",
    "filterVariables",
    "dataSetRowInput",
    "dataSetRowExpectedAnswer",
    "dataSetRowContextDocument",
    "dataSetRowId",
    "dataSetId",
    "other",
)


def read(way: Any, document: Any) -> Any:
    """Return what a way of reading a row gives, or None where it refuses."""
    try:
        return way(document)
    except ValueError:
        return None


@given(values)
def test_a_row_reads_back_the_same_whichever_way_it_went(row: Values) -> None:
    assert ROWS.declared(ROWS.manifest(row)) == row
    assert ROWS.declared(ROWS.document(row)) == row
    assert ROWS.live({**ROWS.document(row), "dataSetRowId": "r"}) == ("r", row)
    assert ROWS.live({**orjson.loads(orjson.dumps(ROWS.document(row))), "dataSetRowId": "r"}).values == row
    assert ROWS.manifest(ROWS.declared(ROWS.manifest(row))) == ROWS.manifest(row)


@given(values, st.randoms(use_true_random=False))
def test_order_and_spelling_mean_nothing(row: Values, random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(name, shuffled(item)) for name, item in value.items()]
            random.shuffle(items)
            return dict(items)
        if isinstance(value, list):
            return random.sample([shuffled(each) for each in value], len(value))
        return value

    ways = [ROWS.declared(shuffled(ROWS.manifest(row))), ROWS.declared(shuffled(ROWS.document(row)))]
    assert {content_digest(each) for each in ways} == {content_digest(row)}


@given(hostile | values.map(ROWS.document) | values.map(ROWS.manifest))
def test_the_quick_way_says_what_the_thorough_one_says(document: dict[str, Any]) -> None:
    for quick, thorough in ((quick_declared, declared_values), (quick_live, live_values)):
        found = quick(document)
        if found is not None:
            assert found == thorough(document)


@given(hostile | values.map(ROWS.document) | values.map(ROWS.manifest))
def test_what_is_read_from_the_text_alone_is_what_its_document_says(document: dict[str, Any]) -> None:
    try:
        text = orjson.dumps(document)
    except TypeError:  # half a surrogate pair
        return
    found = quick_parsed([text, text])
    if found is not None:
        assert found == [declared_values(orjson.loads(text))] * 2


@given(st.lists(hostile | values.map(ROWS.document), max_size=3), st.sampled_from(["r", "", None, 1]))
def test_live_rows_read_from_their_text_are_what_their_documents_say(rows: list[dict[str, Any]], row_id: Any) -> None:
    documents = [{**each, "dataSetRowId": row_id} for each in rows]
    try:
        text = orjson.dumps(documents)
    except TypeError:  # half a surrogate pair
        return
    found = quick_live_parsed(text)
    if found is not None:
        assert found == [ROWS.live(each) for each in orjson.loads(text)]


NO_ROWS = (b'{"input":"\\ud800","expectedAnswer":""}', b'{"input":"\xff","expectedAnswer":""}', b"[]", b"1", b"{}{}")


@given(st.binary(max_size=60) | st.sampled_from(NO_ROWS))
def test_a_text_that_is_no_row_takes_a_closer_look(text: bytes) -> None:
    assert quick_parsed([text]) is None
    assert quick_live_parsed(b"[" + text + b"]") in (None, [])


@given(values)
def test_a_plain_row_takes_the_quick_way(row: Values) -> None:
    assert quick_declared(ROWS.manifest(row)) == row
    assert quick_parsed([orjson.dumps(ROWS.manifest(row), option=orjson.OPT_APPEND_NEWLINE)]) == [row]
    live = {**ROWS.document(row), "dataSetRowId": "r", "dataSetId": "d", "more": [{"a": None}]}
    assert quick_live(live) == row
    assert quick_live_parsed(orjson.dumps([live, live])) == [("r", row)] * 2


def texts_of(document: dict[str, Any]) -> str:
    """Return all texts of a document, run together."""
    return json.dumps(document, ensure_ascii=False)


@given(hostile)
def test_a_row_is_taken_or_refused_in_words_and_what_is_taken_can_be_sent(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    declared = read(ROWS.declared, document)
    # Half a surrogate pair never comes out of an answer: orjson refuses the answer as a whole.
    live = None if "\ud800" in texts_of(document) else read(ROWS.live, {**document, "dataSetRowId": "r"})
    for row in (declared, None if live is None else live.values):
        if row is not None:
            assert ROWS.declared(ROWS.manifest(row)) == row
            orjson.dumps(ROWS.document(row))
    assert document == before


@given(JSON | hostile | st.fixed_dictionaries({"dataSetId": st.just("d1"), "dataSetName": JSON, "dataSetType": JSON}))
def test_no_answer_crashes(body: Any) -> None:
    response = Response(200, body=body)
    for flow in (DATASET.listing(()), DATASET.reading(("x",), "d1"), ROWS.reading("d1", "r1")):
        reads_or_refuses(flow, response)
    with contextlib.suppress(RemoteError):
        live = DATASET.answered(("x",), response)
        canonical(None if live is None else DATASET.manifest(live))
    ROWS.answered(response)


def reads_or_refuses(flow: Any, response: Response) -> None:
    with contextlib.suppress(RemoteError):
        drive(flow, response)


def as_answered(row: Values) -> dict[str, Any]:
    """Return the document of a row whose nested entries have ids."""
    document = copy.deepcopy(dict(ROWS.document(row)))
    for member, id_field in (
        ("expectedSources", "dataSetExpectedSourceId"),
        ("filterVariables", "dataSetRowFilterVarId"),
    ):
        document[member] = [{**each, id_field: f"{member}-{at}"} for at, each in enumerate(document[member])]
    return {**document, "dataSetRowId": "r"}


def carried_out(document: dict[str, Any], call: Call, number: int) -> dict[str, Any]:
    """Do to a row's document what a server does that is asked so."""
    segment, *rest = (str(each) for each in call.path[5:])
    source = segment == "dataSetRowExpectedSource"
    member = "expectedSources" if source else "filterVariables"
    id_field = "dataSetExpectedSourceId" if source else "dataSetRowFilterVarId"
    entries = list(document[member])
    match call.method, rest:
        case "POST", []:
            entries.append({**call.body, id_field: f"new-{number}"})
        case "PUT", [remote_id]:
            (at,) = (at for at, each in enumerate(entries) if each[id_field] == remote_id)
            entries[at] = {**call.body, id_field: remote_id}
        case "DELETE", [remote_id]:
            (at,) = (at for at, each in enumerate(entries) if each[id_field] == remote_id)
            del entries[at]
        case other:
            pytest.fail(f"no such call: {other}")
    return {**document, member: entries}


def fewest(live: list[list[str]], wanted: list[list[str]]) -> int:
    """Return how few calls one list needs at the least: what isn't equal on the longer side."""
    rest = list(live)
    unequal = 0
    for each in wanted:
        if each in rest:
            rest.remove(each)
        else:
            unequal += 1
    return max(unequal, len(rest))


@given(values, values)
def test_finer_calls_converge_in_the_fewest_and_can_be_cut_anywhere(live: Values, wanted: Values) -> None:
    document = as_answered(live)
    calls = ROWS.finer("d", document, wanted)
    assert len(calls) == fewest(live[3], wanted[3]) + fewest(live[4], wanted[4])
    for number, call in enumerate(calls):
        document = carried_out(document, call, number)
        again = ROWS.finer("d", document, wanted)
        # Who was interrupted here goes on with the very calls that were left.
        assert [(each.method, each.path, each.body) for each in again] == [
            (each.method, each.path, each.body) for each in calls[number + 1 :]
        ]
    assert ROWS.live(document).values[3:] == wanted[3:]


@given(values, values, st.randoms(use_true_random=False))
def test_which_calls_are_left_does_not_depend_on_which_were_made(live: Values, wanted: Values, random: Any) -> None:
    document = as_answered(live)
    calls = list(ROWS.finer("d", document, wanted))
    random.shuffle(calls)
    half = len(calls) // 2
    for number, call in enumerate(calls[:half]):
        document = carried_out(document, call, number)
    left = [(each.method, each.path, canonical(each.body)) for each in ROWS.finer("d", document, wanted)]
    assert sorted(left, key=repr) == sorted(
        ((each.method, each.path, canonical(each.body)) for each in calls[half:]), key=repr
    )


@given(
    st.fixed_dictionaries(
        {}, optional={"description": texts, "type": texts, "active": st.booleans(), "name": st.text("ab", min_size=1)}
    )
)
def test_what_a_dataset_is_created_with_reads_back_the_same(spec: dict[str, Any]) -> None:
    key, wanted = DATASET.key("plain", spec, ()), DATASET.normalise(spec)
    (call,) = DATASET.create(key, wanted)
    live = DATASET.answered(key, Response(200, body={**call.body, "dataSetId": "d1"}))
    assert live is not None
    assert live.key == key
    assert wanted.items() <= live.attributes.items()
    again = DATASET.normalise(DATASET.manifest(live))
    assert again.items() <= live.attributes.items()
    assert DATASET.key("other", DATASET.manifest(live), ()) == key
    for path in wanted:
        (update,) = DATASET.update(LiveObject("d1", key, {}), {path: wanted[path]})
        assert list(update.body.values()) == [wanted[path]]
        assert update.settles == (path,)
