"""Laws of the codec."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.model import Address, Holder, Intent, Record, RecordedRows, RowMark, RowMode, SecretRef, Verb
from dsops.state.codec import (
    Records,
    decode_holder,
    decode_intent,
    encode_holder,
    encode_intent,
    encode_record,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
ADDRESSES = st.builds(Address, st.sampled_from(["uipath", "geai"]), st.sampled_from(["Dataset", "Stream"]), NAMES)
ROWS = st.builds(
    RecordedRows,
    mode=st.sampled_from(RowMode),
    key=st.lists(TEXT, max_size=3).map(tuple),
    count=st.integers(0, 2**40),
    digest=TEXT,
)
DIGESTS = st.binary(min_size=15, max_size=15)
MARKS = st.builds(RowMark, DIGESTS, st.none() | DIGESTS, st.booleans())
RECORDS = st.builds(
    Record,
    address=ADDRESSES,
    connection=TEXT,
    endpoint=TEXT,
    remote_id=TEXT,
    key=st.lists(TEXT, max_size=3).map(tuple),
    parent=st.none() | ADDRESSES,
    depends_on=st.lists(ADDRESSES, max_size=3).map(tuple),
    attributes=st.dictionaries(TEXT, JSON | st.builds(SecretRef, st.sampled_from(["env", "file"]), TEXT), max_size=4),
    protect=st.booleans(),
    policy=st.frozensets(st.sampled_from(Verb)),
    replace=st.booleans(),
    schema_version=st.integers(1, 9),
    rows=st.none() | ROWS,
)
INTENTS = st.builds(
    Intent,
    id=st.integers(1, 2**40),
    run=TEXT,
    plan_id=TEXT,
    call_id=st.integers(0, 2**31),
    address=ADDRESSES,
    effect=st.sampled_from(["create", "update", "delete"]),
    request=TEXT,
    record=RECORDS,
    settles=st.lists(TEXT, max_size=3).map(tuple),
    at=st.floats(0, 1e10),
    rows=st.lists(MARKS, max_size=5).map(tuple),
)


def decoded(*bodies: tuple[str, bytes]) -> Records:
    return Records(bodies, LookupError)


@given(RECORDS)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    (back,) = decoded((str(record.address), encode_record(record))).values()
    assert back == record
    assert isinstance(back.key, tuple)
    assert isinstance(back.depends_on, tuple)
    assert all(isinstance(verb, Verb) for verb in back.policy)


@given(INTENTS)
def test_an_intent_comes_back_as_it_was(intent: Intent) -> None:
    assert decode_intent(intent.id, encode_intent(intent)) == intent


@given(TEXT, st.integers(1, 2**22), st.none() | st.integers(0, 2**62), st.none() | TEXT, st.floats(0, 1e10))
def test_a_holder_comes_back_as_it_was(who: str, pid: int, started: int | None, boot: str | None, at: float) -> None:
    holder = Holder(who, "dsops apply", pid, started, boot, at, at + 60)
    assert decode_holder(encode_holder(holder)) == holder


@given(RECORDS)
def test_the_same_record_has_the_same_bytes(record: Record) -> None:
    (back,) = decoded((str(record.address), encode_record(record))).values()
    assert encode_record(back) == encode_record(record)


def example(**changes: object) -> bytes:
    record = Record(Address("uipath", "Dataset", "a"), "cm", "https://x", "1", ("a",))
    return orjson.dumps(orjson.loads(encode_record(record)) | changes)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"address": "x"}',
        example(policy=["fly"]),
        example(rows={"mode": "all", "key": ["id"], "count": 1, "digest": ""}),
        example(key=None),
        example(parent="a/b"),
        b"\xff",
    ],
)
def test_what_is_no_record_is_named_when_it_is_asked_for(body: bytes) -> None:
    records = decoded(("uipath/Dataset/a", body), ("uipath/Dataset/b", example(address="uipath/Dataset/b")))
    assert records[Address("uipath", "Dataset", "b")].remote_id == "1"
    with pytest.raises(LookupError, match="the record of uipath/Dataset/a can't be read"):
        records[Address("uipath", "Dataset", "a")]


def test_records_are_a_mapping_like_any_other() -> None:
    a, b = Address("uipath", "Dataset", "a"), Address("uipath", "Dataset", "b")
    records = decoded((str(a), example()))
    assert (len(records), list(records), a in records, b in records) == (1, [a], True, False)
    assert records[a] is records[a]
    assert records == {a: records[a]}
    assert records.get(b) is None
    with pytest.raises(KeyError):
        records[b]


def test_what_is_no_json_is_not_written() -> None:
    record = Record(Address("uipath", "Dataset", "a"), "cm", "https://x", "1", ("a",), attributes={"secret": object()})
    with pytest.raises(TypeError):
        encode_record(record)
