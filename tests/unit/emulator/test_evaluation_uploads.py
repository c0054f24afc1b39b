import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dsops.emulator import GeaiSwitches, Options, Upload, UploadAnswer
from tests.unit.emulator.evaluation import API, PLAIN, ROW, Evaluation

NEW = {"dataSetName": "new", "rows": [ROW, PLAIN]}


@pytest.fixture
def client() -> Evaluation:
    return Evaluation()


def form(content: bytes, *, name: str = "file", part_type: str | None = None) -> bytes:
    """A form as clients write it, between parts that nobody asked for."""
    typed = f"Content-Type: {part_type}\r\n" if part_type else ""
    return (
        b"not for anybody\r\n--X\r\ncontent-disposition: form-data; name=comment\r\n\r\nHello\r\n"
        b'--X\r\nContent-Disposition: form-data; name="%s"; filename="a.json"\r\n%s\r\n%s\r\n--X--\r\nafterwards'
        % (name.encode(), typed.encode(), content)
    )


FORM = {"Content-Type": "multipart/form-data; boundary=X"}


def test_a_file_is_taken_as_the_body_or_as_a_part_of_a_form(client: Evaluation) -> None:
    content = json.dumps([PLAIN]).encode()
    upload = f"{client.dataset}/dataSetRow/FileUpload"
    client.good("POST", upload, content=content)
    client.good("POST", upload, content=content, headers={"Content-Type": "application/json"})
    client.good("POST", upload, content=form(content), headers=FORM)
    client.good("POST", upload, content=form(content, part_type="application/octet-stream"), headers=FORM)
    client.good("POST", upload, content=form(content), headers={"Content-Type": 'Multipart/Form-Data; boundary="X"'})
    client.good("POST", upload, files={"file": ("rows.json", content)})
    client.good("POST", upload, files={"file": content})
    assert client.inputs() == [ROW["dataSetRowInput"], *"qqqqqqq"]


def test_line_ends_and_boundaries_inside_a_file_are_part_of_it(client: Evaluation) -> None:
    text = json.dumps([{**PLAIN, "dataSetRowInput": "--X--"}], indent=1).replace("\n", "\r\n").encode()
    client.good("POST", f"{client.dataset}/dataSetRow/FileUpload", content=form(text), headers=FORM)
    assert client.inputs()[-1] == "--X--"


@pytest.mark.parametrize(
    ("content", "headers", "place"),
    [
        (b"", {}, "not valid JSON"),
        (b"[", {}, "not valid JSON"),
        (b"\xef\xbb\xbf[]", {}, "not valid JSON"),
        ("é".encode("latin-1"), {}, "not valid JSON"),
        (b"{}", {}, "body: {} is not an array"),
        (form(b"[]", name="rows"), FORM, "no part named file"),
        (form(b"[]"), {"Content-Type": "multipart/form-data"}, "without a boundary"),
        (form(b"[]"), {"Content-Type": "multipart/form-data; boundary=Y"}, "no end"),
        (form(b"[]")[:-20], FORM, "no end"),
        (b"--X\r\nhead only\r\n--X--", FORM, "no empty line"),
        (b"", FORM, "no end"),
    ],
)
def test_a_file_that_is_none_is_refused(
    client: Evaluation, content: bytes, headers: dict[str, str], place: str
) -> None:
    path = f"{client.dataset}/dataSetRow/FileUpload"
    assert place in client.refused(400, "POST", path, content=content, headers=headers)


def test_a_body_may_come_in_chunks(client: Evaluation) -> None:
    async def chunks() -> Any:
        for piece in json.dumps(NEW).encode().split(b","):
            yield piece if piece.startswith(b'{"dataSetName') else b"," + piece

    response = client.call("POST", f"{API}/dataSet/FileUpload", content=chunks())
    assert (response.status_code, len(response.json()["rows"])) == (200, 2)


def test_an_upload_answers_what_is_there_now(client: Evaluation) -> None:
    made = client.good("POST", f"{API}/dataSet/FileUpload", NEW)
    assert client.good("GET", f"{API}/dataSet/{made['dataSetId']}") == made
    rows = client.good("POST", f"{API}/dataSet/{made['dataSetId']}/dataSetRow/FileUpload", [PLAIN, ROW])
    assert client.good("GET", f"{API}/dataSet/{made['dataSetId']}/dataSetRows") == [*made["rows"], *rows]
    assert client.good("POST", f"{client.dataset}/dataSetRow/FileUpload", []) == []


def test_an_upload_is_done_whole_or_not_at_all(client: Evaluation) -> None:
    bad = [PLAIN] * 50 + [{"dataSetRowInput": "q"}, {**PLAIN, "filterVariables": [{}]}]
    told = client.refused(400, "POST", f"{client.dataset}/dataSetRow/FileUpload", bad)
    assert "body[50].dataSetRowExpectedAnswer: is required" in told
    assert "body[51].filterVariables[0].dataSetRowFilterKey: is required" in told
    client.refused(400, "POST", f"{API}/dataSet/FileUpload", {**NEW, "rows": bad})
    assert [(each["dataSetName"], len(each["rows"])) for each in client.good("GET", f"{API}/dataSets")] == [("faq", 1)]


