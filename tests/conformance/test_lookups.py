"""What planning must ask: model tags, ids of other resources, parents outside; and answers that are no answers."""

import http.server
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conformance.stage import UNTAGGED, Stage, actions, change, dataset, same_calls, statuses, stream
from tests.support import AnsweringEmulator

LIVE = {"tag": "live", "labelThresholds": {"A": 0.5}}
OUTSIDE = "project1/outside"


def outside(stage: Stage) -> Stage:
    """Let somebody else have a dataset with a model tag."""
    stage.put(OUTSIDE, {"dataset": {}})
    stage.tag(OUTSIDE, "live", 8)
    return stage


# --- model tags -------------------------------------------------------------------------------------------------------


def test_a_tag_is_resolved_and_a_moved_one_is_a_pending_change(stage: Stage) -> None:
    declared = stream(dataset=OUTSIDE, model=LIVE)
    plan = outside(stage).declare(declared).plan()
    assert change(plan, "Stream/dispute")["calls"][0]["body"]["stream"]["model"]["version"] == 8
    assert "model tag live is version 8" in change(plan, "Stream/dispute")["notes"]
    stage.apply()
    stage.settled()
    stage.tag(OUTSIDE, "live", 9)
    plan = stage.plan()
    assert [each["cause"] for each in change(plan, "Stream/dispute")["fields"]] == ["pending"]
    stage.run("drift", code=0)
    before = len(stage.writes())
    stage.apply()
    same_calls(plan, stage.writes()[before:])
    assert stage.stream(f"{OUTSIDE}/dispute")["model"]["version"] == 9


def test_a_tag_is_asked_for_once_a_dataset(stage: Stage) -> None:
    outside(stage).declare(*(stream(f"s{number}", dataset=OUTSIDE, model=LIVE) for number in range(5)))
    assert stage.plan()["summary"]["reads"] == 2
    paths = [each["path"] for each in stage.emulator.requests() if each["method"] == "GET"]
    assert paths.count(f"/api/v1/datasets/{OUTSIDE}/model-tags") == 1


def test_an_unknown_tag_names_those_there_are(stage: Stage) -> None:
    outside(stage).declare(stream(dataset=OUTSIDE, model={"tag": "staging"}), stream("other", dataset=OUTSIDE))
    plan = stage.plan()
    assert actions(plan) == {"Stream/dispute": "blocked lookup_failed", "Stream/other": "create not_recorded"}
    text = json.dumps(plan)
    assert "staging" in text
    assert "live" in text
    assert statuses(stage.apply(code=3)) == {"Stream/dispute": "skipped", "Stream/other": "succeeded"}


def test_forbidden_tags_concern_only_the_streams_that_use_one(stage: Stage) -> None:
    outside(stage).token = UNTAGGED
    stage.declare(stream(dataset=OUTSIDE, model=LIVE), stream("other", dataset=OUTSIDE, model={"version": 8}))
    plan = stage.plan()
    assert actions(plan) == {"Stream/dispute": "blocked lookup_failed", "Stream/other": "create not_recorded"}
    assert "Model Admin" in json.dumps(plan)
    assert statuses(stage.apply(code=3)) == {"Stream/dispute": "skipped", "Stream/other": "succeeded"}
    stage.run("drift", code=1)


def test_a_stream_whose_tag_cannot_be_read_is_left_as_it_is(stage: Stage) -> None:
    outside(stage).declare(stream(dataset=OUTSIDE, model=LIVE)).apply()
    stage.token = UNTAGGED
    assert actions(stage.declare(stream(dataset=OUTSIDE, model=LIVE, title="New")).plan()) == {
        "Stream/dispute": "blocked lookup_failed"
    }
    stage.apply(code=3)
    assert stage.stream(f"{OUTSIDE}/dispute")["title"] == ""
    assert stage.recorded() == ["uipath/Stream/dispute"]


# --- references -------------------------------------------------------------------------------------------------------


def test_an_id_that_is_known_after_apply(stage: Stage) -> None:
    described = "reads ${uipath/Dataset/collateral.id}, $${and} no more"
    plan = stage.declare(dataset(), stream(description=described)).plan()
    call = change(plan, "Stream/dispute")["calls"][0]
    assert "(known after apply)" in call["body"]["stream"]["description"]
    assert call["bodySha256"] is None
    stage.apply()
    same_calls(plan, stage.writes())
    remote = stage.dataset("project1/collateral")["id"]
    assert stage.stream("project1/collateral/dispute")["description"] == f"reads {remote}, ${{and}} no more"
    stage.settled()


