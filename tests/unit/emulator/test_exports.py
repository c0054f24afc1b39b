from typing import Any

import pytest

from tests.unit.emulator.client import DATASET, STREAMS
from tests.unit.emulator.mailbox import SOURCE, STREAM, Mailbox, comment, names


def full() -> Mailbox:
    """Comments a to f, an hour between uploads; their own timestamps run the other way."""
    mailbox = Mailbox()
    for number, name in enumerate("abcdef"):
        mailbox.upload(comment(name, timestamp=f"2024-04-{20 - number:02}T00:00:00Z"))
        mailbox.pass_time(3600)
    return mailbox


def pages(mailbox: Mailbox, **request: Any) -> list[str]:
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        answer = mailbox.export(**request, **more)
        found.append(names(answer["comments"]))
        if "continuation" not in answer:
            return found
        more = {"continuation": answer["continuation"]}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, "fedcba"),
        ({"order_by": "timestamp"}, "fedcba"),
        ({"order_by": "created_at"}, "abcdef"),
        ({"from": "2024-04-18T00:00:00Z"}, "cba"),
        ({"to": "2024-04-18T00:00:00Z"}, "fedc"),
        ({"from": "2024-04-17", "to": "2024-04-18T02:00:00+02:00"}, "dc"),
        ({"order_by": "created_at", "from": "2024-05-01T09:00:00Z", "to": "2024-05-01T11:00:00"}, "bcd"),
        ({"order_by": "created_at", "from": "2024-05-01T09:00:00.000001Z"}, "cdef"),
        ({"from": "2024-04-19", "to": "2024-04-18"}, ""),
        ({"source_ids": ["0123456789abcdef"]}, ""),
        ({"source_ids": []}, ""),
    ],
)
def test_what_is_exported_and_in_which_order(request_: dict[str, Any], expected: str) -> None:
    mailbox = full()
    assert pages(mailbox, **request_) == [expected]
    assert "".join(pages(mailbox, limit=1, **request_)) == expected


def test_pages_end_without_a_continuation() -> None:
    mailbox = full()
    assert pages(mailbox, limit=4) == ["fedc", "ba"]
    assert pages(mailbox, limit=3) == ["fed", "cba"]
    assert pages(mailbox, limit=6) == ["fedcba"]


def test_a_page_holds_64_comments_unless_asked_and_at_most_256() -> None:
    mailbox = Mailbox()
    mailbox.upload(*(f"c{number:03}" for number in range(300)))
    assert len(mailbox.export()["comments"]) == 64
    assert len(mailbox.export(limit=256)["comments"]) == 256
    for limit in (0, 257, "1", 1.5):
        assert "limit" in mailbox.refused(400, "POST", f"{DATASET}/export", {"limit": limit})


@pytest.mark.parametrize("order_by", ["created_at", "timestamp"])
def test_comments_that_arrive_meanwhile_push_nothing_out_and_nothing_in_twice(order_by: str) -> None:
    mailbox = Mailbox()
    same = {"timestamp": "2024-04-10T00:00:00Z"}
    mailbox.upload(*(comment(name, **same) for name in "abcd"))
    first = mailbox.export(order_by=order_by, limit=2)
    mailbox.pass_time(1)
    mailbox.upload(comment("x", timestamp="2024-04-09"), comment("y", **same), comment("z", timestamp="2024-04-11"))
    rest = mailbox.export(order_by=order_by, limit=256, continuation=first["continuation"])
    seen = names(first["comments"]) + names(rest["comments"])
    assert seen == ("abcdyz" if order_by == "timestamp" else "abcdxyz")


def test_a_continuation_goes_with_its_own_request() -> None:
    mailbox = full()
    mailbox.good("PUT", "/api/v1/datasets/project1/other", {"dataset": {"source_ids": [mailbox.source_id]}})
    request = {"order_by": "created_at", "from": "2024-05-01", "source_ids": [mailbox.source_id]}
    continuation = mailbox.export(limit=2, **request)["continuation"]
    assert names(mailbox.export(limit=3, continuation=continuation, **request)["comments"]) == "cde"
    same = request | {"from": "2024-05-01T00:00:00Z", "source_ids": [mailbox.source_id] * 2}
    assert names(mailbox.export(continuation=continuation, **same)["comments"]) == "cdef"
    changed: list[dict[str, Any]] = [{**request, "order_by": "timestamp"}, {**request, "to": "2025-01-01"}]
    changed += [{key: request[key] for key in request if key != left_out} for left_out in request]
    for body in changed:
        message = mailbox.refused(400, "POST", f"{DATASET}/export", {**body, "continuation": continuation})
        assert "continuation" in message
    for text in ("", "x", "2024-05-01T08:00:00.000000Z.", continuation[:-1], continuation + "00", "." + "0" * 32):
        mailbox.refused(400, "POST", f"{DATASET}/export", {**request, "continuation": text})
    other = "/api/v1/datasets/project1/other/export"
    mailbox.refused(400, "POST", other, {**request, "continuation": continuation})


def test_comments_by_uid_stand_alone() -> None:
    mailbox = full()
    uids = [mailbox.uid(name) for name in "abxa"] + ["0123456789abcdef.a"]
    answer = mailbox.export(comment_uids=uids)
    assert names(answer["comments"]) == "ba"
    assert "continuation" not in answer
    others: tuple[dict[str, Any], ...] = (
        {"limit": 1},
        {"from": "2024-01-01"},
        {"source_ids": []},
        {"order_by": "timestamp"},
    )
    for other in others:
        message = mailbox.refused(400, "POST", f"{DATASET}/export", {"comment_uids": uids, **other})
        assert next(iter(other)) in message
    many = [mailbox.uid(f"c{number}") for number in range(257)]
    assert mailbox.export(comment_uids=many[:256])["comments"] == []
    assert "257" in mailbox.refused(400, "POST", f"{DATASET}/export", {"comment_uids": many})
    mailbox.refused(400, "POST", f"{DATASET}/export", {"comment_uids": ["a"]})