def test_an_upload_may_answer_a_count() -> None:
    client = Evaluation(Options(geai=GeaiSwitches(upload_answer=UploadAnswer.SUMMARY)))
    answer = client.good("POST", f"{client.dataset}/dataSetRow/FileUpload", [PLAIN] * 3)
    assert answer == {"success": True, "totalRowsUploaded": 3, "errors": []}
    assert len(client.inputs()) == 4
    assert client.good("POST", f"{API}/dataSet/FileUpload", NEW)["dataSetName"] == "new"


def test_a_lost_answer_leaves_the_upload_done() -> None:
    client = Evaluation(Options(drop_error=httpx.ReadError))
    client.faults({"match": {"path": "FileUpload"}, "fault": "drop_after"})
    with pytest.raises(httpx.ReadError):
        client.call("POST", f"{client.dataset}/dataSetRow/FileUpload", [PLAIN])
    client.faults({"match": {"path": "FileUpload"}, "fault": "error_before"})
    assert "error_before" in client.refused(503, "POST", f"{client.dataset}/dataSetRow/FileUpload", [PLAIN])
    assert len(client.inputs()) == 2


class Later(Evaluation):
    """An emulator that accepts uploads, and whose time is moved by hand."""

    def __init__(self) -> None:
        super().__init__(Options(geai=GeaiSwitches(upload=Upload.ASYNC)))
        self.call("POST", "/_emulator/clock", {"now": "2026-01-02T03:04:05Z"})

    def accepted(self, path: str, body: Any) -> str:
        response = self.call("POST", path, body)
        assert (response.status_code, response.json()["status"]) == (202, "accepted")
        return str(response.json()["jobId"])

    def wait(self, seconds: float) -> None:
        self.call("POST", "/_emulator/clock", {"advance": seconds})

    def names(self) -> list[str]:
        return [dataset["dataSetName"] for dataset in self.good("GET", f"{API}/dataSets")]


@pytest.fixture
def later() -> Later:
    return Later()


def test_an_accepted_upload_is_done_after_a_while(later: Later) -> None:
    jobs = {
        later.accepted(f"{API}/dataSet/FileUpload", NEW),
        later.accepted(f"{later.dataset}/dataSetRow/FileUpload", [PLAIN]),
    }
    assert len(jobs) == 2
    assert (later.names(), len(later.inputs())) == (["faq"], 1)
    later.wait(0.29)
    assert (later.names(), len(later.inputs())) == (["faq"], 1)
    later.wait(0.01)
    assert (later.names(), len(later.inputs())) == (["faq", "new"], 2)
    later.wait(9)
    made = later.good("GET", f"{API}/dataSets")[1]
    assert made["dataSetCreateDate"] == "2026-01-02T03:04:05.300Z"
    assert [row["dataSetRowInput"] for row in made["rows"]] == [ROW["dataSetRowInput"], "q"]


def test_what_is_wrong_with_a_file_is_said_at_once(later: Later) -> None:
    later.refused(400, "POST", f"{API}/dataSet/FileUpload", {})
    later.refused(409, "POST", f"{API}/dataSet/FileUpload", {"dataSetName": "faq"})
    later.refused(404, "POST", f"{API}/dataSet/none/dataSetRow/FileUpload", [PLAIN])


def test_what_has_become_impossible_is_not_done(later: Later) -> None:
    later.accepted(f"{API}/dataSet/FileUpload", NEW)
    later.accepted(f"{later.dataset}/dataSetRow/FileUpload", [PLAIN])
    other = later.make("new")
    later.good("DELETE", later.dataset)
    later.wait(1)
    assert later.names() == ["new"]
    assert later.inputs(f"{API}/dataSet/{other}") == []


def test_a_wish_that_is_refused_keeps_nothing_from_being_done(later: Later) -> None:
    later.accepted(f"{later.dataset}/dataSetRow/FileUpload", [PLAIN])
    later.wait(1)
    later.refused(404, "GET", f"{API}/dataSet/none")
    later.refused(404, "GET", f"{API}/dataSet/none")
    assert len(later.inputs()) == 2


def test_an_upload_done_later_is_no_write_of_the_read_that_finds_it(later: Later) -> None:
    later.accepted(f"{later.dataset}/dataSetRow/FileUpload", [PLAIN])
    later.wait(1)
    later.inputs()
    entries = later.app.state.requests
    assert [(entry.method, entry.committed) for entry in list(entries)[-2:]] == [("POST", True), ("GET", False)]


def test_accepted_uploads_go_by_the_clock_of_the_emulator() -> None:
    now = [datetime(2026, 1, 2, tzinfo=UTC)]
    client = Evaluation(Options(geai=GeaiSwitches(upload=Upload.ASYNC), clock=lambda: now[0]))
    client.call("POST", f"{client.dataset}/dataSetRow/FileUpload", [PLAIN])
    assert len(client.inputs()) == 1
    now[0] += timedelta(milliseconds=300)
    assert len(client.inputs()) == 2
