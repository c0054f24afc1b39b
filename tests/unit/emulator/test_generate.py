import json
import re
import shlex
import signal
import subprocess
import sys
from typing import Any

import httpx
import pytest

from dsops.emulator import Options, SetupError, parse_generate
from tests.support import run_dsops, start_emulator
from tests.unit.emulator.client import Client

GENERATED = "/api/v1/datasets/generated"


def account(**counts: int) -> Client:
    return Client(Options(generate=counts))


def export(client: Client, dataset: str = "mail-00000", **request: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.good("POST", f"{GENERATED}/{dataset}/export", request)["comments"]
    return found


def test_the_same_numbers_give_the_same_account() -> None:
    first, second = account(comments=100, streams=2), account(comments=100, streams=2)
    assert export(first, limit=256) == export(second, limit=256)
    fetched = first.good("POST", f"{GENERATED}/mail-00000/streams/stream-00000/fetch", {"size": 50})
    assert fetched == second.good("POST", f"{GENERATED}/mail-00000/streams/stream-00000/fetch", {"size": 50})
    before = export(first, limit=256)
    first.good("POST", "/_emulator/reset")
    assert export(first, limit=256) == before


def test_there_is_as_much_as_was_asked_for() -> None:
    client = account(comments=90, datasets=3, streams=7)
    names = [dataset["name"] for dataset in client.good("GET", GENERATED)["datasets"]]
    assert names == ["mail-00000", "mail-00001", "mail-00002"]
    assert [len(client.good("GET", f"{GENERATED}/{name}/streams")["streams"]) for name in names] == [3, 2, 2]
    assert [len(export(client, name)) for name in names] == [30, 30, 30]
    assert len(client.good("GET", "/api/v1/sources/generated")["sources"]) == 6
    tags = client.good("GET", f"{GENERATED}/mail-00000/model-tags")["model_tags"]
    assert {tag["name"]: tag["version"] for tag in tags} == {"live": 8, "staging": 9}


def test_streams_and_datasets_may_be_none() -> None:
    assert account(datasets=2).good("GET", GENERATED)["datasets"] != []
    assert account(comments=3, datasets=0).good("GET", GENERATED)["datasets"] == []
    assert account(streams=0).good("GET", f"{GENERATED}/mail-00000/streams")["streams"] == []
    assert Client(Options()).good("GET", "/api/v1/sources")["sources"] == []


def test_made_up_mails_are_worth_reading() -> None:
    items = export(account(comments=256), limit=256, order_by="created_at")
    first = items[0]["comment"]
    assert first["messages"][0]["subject"]["text"]
    assert "@" in first["messages"][0]["from"]
    assert len({item["comment"]["uid"] for item in items}) == 256
    assert 10 < sum(item["comment"]["has_annotations"] for item in items) < 50
    assert sum(bool(item["predictions"]["labels"]) for item in items) > 200
    created = [item["comment"]["created_at"] for item in items]
    assert created == sorted(set(created))
    assert all(item["comment"]["timestamp"] < item["comment"]["created_at"] for item in items)
    by_timestamp = export(account(comments=256), limit=256)
    assert [item["comment"]["uid"] for item in by_timestamp] != [item["comment"]["uid"] for item in items]


def test_made_up_streams_have_something_to_fetch_and_to_filter() -> None:
    client = account(comments=200, streams=4)
    fetched = [
        client.good("POST", f"{GENERATED}/mail-00000/streams/stream-{number:05}/fetch", {"size": 200})
        for number in range(4)
    ]
    assert [batch["filtered"] > 0 for batch in fetched] == [False, True, True, False]
    assert all(batch["results"] and batch["is_end_sequence"] for batch in fetched)
    labels = [{label["name"][0] for result in batch["results"] for label in result["labels"]} for batch in fetched]
    assert labels[0] == {"Dispute", "Payment"}
    assert len(labels[1]) > 2
    assert labels[3] == set()


def test_ten_thousand_comments_are_all_reached_in_forty_pages() -> None:
    client = account(comments=10_000)
    seen: set[str] = set()
    more: dict[str, str] = {}
    pages = 0
    while True:
        answer = client.good("POST", f"{GENERATED}/mail-00000/export", {"limit": 256, **more})
        seen |= {item["comment"]["uid"] for item in answer["comments"]}
        pages += 1
        if "continuation" not in answer:
            break
        more = {"continuation": answer["continuation"]}
    assert (len(seen), pages) == (10_000, 40)


@pytest.mark.parametrize(
    "text", ["", "comments", "comments=", "comments=-1", "comments=1e3", "mails=3", "comments=99999999"]
)
def test_a_wrong_number_is_named(text: str) -> None:
    with pytest.raises(SetupError, match="comments=0"):
        parse_generate(text)


def test_numbers_are_read() -> None:
    assert parse_generate("comments=10, datasets=2,streams=0") == {"comments": 10, "datasets": 2, "streams": 0}


def test_the_command_makes_up_an_account_and_says_how_to_use_it() -> None:
    with start_emulator("--generate", "comments=5,streams=2") as running:
        found = running.request("POST", f"{GENERATED}/mail-00000/export", {})["comments"]
        assert len(found) == 5
    done = run_dsops("emulator", "--generate", "comments=many").ok(1)
    assert "--generate" in done.err
    assert "Traceback" not in done.err


def guide(level: str) -> tuple[str, str]:
    """The address of an emulator that was started, and what it wrote to stderr until it was stopped."""
    command = [sys.executable, "-m", "dsops", "emulator", "--port", "0", "--log-level", level]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = str(json.loads(process.stdout.readline())["url"])
        httpx.get(f"{url}/_emulator/clock", trust_env=False).raise_for_status()
        process.send_signal(signal.SIGINT)
        return url, process.communicate(timeout=20)[1]


def test_the_guide_holds_commands_that_work(client: Client) -> None:
    url, told = guide("info")
    curls = re.findall(r"  curl (.*?'[\[{].*?')$", told, re.MULTILINE | re.DOTALL)
    calls = [shlex.split(command.replace("\n", " ")) for command in curls]
    assert len(calls) == 3
    for words in calls:
        method = words[words.index("-X") + 1] if "-X" in words else "POST"
        path = next(word for word in words if word.startswith(url)).removeprefix(url)
        client.good(method, path, json.loads(words[words.index("-d") + 1]))
    assert client.good("GET", "/api/v1/sources")["sources"][0]["owner"] == "project1"


def test_the_guide_can_be_silenced() -> None:
    assert guide("warning")[1] == ""
