"""Laws of UiPath's kinds: one canonical form, and no answer that crashes."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsops.model import (
    DsopsError,
    Flow,
    FlowFailure,
    Kind,
    LiveObject,
    Lookup,
    NaturalKey,
    RemoteError,
    Response,
    canonical,
)
from dsops.providers import kinds
from tests.support.planning import FORBIDDEN, MISSING, drive, ok
from tests.support.uipath import dataset_specs, filters, instants, models, stream_specs

DATASET = kinds()["uipath/Dataset"]
STREAM = kinds()["uipath/Stream"]
KEY: NaturalKey = ("p", "d")
STREAM_KEY: NaturalKey = (*KEY, "s")

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["2020-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "s1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def documents(**known: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Documents with the keys that are read, most of them sensible, any of them hostile."""
    return st.fixed_dictionaries({}, optional={name: each | JSON for name, each in known.items()})


thresholds = st.lists(
    documents(name=st.lists(st.text(max_size=2) | JSON, max_size=2), threshold=st.floats(0, 1)), max_size=3
)
streams = documents(
    id=st.sampled_from(["s1", "s2"]),
    name=st.sampled_from(["s", "t"]),
    title=st.text(max_size=2),
    model=documents(version=st.integers(0, 9), label_thresholds=thresholds),
    comment_filter=documents(
        timestamp=documents(minimum=instants, maximum=instants),
        user_properties=documents(**{"string:a": documents(one_of=st.lists(JSON, max_size=3))}),
        trigger_exceptions=JSON,
        sources=st.lists(JSON, max_size=3),
    ),
)
datasets = documents(
    id=st.sampled_from(["d1", "d2"]),
    owner=st.just("p"),
    name=st.sampled_from(["d", "e"]),
    title=st.text(max_size=2),
    source_ids=st.lists(st.sampled_from(["a", "b"]) | JSON, max_size=3),
    model_family=st.just("english"),
    has_sentiment=st.booleans(),
)
tags = st.lists(documents(name=st.sampled_from(["live", "old"]), version=st.integers(0, 9)), max_size=3)