def test_an_id_that_changes_is_sent_to_who_refers_to_it(stage: Stage) -> None:
    other = dataset("other", description="${uipath/Dataset/collateral.id}")
    allowed = {"replace": "allowed"}
    stage.declare(dataset(meta=allowed, hasSentiment=True), other).apply()
    before = len(stage.writes())
    plan = stage.declare(dataset(meta=allowed, hasSentiment=False), other).plan()
    assert actions(plan) == {"Dataset/collateral": "replace create_only", "Dataset/other": "update fields_changed"}
    stage.apply()
    same_calls(plan, stage.writes()[before:])
    assert stage.dataset("project1/other")["description"] == stage.dataset("project1/collateral")["id"]
    stage.settled()


def test_a_reference_to_a_field(stage: Stage) -> None:
    declared = dataset(title="Collateral"), dataset("other", title="Not ${uipath/Dataset/collateral.title}")
    plan = stage.declare(*declared).plan()
    assert change(plan, "Dataset/other")["calls"][0]["body"] == {"dataset": {"title": "Not Collateral"}}
    stage.apply()
    stage.settled()


def test_a_saved_plan_fills_in_what_is_known_after_apply(stage: Stage) -> None:
    plan = stage.declare(dataset(), stream(description="${uipath/Dataset/collateral.id}")).plan("--save", "it.plan")
    stage.run("apply", "it.plan")
    same_calls(plan, stage.writes())
    remote = stage.dataset("project1/collateral")["id"]
    assert stage.stream("project1/collateral/dispute")["description"] == remote
    stage.settled()


def test_what_a_failed_create_would_have_told_is_not_sent(stage: Stage) -> None:
    stage.emulator.fault("error_before", method="PUT", path="/collateral$", status=422)
    stage.declare(dataset(), dataset("other", description="${uipath/Dataset/collateral.id}"), dataset("third"))
    assert statuses(stage.apply(code=3)) == {
        "Dataset/collateral": "failed",
        "Dataset/other": "skipped",
        "Dataset/third": "succeeded",
    }
    assert "(known after apply)" not in json.dumps(stage.writes())
    stage.apply()
    stage.settled()


# --- parents ----------------------------------------------------------------------------------------------------------


def test_a_parent_that_is_not_declared(stage: Stage) -> None:
    stage.declare(dataset(), stream(dataset="colateral"))
    for command in (("validate",), ("plan",)):
        done = stage.run(*command, code=1)
        assert "collateral" in done.out + done.err
        assert "resources.yaml" in done.out + done.err
    assert stage.emulator.requests() == []


def test_a_parent_outside_is_read_and_never_written(stage: Stage) -> None:
    outside(stage).declare(stream(dataset=OUTSIDE, title="A")).apply()
    stage.declare(stream(dataset=OUTSIDE, title="B")).apply()
    stage.settled()
    stage.run("destroy", "--auto-approve")
    written = [each["path"] for each in stage.writes()][2:]
    assert all(path.startswith(f"/api/v1/datasets/{OUTSIDE}/streams") for path in written)
    assert stage.dataset(OUTSIDE)


def test_a_parent_outside_that_is_not_there(stage: Stage) -> None:
    done = stage.declare(stream(dataset="project1/nowhere")).run("plan", code=1)
    assert done.out == ""
    assert "project1/nowhere does not exist" in done.err
    assert "resources.yaml:" in done.err


# --- answers that are none --------------------------------------------------------------------------------------------

Twist = Callable[[str, bytes], tuple[int, str, bytes] | None]


