"""Laws of Vi's kinds and of its archives: one canonical form, no answer that crashes, no zip that gets out."""

import contextlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsops.engine.archive import unpack
from dsops.model import (
    Call,
    DsopsError,
    Effect,
    Flow,
    FlowFailure,
    Kind,
    Listing,
    LiveObject,
    RemoteError,
    Response,
    canonical,
)
from dsops.providers import kinds
from dsops.providers.vi import Vi
from dsops.providers.vi.conditions import Progress
from dsops.providers.vi.export import chosen, progress_of, specification
from dsops.providers.vi.operations import OPERATIONS, dataset_summary
from dsops.providers.vi.prune import says_nothing
from tests.support.planning import FORBIDDEN, MISSING, drive
from tests.unit.providers.vi.samples import CONNECTION, FAILED, FINISHED, RUNNING, dataset, export, page, ready

DATASET, EXPORT = kinds()["vi/Dataset"], kinds()["vi/Export"]
KEY = ("shelves",)
EXPORTED = (*KEY, "ViFull-normalized")

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["acme", "acme_d1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn, document: Any) -> Any:
    """A sensible document, in which often something is missing, or is anything."""
    match document:
        case dict() if draw(st.integers(0, 9)):
            kept = [name for name in document if draw(st.integers(0, 19))]
            return {name: draw(spoilt(document[name])) for name in kept}
        case list() if draw(st.integers(0, 9)):
            return [draw(spoilt(each)) for each in document]
        case dict() | list():
            return draw(JSON)
        case _:
            return document if draw(st.integers(0, 19)) else draw(JSON)


SENSIBLE = {
    "dataset": dataset(),
    "going": dataset(deleteOp="/x"),
    "export": ready(),
    "split": ready("e2", ratio=0.5),
    "running": export("e3", RUNNING),
    "failed": export("e4", FAILED),
    "session": {"deleteManyAssetsSessionId": "s1", "status": RUNNING},
    "datasets": {"items": [dataset(), dataset("d2", "racks")], "nextPage": None},
    "exports": {"items": [ready(), export("e2", RUNNING), ready("e3")], "nextPage": ""},
    "more": {"items": [dataset()], "nextPage": "token"},
    "count": {"count": 3},
}
exports = spoilt(SENSIBLE["export"]) | spoilt(SENSIBLE["split"])
anything = st.one_of(*map(spoilt, SENSIBLE.values())) | JSON
answers = anything.map(lambda body: Response(200, body=body)) | st.sampled_from([MISSING, FORBIDDEN])

FLOWS = {
    "datasets": lambda: DATASET.listing(()),
    "dataset": lambda: DATASET.reading(KEY, "d1"),
    "called": lambda: DATASET.reading(KEY),
    "deleting": lambda: DATASET.waiting(Effect.DELETE, LiveObject("d1", KEY, {})),
    "exports": lambda: EXPORT.listing(KEY),
    "all exports": lambda: EXPORT.listing(()),
    "export": lambda: EXPORT.reading(EXPORTED, "d1/e1"),
    "exporting": lambda: EXPORT.waiting(Effect.CREATE, LiveObject("d1/e1", EXPORTED, {})),
    "list": lambda: OPERATIONS["dataset list"].flow((), {}),
    "exports shown": lambda: OPERATIONS["dataset exports"].flow(KEY, {"id": "d1"}),
    "download": lambda: OPERATIONS["dataset download"].flow(KEY, {"id": "d1"}),
    "named": lambda: OPERATIONS["dataset download"].flow(KEY, {"id": "d1", "export": "e1"}),
    "preview": lambda: OPERATIONS["dataset prune"].flow(KEY, {"id": "d1", "filter": "x", "preview": True}),
    "prune": lambda: OPERATIONS["dataset prune"].flow(KEY, {"id": "d1", "filter": "x"}),
}


@pytest.mark.parametrize("name", FLOWS)
@given(given=st.lists(answers, min_size=6, max_size=6))
@settings(max_examples=40)
def test_no_answer_crashes(name: str, given: list[Any]) -> None:
    flow: Flow | None = FLOWS[name]()  # type: ignore[no-untyped-call]
    assert flow is not None
    waiting = list(given)
    with contextlib.suppress(StopIteration, RemoteError, FlowFailure):
        call: Call = next(flow)
        while waiting:
            each = waiting.pop()
            if isinstance(each, Response):
                call = flow.send(each)
            else:
                call = flow.throw(FlowFailure(call, each, int(each.code)))


@given(body=spoilt(SENSIBLE["dataset"]))
def test_what_is_summed_up_never_crashes(body: Any) -> None:
    if isinstance(body, dict):
        assert all(isinstance(each, str) for each in dataset_summary(body).values())


@given(body=anything)
def test_a_dataset_that_is_read_can_be_declared(body: Any) -> None:
    with contextlib.suppress(RemoteError):
        _declared(DATASET, DATASET.answered(KEY, Response(200, body=body)))


@given(body=exports)
def test_an_export_that_is_read_can_be_declared(body: Any) -> None:
    with contextlib.suppress(RemoteError):
        live = EXPORT.answered(EXPORTED, Response(200, body=body))
        _declared(EXPORT, live)
        assert live is None or EXPORT.key("any", EXPORT.manifest(live), KEY) == live.key
        assert "s3cret" not in repr(live)


def _declared(kind: Kind, live: LiveObject | None) -> None:
    """What an import writes plans to nothing."""
    if live is None:
        return
    desired = kind.normalise(kind.manifest(live))
    assert {path: live.attributes[path] for path in desired if path in live.attributes} == desired
    canonical(desired)


declared_exports = st.fixed_dictionaries(
    {},
    optional={
        "format": st.sampled_from(["ViFull", "ViJsonl", "Coco"]),
        "normalized": st.booleans(),
        "splitRatio": st.none() | st.floats(0, 1, exclude_min=True, exclude_max=True),
    },
)


@given(first=declared_exports, second=declared_exports)
def test_two_specifications_are_the_same_export_exactly_if_they_are_equal(first: Any, second: Any) -> None:
    one, other = EXPORT.normalise(first), EXPORT.normalise(second)
    assert EXPORT.normalise(one) == one
    assert (one == other) == (EXPORT.key("a", first, KEY) == EXPORT.key("b", second, KEY))


@given(
    found=st.lists(
        st.builds(
            export,
            st.uuids().map(str),
            st.sampled_from([FINISHED, RUNNING, FAILED]),
            st.integers(0, 5),
            st.sampled_from([None, 0.5]),
        ),
        max_size=8,
    )
)
def test_of_exports_alike_the_best_one_counts(found: list[dict[str, Any]]) -> None:
    listing: Listing = drive(EXPORT.listing(KEY), page([dataset()]), page(found))
    words = [each.key[-1] for each in listing.objects]
    assert len(set(words)) == len(words)
    best = {each["datasetExportId"]: each for each in chosen(found)}
    assert {f"d1/{each}" for each in best} == {each.remote_id for each in listing.objects}
    for each in found:
        if progress_of(each) is Progress.FAILED:
            assert each["datasetExportId"] not in best
            continue
        rank = {Progress.RUNNING: 0, Progress.FINISHED: 1}
        (standing,) = (other for other in best.values() if _word(other) == _word(each))
        assert (rank[progress_of(standing)], standing["metadata"]["timeCreated"]) >= (
            rank[progress_of(each)],
            each["metadata"]["timeCreated"],
        )


def _word(document: Mapping[str, Any]) -> str:
    options = document["spec"]["options"]
    return specification({"format": document["spec"]["format"], "splitRatio": None, **options})


@given(own=st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=8))
def test_a_path_has_the_organization_once(own: str) -> None:
    call = Call("GET", ("workspaces", "{organization}", "datasets", own))
    once = Vi().prepared(CONNECTION, call)
    assert Vi().prepared(CONNECTION, once) == once
    assert str(once.path[3]).startswith("acme_")


