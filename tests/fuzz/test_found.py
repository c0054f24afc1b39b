"""What was found once: input that crashed a reader, or kept it busy for long, as small as it can be."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from dsops.http.answer import Garbled, decode
from dsops.manifest import Loaded
from dsops.manifest.rows import RowReader, base
from dsops.model import DsopsError, Flow, RemoteError, Response, RowMode, RowSet
from dsops.providers import kinds, provider
from tests.fuzz.files import _ARCHIVE_NOTE, _NOTE
from tests.fuzz.hostile import text_of
from tests.fuzz.manifests import read_manifests
from tests.fuzz.plans import _plans
from tests.fuzz.reader import tried
from tests.fuzz.readers import READERS
from tests.fuzz.states import HOLDER, WHOLE
from tests.support.planning import drive

STACK = """apiVersion: dsops/v1
kind: Stack
metadata: {name: x}
spec: {connections: {cm: {provider: uipath, endpoint: "https://x", token: "${env:T}"}}}
"""
DATASET = "---\napiVersion: uipath/v1\nkind: Dataset\nmetadata: {{name: {}}}\nspec:\n  project: p\n{}\n"
DEEP = "[" * 300 + "]" * 300


def answered(*bodies: Any) -> list[Response]:
    return [Response(200, body=each) for each in bodies]


IMAGES: dict[str, Any] = {"dataset_id": "i", "dataset_name": "n", "dataset_type": 0, "data_sources": []}
SHELF: dict[str, Any] = {"datasetId": "i", "name": "n", "type": "vqa", "content": "Image"}
REFUSED: dict[str, tuple[Flow, list[Response]]] = {
    "a status that is an object": (
        kinds()["modelarts/Dataset"].listing(()),
        answered({"datasets": [{**IMAGES, "status": {}}]}),
    ),
    "a status that is a text": (
        kinds()["modelarts/Dataset"].reading(("n",), "i"),
        answered({**IMAGES, "status": "2"}),
    ),
    "no name among those that are searched": (
        kinds()["modelarts/DatasetVersion"].listing(("other",)),
        answered({"datasets": [{"dataset_id": "i"}]}),
    ),
    "an empty name": (
        kinds()["uipath/Dataset"].listing(()),
        answered({"status": "ok", "datasets": [{"id": "i", "owner": "p", "name": ""}]}),
    ),
    "a deletion that is false": (
        kinds()["vi/Dataset"].listing(()),
        answered({"items": [{**SHELF, "deleteOp": False}]}),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_answer_that_is_refused(what: str) -> None:
    flow, answers = REFUSED[what]
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(flow, *answers)


def test_a_sample_that_is_no_list_is_none() -> None:
    flow = provider("vi").operations["dataset prune"].flow(("n",), {"id": "i", "filter": "{}x", "preview": True})
    assert drive(flow, *answered({"count": 3}, {"items": 7})).sample == ()


def test_an_answer_nested_without_end() -> None:
    assert isinstance(decode(200, [], DEEP.encode()), Garbled)
    assert decode(400, [], DEEP.encode()).__class__ is Response
    shallow = orjson.dumps({"a": [[[{"b": number}]] for number in range(99)]})
    assert decode(200, [], shallow) == Response(200, body=orjson.loads(shallow))
    # 64 levels are read, whatever else there is of brackets; the 65th is refused.
    for depth, kind in ((64, Response), (65, Garbled)):
        content = "[" * depth + "]" * depth
        assert type(decode(200, [], content.encode())) is kind
        assert type(decode(200, [], f"[{'[],' * 99}{content[1:]}".encode())) is kind


FILES: dict[str, tuple[str, Any]] = {
    "a number that is a text": ("a note of an export", {**_NOTE, "bytes": ".."}),
    "no request": ("a note of an export", {name: value for name, value in _NOTE.items() if name != "request"}),
    "a request of lists": ("a note of an export", {**_NOTE, "request": {"arguments": []}}),
    "more than 64 bits": ("a note of an export", {**_NOTE, "count": 2**64 - 1}),
    "parts that are objects": ("a note of a download", {**_ARCHIVE_NOTE, "parts": [0, {}]}),
    "no parts": ("a note of a download", {**_ARCHIVE_NOTE, "parts": None}),
    "a holder that is a number": ("a holder", {**HOLDER, "who": 7}),
    "a holder without a start": ("a holder", {name: value for name, value in HOLDER.items() if name != "started"}),
    "traits that are a list": ("a pushed state", {**WHOLE, "traits": {"https://x": []}}),
    "an id that is a number": ("a pushed state", {**WHOLE, "records": [{**WHOLE["records"][0], "remoteId": 7}]}),
    "an hour that is a text": ("a pushed state", {**WHOLE, "history": [{**WHOLE["history"][0], "at": "x"}]}),
    "attributes that are a list": ("a pushed state", {**WHOLE, "records": [{**WHOLE["records"][0], "attributes": []}]}),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_somebody_changed(what: str, tmp_path: Path) -> None:
    name, document = FILES[what]
    found = tried(READERS[name], text_of(document).encode(), tmp_path / "it")
    assert isinstance(found, Exception) or name.startswith("a note of a download")


def test_a_plan_with_rows_that_are_none(tmp_path: Path) -> None:
    plan = next(each for each in _plans() if "rows" in each)
    ((address, rows),) = plan["rows"].items()
    spoilt: tuple[dict[str, Any], ...] = (
        {"values": [["q"]] * len(rows["values"])},
        {"numbers": [], "values": [], "sources": []},
    )
    for wrong in spoilt:
        changed = {**plan, "rows": {address: {**rows, **wrong}}}
        refused = tried(READERS["a saved plan"], _sealed(changed), tmp_path / "it")
        assert isinstance(refused, DsopsError)
        assert "can't be used" in str(refused)
        assert "checksum" not in refused.diagnostics[0].detail


def _sealed(plan: dict[str, Any]) -> bytes:
    from dsops.planner import planfile

    return planfile._bytes({**plan, "sha256": planfile._checksum(plan)})


def read(text: str, folder: Path) -> Loaded:
    folder.mkdir()
    found = read_manifests(text.encode(), folder)
    assert isinstance(found, Loaded)
    return found


def test_a_place_in_a_list_of_five_thousand_digits(tmp_path: Path) -> None:
    far = f"${{uipath/Dataset/a.sourceIds.{'1' * 5000}}}"
    text = STACK + DATASET.format("a", "  sourceIds: [x]") + DATASET.format("b", f"  title: {json.dumps(far)}")
    assert any("has no field" in each.summary for each in read(text, tmp_path / "it").diagnostics)


@pytest.mark.parametrize(("name", "content"), [("rows.json", b"[]"), ("rows.csv", b"\xff\xfe")])
def test_what_is_read_whole_has_a_limit(
    name: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "LARGEST_WHOLE", 1)
    (tmp_path / name).write_bytes(content)
    reader = RowReader(RowSet(RowMode.SYNC, ("input",), (name,)), tmp_path, lambda row: tuple(row.values()))
    assert "is read whole" in reader.read(lambda _: None)[0].summary


def test_twenty_thousand_mistakes_are_not_all_put_into_words(tmp_path: Path) -> None:
    """Each took the longer the more there were: a file of 300 kB took minutes."""
    mistakes = "\n".join(f"  key{number}: 1" for number in range(20_000))
    told = [each.summary for each in read(STACK + DATASET.format("a", mistakes), tmp_path / "it").diagnostics]
    assert len(told) == 201
    assert "More than 200 things are wrong with this document" in told