@contextmanager
def between(emulator: AnsweringEmulator, twist: Twist) -> Iterator[str]:
    """Stand between dsops and the emulator, and let ``twist`` change the answers to GET: status, type, body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = urllib.request.Request(
                f"{emulator.url}{self.path}",
                method=self.command,
                data=self.rfile.read(length) or None,
                headers={
                    name: self.headers[name] for name in ("authorization", "content-type") if name in self.headers
                },
            )
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
                    status, body = answer.status, answer.read()
            except urllib.error.HTTPError as refused:
                status, body = refused.code, refused.read()
            twisted = twist(self.path, body) if self.command == "GET" and status == 200 else None
            status, kind, sent = twisted or (status, "application/json", body)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body) if twisted and kind == "cut" else len(sent)))
            self.end_headers()
            self.wfile.write(sent)
            self.close_connection = True

        do_GET = do_PUT = do_POST = do_DELETE = handle_one  # noqa: N815 - names of the base class

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hidden(path: str, name: str) -> Twist:
    """Leave an object out of the listing at ``path``."""

    def twist(asked: str, body: bytes) -> tuple[int, str, bytes] | None:
        if not asked.endswith(path):
            return None
        document = json.loads(body)
        [key] = document.keys() - {"status"}
        document[key] = [each for each in document[key] if each["name"] != name]
        return 200, "application/json", json.dumps(document).encode()

    return twist


def answered(path: str, status: int, kind: str, made: Callable[[bytes], bytes]) -> Twist:
    """Answer otherwise at ``path``."""
    return lambda asked, body: (status, kind, made(body)) if asked.endswith(path) else None


NO_ANSWERS = {
    "unavailable": (503, "text/plain", lambda _: b"try later"),
    "html": (200, "text/html", lambda _: b"<html>log in first</html>"),
    "empty": (200, "application/json", lambda _: b""),
    "null": (200, "application/json", lambda _: b"null"),
    "no list": (200, "application/json", lambda _: b'{"status": "ok"}'),
    "another key": (200, "application/json", lambda _: b'{"status": "ok", "stream": [], "dataset": []}'),
    "not ok": (200, "application/json", lambda body: body.replace(b'"ok"', b'"error"', 1)),
    "half of it": (200, "application/json", lambda body: body[: len(body) // 2]),
    "cut short": (200, "cut", lambda body: body[: len(body) // 2]),
    "redirect": (302, "text/html", lambda _: b""),
    "forbidden": (403, "application/json", lambda _: b'{"status": "error", "message": "no"}'),
}
LONG = ("unavailable", "/streams")
"""Seconds of waiting that tell nothing new."""
RETRIED = {"unavailable", "html", "half of it", "cut short"}


PLACES = [(case, path) for path in ("/datasets", "/streams") for case in NO_ANSWERS if (case, path) != LONG]


@pytest.mark.parametrize(("case", "path"), PLACES)
def test_what_is_no_listing_makes_the_plan_an_error(stage: Stage, case: str, path: str) -> None:
    stage.declare(dataset(), stream()).apply()
    before = len(stage.writes())
    with between(stage.emulator, answered(path, *NO_ANSWERS[case])) as stage.endpoint:
        stage.declare(dataset(), stream())
        commands = (("plan", "--detailed-exitcode"), ("apply", "--auto-approve"), ("drift",))
        # What may be a passing trouble is asked for again, which takes its time: once is enough there.
        for command in commands[:1] if case in RETRIED else commands:
            done = stage.run(*command, code=1)
            assert done.out == ""
            assert "\nerror: " in f"\n{done.err}"
    assert len(stage.writes()) == before


@pytest.mark.parametrize(("path", "name"), [("/datasets", "collateral"), ("/streams", "dispute")])
def test_a_recorded_object_that_a_listing_hides_is_read_by_name(stage: Stage, path: str, name: str) -> None:
    with between(stage.emulator, hidden(path, name)) as stage.endpoint:
        stage.declare(dataset(), stream()).apply()
        assert stage.plan(code=0)["changes"] == []
        stage.run("drift", code=0)
        stage.declare(dataset(), stream(title="New")).apply()
        stage.settled()
        stage.run("destroy", "--auto-approve")
    assert stage.emulator.datasets() == []


def test_a_recorded_object_that_cannot_be_read_is_no_gone_one(stage: Stage) -> None:
    with between(stage.emulator, hidden("/streams", "dispute")) as stage.endpoint:
        stage.declare(dataset(), stream()).apply()
        before = len(stage.writes())
        stage.emulator.fault("error_before", method="GET", path="/streams/dispute$", times=None, status=403)
        for command in (("plan",), ("apply", "--auto-approve"), ("drift",), ("destroy", "--auto-approve")):
            done = stage.run(*command, code=1)
            assert done.out == ""
            assert done.err.startswith("error: ")
    assert len(stage.writes()) == before


def test_a_hidden_object_that_is_not_recorded_is_not_overwritten(stage: Stage) -> None:
    stage.put("project1/collateral", {"dataset": {"title": "Theirs"}})
    with between(stage.emulator, hidden("/datasets", "collateral")) as stage.endpoint:
        stage.declare(dataset(title="Ours"))
        assert actions(stage.plan()) == {"Dataset/collateral": "create not_recorded"}
        report = stage.apply(code=3)
    assert statuses(report) == {"Dataset/collateral": "failed"}
    assert "exists now" in report["outcomes"][0]["reason"]
    assert stage.dataset("project1/collateral")["title"] == "Theirs"
    assert len(stage.writes()) == 1