def bodies(**content: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return JSON | documents(**content)


def outcome(flow: Flow, body: Any) -> Any:
    """Run a flow on one answer: what it found, or None where the answer was refused."""
    try:
        return drive(flow, Response(200, body=body))
    except DsopsError:
        return None


@given(bodies(datasets=st.lists(datasets, max_size=3), streams=st.lists(streams, max_size=3)))
def test_no_listing_crashes_and_each_that_is_taken_is_whole(body: Any) -> None:
    for kind, scope, name in ((DATASET, (), "datasets"), (STREAM, KEY, "streams")):
        listing = outcome(kind.listing(scope), body)
        if listing is not None:
            assert len(listing.objects) == len(body[name])
            assert {each.remote_id for each in listing.objects} == {each["id"] for each in body[name]}
            assert len({each.key for each in listing.objects}) == len(listing.objects)


@given(bodies(dataset=datasets, stream=streams))
def test_no_reading_and_no_answer_to_a_write_crashes(body: Any) -> None:
    for kind, key in ((DATASET, KEY), (STREAM, STREAM_KEY)):
        outcome(kind.reading(key), body)
        try:
            live = kind.answered(key, Response(200, body=body))
        except RemoteError:
            continue
        if live is not None:
            canonical(kind.manifest(live))


@given(bodies(model_tags=tags))
def test_no_lookup_crashes(body: Any) -> None:
    flow = STREAM.lookups(STREAM.normalise({"dataset": "d", "model": {"tag": "live"}}), STREAM_KEY)
    assert flow is not None
    assert isinstance(_looked_up(flow, body), Lookup | RemoteError | str)


def _looked_up(flow: Flow, body: Any) -> Lookup | RemoteError | str | None:
    """Return what was found, or the refusal of the answer, or why there is no such tag: nothing else may come of it."""
    try:
        found: Lookup = drive(flow, Response(200, body=body))
    except RemoteError as refused:
        return refused
    except LookupError as unknown:
        return str(unknown) if type(unknown) is LookupError else None
    return found


@pytest.mark.parametrize("flow", [DATASET.listing, STREAM.listing, DATASET.reading, STREAM.reading])
def test_a_refusal_is_passed_on(flow: Callable[[NaturalKey], Flow]) -> None:
    with pytest.raises(FlowFailure):
        drive(flow(STREAM_KEY), FORBIDDEN)
    if flow == DATASET.listing:
        with pytest.raises(FlowFailure):
            drive(flow(()), MISSING)


@given(dataset_specs)
def test_what_a_dataset_is_created_with_reads_back_the_same(spec: dict[str, Any]) -> None:
    spec = {"project": "p", **spec}
    wanted = DATASET.normalise(spec)
    (call,) = DATASET.create(KEY, wanted)
    live = _answered(DATASET, KEY, ok(dataset={"id": "d1", "owner": "p", "name": "d", **call.body["dataset"]}))
    assert live.attributes == wanted
    assert DATASET.normalise(DATASET.manifest(live)) == wanted
    assert DATASET.key("other", DATASET.manifest(live), ()) == KEY


@given(stream_specs)
def test_what_a_stream_is_created_with_reads_back_the_same(spec: dict[str, Any]) -> None:
    wanted = STREAM.normalise({"dataset": "d", **spec})
    call, *_ = STREAM.create(STREAM_KEY, wanted)
    body = copy.deepcopy(call.body["stream"])
    if body.get("model"):
        body["model"].setdefault("label_thresholds", [])
    live = _answered(STREAM, STREAM_KEY, ok(stream={"id": "s1", **body}))
    assert live.attributes == {path: value for path, value in wanted.items() if path != "startFrom"}
    manifest = STREAM.manifest(live)
    again = STREAM.normalise(manifest)
    assert again.items() <= live.attributes.items()
    assert all(value in (None, {}) for path, value in live.attributes.items() if path not in again)
    assert STREAM.key("other", manifest, KEY) == STREAM_KEY


def _answered(kind: Kind, key: NaturalKey, response: Response) -> LiveObject:
    live = kind.answered(key, response)
    assert live is not None
    return live


@given(dataset_specs, stream_specs, st.randoms(use_true_random=False))
def test_order_and_repetition_mean_nothing(dataset: dict[str, Any], stream: dict[str, Any], random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            items = [(name, shuffled(item)) for name, item in value.items()]
            random.shuffle(items)
            return dict(items)
        if isinstance(value, list):
            values = [shuffled(each) for each in [*value, *value[:1]]]
            random.shuffle(values)
            return values
        return value

    assert DATASET.normalise(shuffled(dataset)) == DATASET.normalise(dataset)
    assert STREAM.normalise(shuffled(stream)) == STREAM.normalise(stream)
    assert _bodies(STREAM, STREAM.normalise(shuffled(stream))) == _bodies(STREAM, STREAM.normalise(stream))


def _bodies(kind: Kind, attributes: Any) -> list[bytes]:
    return [canonical(call.body) for call in kind.create(STREAM_KEY, attributes)]


@given(models, filters)
def test_a_number_has_one_meaning_whatever_its_form(model: dict[str, Any], filter_: dict[str, Any]) -> None:
    def floats(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: floats(item) for name, item in value.items()}
        if isinstance(value, list):
            return [floats(item) for item in value]
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    spec = {"model": model, "commentFilter": filter_}
    wanted, other = STREAM.normalise(spec), STREAM.normalise(floats(spec))
    assert wanted == other
    assert _bodies(STREAM, wanted) == _bodies(STREAM, other)
    assert type(other["model.version"]) is int


@given(st.datetimes(), st.integers(-23 * 60, 23 * 60))
def test_a_moment_has_one_meaning_whatever_its_offset(moment: Any, minutes: int) -> None:
    import datetime as dt

    try:
        elsewhere = moment.replace(tzinfo=dt.UTC).astimezone(dt.timezone(dt.timedelta(minutes=minutes)))
    except OverflowError:
        return
    spellings = (f"{moment.isoformat()}Z", moment.isoformat(), f"{moment.isoformat()}+00:00", elsewhere.isoformat())
    assert len({STREAM.normalise({"startFrom": each})["startFrom"] for each in spellings}) == 1
    once = STREAM.normalise({"startFrom": spellings[0]})
    assert STREAM.normalise(once) == once


@settings(max_examples=50)
@given(stream_specs)
def test_an_update_sends_no_field_that_was_not_given(spec: dict[str, Any]) -> None:
    wanted = STREAM.normalise(spec)
    groups = [["title"], ["description"], ["model.version", "model.labelThresholds"], ["commentFilter"], ["startFrom"]]
    for group in groups:
        given_ = {path: wanted[path] for path in group if path in wanted}
        sent = [path for call in STREAM.update(LiveObject("1", STREAM_KEY, {}), given_) for path in call.settles]
        assert sorted(sent) == sorted(given_)
        assert len(STREAM.update(LiveObject("1", STREAM_KEY, {}), given_)) == (1 if given_ else 0)
