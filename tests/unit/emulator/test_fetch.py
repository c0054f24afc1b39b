from pathlib import Path
from typing import Any

import pytest

from dsops.emulator import Options
from tests.unit.emulator.client import STREAMS, Client
from tests.unit.emulator.mailbox import MORNING, SOURCE, SOURCE_ID, STREAM, Mailbox, comment, names

UK: dict[str, Any] = {"comment_filter": {"user_properties": {"string:Country": {"one_of": ["uk"]}}}}


def country(name: str, code: str) -> dict[str, Any]:
    return comment(name, user_properties={"string:Country": code})


def mixed() -> Mailbox:
    """A stream for uk, and comments of which d, g are let through."""
    mailbox = Mailbox(**UK)
    mailbox.upload(*(country(name, "uk" if name in "dg" else "fr") for name in "abcdefgh"))
    return mailbox


def test_a_stream_begins_when_it_is_made() -> None:
    mailbox = Mailbox()
    mailbox.upload("a")
    mailbox.good("DELETE", STREAM)
    mailbox.good("PUT", STREAMS, {"stream": {"name": "dispute"}})
    assert mailbox.fetch()["results"] == []
    mailbox.upload("b")
    assert names(mailbox.fetch()["results"]) == "b"


def test_a_fetch_repeats_until_the_stream_is_advanced() -> None:
    mailbox = Mailbox()
    mailbox.upload(*"abcde")
    first = mailbox.fetch(2)
    assert names(first["results"]) == "ab"
    assert mailbox.fetch(2) == first
    assert not mailbox.app.state.requests[-1].committed
    mailbox.advance(first["sequence_id"])
    assert names(mailbox.fetch(2)["results"]) == "cd"
    mailbox.advance(first["results"][0]["sequence_id"])
    assert names(mailbox.fetch(2)["results"]) == "bc"


def test_a_batch_and_its_last_comment_have_one_sequence_id_and_every_comment_its_own() -> None:
    mailbox = Mailbox()
    mailbox.upload(*"abc")
    batch = mailbox.fetch()
    ids = [result["sequence_id"] for result in batch["results"]]
    assert len(set(ids)) == 3
    assert ids[-1] == batch["sequence_id"]


def test_the_end_of_a_stream_is_said_when_nothing_is_left() -> None:
    mailbox = Mailbox()
    empty = mailbox.fetch()
    assert (empty["results"], empty["filtered"], empty["is_end_sequence"]) == ([], 0, True)
    mailbox.upload(*"abc")
    mailbox.advance(empty["sequence_id"])
    assert [mailbox.fetch(size)["is_end_sequence"] for size in (2, 3, 4)] == [False, True, True]


def test_filtered_comments_count_towards_the_size() -> None:
    mailbox = mixed()
    batch = mailbox.fetch(3)
    assert (names(batch["results"]), batch["filtered"], batch["is_end_sequence"]) == ("", 3, False)
    mailbox.advance(batch["sequence_id"])
    batch = mailbox.fetch(3)
    assert (names(batch["results"]), batch["filtered"]) == ("d", 2)
    mailbox.advance(batch["sequence_id"])
    batch = mailbox.fetch(3)
    assert (names(batch["results"]), batch["filtered"], batch["is_end_sequence"]) == ("g", 1, True)


@pytest.mark.parametrize(
    ("size", "max_filtered", "found", "filtered"),
    [(1, 3, "d", 3), (1, 2, "", 3), (2, 5, "dg", 5), (2, 4, "d", 5), (8, 1024, "dg", 6)],
)
def test_some_filtered_comments_do_not_count_on_request(
    size: int, max_filtered: int, found: str, filtered: int
) -> None:
    batch = mixed().fetch(size, max_filtered=max_filtered)
    assert (names(batch["results"]), batch["filtered"]) == (found, filtered)


def test_without_a_filter_nothing_is_filtered() -> None:
    mailbox = Mailbox()
    mailbox.upload(*"abc")
    batch = mailbox.fetch(2, max_filtered=1024)
    assert (names(batch["results"]), batch["filtered"]) == ("ab", 0)


def test_advancing_past_a_batch_passes_what_was_filtered_behind_its_last_comment() -> None:
    mailbox = mixed()
    batch = mailbox.fetch(6)
    assert names(batch["results"]) == "d"
    mailbox.advance(batch["results"][-1]["sequence_id"])
    assert mailbox.fetch(8)["filtered"] == 3
    mailbox.advance(batch["sequence_id"])
    assert mailbox.fetch(8)["filtered"] == 1


def test_a_reset_goes_both_ways_by_the_time_of_upload() -> None:
    mailbox = Mailbox()
    for name in "abc":
        mailbox.upload(comment(name, timestamp="1999-01-01"))
        mailbox.pass_time(3600)
    mailbox.reset("2024-05-01T09:00:00")
    assert names(mailbox.fetch()["results"]) == "bc"
    mailbox.reset("2024-05-01T12:00:00+02:00")
    assert names(mailbox.fetch()["results"]) == "c"
    mailbox.reset("2024-05-01T10:00:00.000001Z")
    assert names(mailbox.fetch()["results"]) == ""
    mailbox.reset("2000-01-01")
    assert names(mailbox.fetch()["results"]) == "abc"