def test_a_comment_is_shown_as_it_was_uploaded() -> None:
    mailbox = Mailbox()
    message = {
        "from": "a@example.com",
        "to": ["b@example.com"],
        "subject": {"text": "Ünïcode"},
        "body": {"text": "x"},
        "sent_at": "2024-01-01",
    }
    sent = comment(
        "a", messages=[message], user_properties={"string:Country": "uk", "number:Spend": 2.5}, thread_id="t"
    )
    mailbox.upload(sent)
    shown = mailbox.export()["comments"][0]["comment"]
    assert shown == mailbox.fetch()["results"][0]["comment"]
    assert shown == sent | {
        "timestamp": "2024-04-30T10:00:00.000000Z",
        "created_at": "2024-05-01T08:00:00.000000Z",
        "last_modified": "2024-05-01T08:00:00.000000Z",
        "attachments": [],
        "context": "1",
        "has_annotations": False,
        "source_id": mailbox.source_id,
        "text_format": "plain",
        "uid": mailbox.uid("a"),
    }


def exception(uid: str, kind: str) -> dict[str, Any]:
    return {"uid": uid, "metadata": {"type": kind}}


def tagged(mailbox: Mailbox) -> dict[str, Any]:
    return {
        item["comment"]["id"]: item["comment"]["user_properties"]
        for item in mailbox.export()["comments"]
        if item["comment"]["user_properties"]
    }


def test_exceptions_tag_comments_until_they_are_untagged() -> None:
    mailbox = full()
    mailbox.good("PUT", STREAMS, {"stream": {"name": "other"}})
    a, b = mailbox.uid("a"), mailbox.uid("b")
    body = {"exceptions": [exception(a, "No Prediction"), exception(b, "Wrong Prediction")]}
    assert mailbox.good("PUT", f"{STREAM}/exceptions", body) == {"status": "ok"}
    mailbox.good("PUT", f"{STREAM}/exceptions", {"exceptions": [exception(b, "Odd")]})
    mailbox.good("PUT", f"{STREAMS}/other/exceptions", {"exceptions": [exception(b, "Slow")]})
    of_b = {"string:Exception (dispute)": "Odd", "string:Exception (other)": "Slow"}
    assert tagged(mailbox) == {"a": {"string:Exception (dispute)": "No Prediction"}, "b": of_b}
    assert mailbox.good("DELETE", f"{STREAM}/exceptions?uid={a}&uid={b}&uid={a}") == {"status": "ok"}
    assert tagged(mailbox) == {"b": {"string:Exception (other)": "Slow"}}
    mailbox.good("DELETE", f"{STREAM}/exceptions?uid={a}")


def test_exceptions_are_all_or_none_and_of_the_dataset() -> None:
    mailbox = full()
    good = exception(mailbox.uid("a"), "t")
    for missing in (mailbox.uid("x"), "0123456789abcdef.a"):
        body = {"exceptions": [good, exception(missing, "t")]}
        assert missing in mailbox.refused(422, "PUT", f"{STREAM}/exceptions", body)
        assert missing in mailbox.refused(422, "DELETE", f"{STREAM}/exceptions?uid={mailbox.uid('a')}&uid={missing}")
    assert tagged(mailbox) == {}
    mailbox.refused(400, "PUT", f"{STREAM}/exceptions", {"exceptions": [good | {"metadata": {}}]})
    mailbox.refused(400, "PUT", f"{STREAM}/exceptions", {"exceptions": [exception("a", "t")]})
    for query in ("", "?uid=", "?uid=a", "?id=a"):
        mailbox.refused(400, "DELETE", f"{STREAM}/exceptions{query}")


def test_uids_in_a_query_are_decoded() -> None:
    mailbox = Mailbox()
    mailbox.upload("a&b=c")
    assert mailbox.good("DELETE", f"{STREAM}/exceptions?uid={mailbox.source_id}%2Ea%26b%3Dc") == {"status": "ok"}


def test_sources_are_listed_and_kept() -> None:
    mailbox = Mailbox()
    made = mailbox.good("PUT", "/api/v1/sources/project2%2Fchat", {"source": {"title": "Chat"}})["source"]
    assert mailbox.good("GET", "/api/v1/sources/project2/chat")["source"] == made
    assert mailbox.good("GET", "/api/v1/sources/project2")["sources"] == [made]
    assert [source["name"] for source in mailbox.good("GET", "/api/v1/sources")["sources"]] == ["mail", "chat"]
    assert "project2/chat" in mailbox.refused(409, "PUT", "/api/v1/sources/project2/chat", {"source": {}})
    mailbox.refused(404, "GET", "/api/v1/sources/project2/mail")


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "a"},
        comment("a/b"),
        comment(""),
        comment("a", timestamp="soon"),
        comment("a", messages=[]),
        comment("a", messages=[{"subject": {"text": "x"}}]),
        comment("a", user_properties={"Country": "uk"}),
        comment("a", user_properties={"number:Spend": "1"}),
        comment("a", colour="red"),
    ],
)
def test_an_upload_is_strict_and_all_or_none(entry: dict[str, Any]) -> None:
    mailbox = Mailbox()
    mailbox.refused(400, "POST", f"{SOURCE}/sync", {"comments": [comment("good"), entry]})
    assert mailbox.export()["comments"] == []