@given(given=JSON)
def test_what_says_nothing_holds_no_value(given: Any) -> None:
    if says_nothing(given):
        assert not _leaves(given)


def _leaves(value: Any) -> list[Any]:
    """Return the texts and numbers of a document that say something."""
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    empty = value is None or isinstance(value, bool) or (isinstance(value, str) and not value.strip())
    return [] if empty else [] if isinstance(value, str) and says_nothing(value) else [value]


# -- archives

names = st.lists(st.sampled_from(["a", "b", "..", ".", "", "é", "C:", "a\\b"]), min_size=1, max_size=4).map("/".join)
entries = st.lists(
    st.tuples(names, st.binary(max_size=50), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
              st.sampled_from([0, 0o100644, 0o120777, 0o040755, 0o060600])),
    max_size=5,
)  # fmt: skip


def _zip(found: list[tuple[str, bytes, int, int]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data, method, mode in found:
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr = method, mode << 16
            archive.writestr(entry, data)
    return content.getvalue()


def _unpacked(content: bytes) -> dict[str, bytes] | None:
    """Unpack somewhere; return the files, None when it is refused. Nothing may come to be elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "in"
        inside.mkdir()
        (inside / "x").write_bytes(content)
        try:
            list(unpack(inside / "x", inside / "new"))
            done = True
        except DsopsError:
            done = False
        assert {path.name for path in Path(folder).iterdir()} == {"in"}
        assert {path.name for path in inside.iterdir()} <= {"x", "new"}
        assert not [path for path in inside.rglob("*") if path.is_symlink()]
        new = inside / "new"
        return (
            {str(path.relative_to(new)): path.read_bytes() for path in new.rglob("*") if path.is_file()}
            if done
            else None
        )


@pytest.mark.filterwarnings("ignore:Duplicate name")
@given(found=entries)
@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
def test_an_archive_is_unpacked_whole_or_refused(found: list[tuple[str, bytes, int, int]]) -> None:
    files = _unpacked(_zip(found))
    if files is not None:
        assert files == {name: data for name, data, _, _ in found if not name.endswith("/")}
        assert all(mode in {0, 0o100644, 0o040755} for _, _, _, mode in found)


WHOLE = _zip([("a/one", b"payload" * 20, zipfile.ZIP_DEFLATED, 0o100644), ("two", b"content", zipfile.ZIP_STORED, 0)])


@pytest.mark.filterwarnings("ignore")
@given(
    changes=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=3),
    cut=st.integers(0, 40),
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_a_spoilt_archive_never_crashes(changes: list[tuple[int, int]], cut: int) -> None:
    content = bytearray(WHOLE)
    for at, value in changes:
        content[at] = value
    files = _unpacked(bytes(content[: len(content) - cut]))
    if files is not None:
        assert set(files.values()) <= {b"payload" * 20, b"content", b""}