def test_the_sequence_id_of_a_reset_leads_back_to_it() -> None:
    mailbox = Mailbox()
    mailbox.upload(*"ab")
    reset = mailbox.reset(MORNING)
    mailbox.advance(mailbox.fetch()["sequence_id"])
    assert mailbox.fetch()["results"] == []
    mailbox.advance(reset)
    assert names(mailbox.fetch()["results"]) == "ab"


def test_an_unknown_sequence_id_or_one_of_another_stream_is_refused() -> None:
    mailbox = Mailbox()
    mailbox.upload("a")
    mailbox.good("PUT", STREAMS, {"stream": {"name": "other"}})
    own = mailbox.fetch()["sequence_id"]
    foreign = mailbox.good("POST", f"{STREAMS}/other/fetch", {"size": 1})["sequence_id"]
    changed = own[:-1] + ("A" if own[-1] != "A" else "B")
    for given in (foreign, changed, "", "ü", own[:-4], "4LvtenIBAAA=", "qs8QcHIBAADJ1p3W2FtmBB3QiOJsCJlR"):
        message = mailbox.refused(400, "POST", f"{STREAM}/advance", {"sequence_id": given})
        assert "sequence_id" in message
    mailbox.good("DELETE", STREAM)
    mailbox.good("PUT", STREAMS, {"stream": {"name": "dispute"}})
    mailbox.refused(400, "POST", f"{STREAM}/advance", {"sequence_id": own})


def test_a_comment_that_is_uploaded_again_keeps_its_place() -> None:
    mailbox = Mailbox()
    mailbox.upload("a")
    mailbox.pass_time(60)
    mailbox.upload("b")
    assert mailbox.upload("a", comment("a", "new"), "c") == {"new": 1, "updated": 1, "unchanged": 1}
    results = mailbox.fetch()["results"]
    assert names(results) == "abc"
    first = results[0]["comment"]
    assert first["messages"][0]["body"]["text"] == "new"
    assert (first["created_at"], first["last_modified"]) == (
        "2024-05-01T08:00:00.000000Z",
        "2024-05-01T08:01:00.000000Z",
    )


def test_a_clock_put_back_leaves_new_comments_behind_the_streams_that_passed() -> None:
    mailbox = Mailbox()
    mailbox.upload("a")
    mailbox.advance(mailbox.fetch()["sequence_id"])
    mailbox.at("2024-05-01T07:00:00Z")
    mailbox.upload("b")
    assert mailbox.fetch()["results"] == []
    mailbox.reset("2024-05-01")
    assert names(mailbox.fetch()["results"]) == "ba"


def test_sources_are_merged_in_the_order_of_upload() -> None:
    mailbox = Mailbox()
    second = mailbox.good("PUT", f"{SOURCE}2", {"source": {}})["source"]["id"]
    mailbox.good(
        "POST", "/api/v1/datasets/project1/collateral", {"dataset": {"source_ids": [mailbox.source_id, second]}}
    )
    for name in "abcd":
        path = f"{SOURCE}2/sync" if name in "bd" else f"{SOURCE}/sync"
        mailbox.good("POST", path, {"comments": [comment(name)]})
    assert names(mailbox.fetch(3)["results"]) == "abc"
    mailbox.advance(mailbox.fetch(1)["sequence_id"])
    assert names(mailbox.fetch(3)["results"]) == "bcd"


def test_a_dataset_shows_its_sources_only() -> None:
    mailbox = Mailbox()
    mailbox.upload("a")
    mailbox.good("POST", "/api/v1/datasets/project1/collateral", {"dataset": {"source_ids": [SOURCE_ID]}})
    assert mailbox.fetch()["results"] == []
    assert mailbox.export()["comments"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"size": 0},
        {"size": 1025},
        {"size": "8"},
        {"size": 1.5},
        {"size": 1, "max_filtered": 1025},
        {"size": 1, "x": 1},
    ],
)
def test_a_fetch_is_strict(body: Any) -> None:
    Mailbox().refused(400, "POST", f"{STREAM}/fetch", body)


def test_positions_survive_a_restart(tmp_path: Path) -> None:
    options = Options(data=tmp_path / "data.db")
    mailbox = Mailbox(options)
    mailbox.upload(*"abc")
    batch = mailbox.fetch(2)
    mailbox.advance(batch["results"][0]["sequence_id"])
    mailbox.app.state.store.close()
    again = Client(options)
    assert names(again.good("POST", f"{STREAM}/fetch", {"size": 8})["results"]) == "bc"
    again.good("POST", f"{STREAM}/advance", {"sequence_id": batch["sequence_id"]})
    assert names(again.good("POST", f"{STREAM}/fetch", {"size": 8})["results"]) == "c"
    again.app.state.store.close()
