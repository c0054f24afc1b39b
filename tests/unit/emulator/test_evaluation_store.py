"""Long answers, kept data, seeds and made-up rows."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from dsops.emulator import ExtensionField, GeaiSwitches, Options, SetupError, Upload, parse_generate
from dsops.emulator.geai import jsonl, manifest_rows
from tests.support import start_emulator
from tests.support.geai import TOKEN, held_rows
from tests.unit.emulator.client import Client
from tests.unit.emulator.evaluation import API, PLAIN, ROW, Evaluation

MANY = 4_000
ROOT = Path(__file__).resolve().parents[3]


def generated(rows: int) -> Evaluation:
    return Evaluation(Options(generate={"geai-rows": rows}))


def test_a_long_answer_is_the_same_as_its_rows_one_by_one() -> None:
    client = generated(MANY)
    made, faq = client.good("GET", f"{API}/dataSets")
    assert len(made["rows"]) == MANY
    assert len({row["dataSetRowId"] for row in made["rows"]}) == MANY
    at = f"{API}/dataSet/{made['dataSetId']}"
    assert client.good("GET", at) == made
    assert client.good("GET", f"{at}/dataSetRows") == made["rows"]
    assert client.good("GET", f"{at}/dataSetRow/{made['rows'][-1]['dataSetRowId']}") == made["rows"][-1]
    assert len(faq["rows"]) == 1


@pytest.mark.parametrize("delete_all", [False, True])
def test_an_answer_on_its_way_shows_what_was_there_when_it_was_asked_for(delete_all: bool) -> None:
    client = generated(MANY)
    before = client.good("GET", f"{API}/dataSets")
    dataset = f"{API}/dataSet/{before[0]['dataSetId']}"
    last = f"{dataset}/dataSetRow/{before[0]['rows'][-1]['dataSetRowId']}"
    sent: list[bytes] = []

    async def write() -> None:
        async with client.http() as http:
            for call in (
                http.put(last, json={"dataSetRowInput": "changed", "expectedSources": []}),
                http.post(f"{dataset}/dataSetRow", json=PLAIN),
                http.delete(dataset if delete_all else last),
            ):
                (await call).raise_for_status()

    async def receive() -> dict[str, Any]:
        if not sent:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])
            if len(sent) == 1:  # the rest of the answer is still to come
                await write()

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"{API}/dataSets",
        "raw_path": f"{API}/dataSets".encode(),
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer emulator")],
    }
    asyncio.run(client.app(scope, receive, send))
    assert len(sent) > 3
    assert json.loads(b"".join(sent)) == before
    left = [len(each["rows"]) for each in client.good("GET", f"{API}/dataSets")]
    assert left == ([1] if delete_all else [MANY, 1])


def test_an_answer_whose_client_is_gone_is_not_read_to_its_end() -> None:
    client = generated(MANY)
    sent: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"} if sent else {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    path = f"{API}/dataSets"
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    asyncio.run(client.app({**scope, "headers": [(b"authorization", b"Bearer emulator")]}, receive, send))
    assert len(sent) < 5
    assert len(client.good("GET", path)[0]["rows"]) == MANY


def test_long_answers_take_no_memory_and_keep_nobody_waiting(tmp_path: Path) -> None:
    count = 60_000
    with start_emulator("--data", tmp_path / "data.db", "--generate", f"geai-rows={count}") as running:
        status = Path(f"/proc/{running.process.pid}/status")
        if not status.exists():
            pytest.skip("this system doesn't tell how much memory a process takes")

        def peak() -> int:
            return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))

        before = peak()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        size = 0
        with (
            httpx.Client(base_url=running.url, headers=headers, trust_env=False, timeout=60) as http,
            http.stream("GET", f"{API}/dataSets") as answer,
        ):
            for number, piece in enumerate(answer.iter_raw()):
                size += len(piece)
                if number == 3:
                    assert running.request("GET", "/_emulator/clock")["running"]
        assert answer.headers["transfer-encoding"] == "chunked"
        assert size > count * 1200
        assert peak() - before < 30_000  # kB, of an answer of more than 70 MB


def test_made_up_rows_are_those_of_the_manifest() -> None:
    with start_emulator("--generate", "geai-rows=20") as running:
        held = held_rows(running.url, "generated")
    assert held == [json.loads(line) for line in jsonl(20)] == list(manifest_rows(20))


def test_made_up_rows_are_of_a_good_size_and_all_different() -> None:
    lines = list(jsonl(2000))
    assert 1100 < sum(map(len, lines)) / 2000 < 1500
    assert len({json.loads(line)["input"] for line in lines}) == 2000
    assert list(jsonl(2000)) == lines
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)


def test_made_up_rows_bring_nothing_else_along() -> None:
    assert parse_generate("geai-rows=2") == {"geai-rows": 2}
    client = generated(2)
    assert Client.good(client, "GET", "/api/v1/datasets")["datasets"] == []
    assert [each["dataSetName"] for each in client.good("GET", f"{API}/dataSets")] == ["generated", "faq"]
    (only,) = Evaluation(Options(generate={"comments": 3})).good("GET", f"{API}/dataSets")
    assert only["dataSetName"] == "faq"


def kept(path: Path, **switches: Any) -> Evaluation:
    """An emulator on a file, which it opens anew for each test step."""
    return Evaluation(Options(data=path, geai=GeaiSwitches(**switches)))


def test_data_is_kept_in_a_file_with_what_is_still_to_be_done(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    client = kept(path, upload=Upload.ASYNC)
    client.call("POST", "/_emulator/clock", {"now": "2026-01-02T03:04:05Z"})
    client.call("POST", f"{client.dataset}/dataSetRow/FileUpload", [PLAIN])
    before = client.good("GET", f"{API}/dataSets")[0]
    client.app.state.store.close()
    again = Client(Options(data=path, generate={"geai-rows": 5}, clock=Options().clock))
    (after,) = again.call("GET", f"{API}/dataSets").json()
    again.app.state.store.close()
    assert after["rows"][:-1] == before["rows"]
    assert after["dataSetUpdateDate"] == "2026-01-02T03:04:05.300Z"


def test_what_is_kept_with_one_spelling_is_not_served_with_another(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    kept(path, extension_field=ExtensionField.SDK).app.state.store.close()
    for mode in (ExtensionField.EITHER, ExtensionField.VENDOR, ExtensionField.BOTH):
        with pytest.raises(SetupError, match="--extension-field"):
            Client(Options(data=path, geai=GeaiSwitches(extension_field=mode)))
    Client(Options(data=path, geai=GeaiSwitches(extension_field=ExtensionField.SDK))).app.state.store.close()


def seeded(path: Path, text: str) -> Client:
    path.write_text(text)
    return Client(Options(seed=path))


def test_the_documented_seed_is_one(tmp_path: Path) -> None:
    page = (ROOT / "specs" / "geai.md").read_text()
    client = seeded(tmp_path / "seed.yaml", page.split("```yaml\n")[1].split("```")[0])
    assert client.call("GET", f"{API}/dataSets").json() == []

    async def ask() -> Any:
        async with client.http() as http:
            return (await http.get(f"{API}/dataSets", headers={"ProjectId": "p-17"})).json()

    (dataset,) = asyncio.run(ask())
    assert (dataset["dataSetName"], dataset["dataSetType"]) == ("faq-eval", "E")
    (row,) = dataset["rows"]
    assert {name: row[name] for name in PLAIN} == {name: ROW[name] for name in PLAIN}
    assert row["expectedSources"][0]["dataSetexpectedSourceExtention"] == "txt"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("geai: {}", "'datasets'"),
        ("geai: {datasets: [5]}", "geai.datasets[0]"),
        ("geai: {datasets: [{}]}", "geai.datasets[0].dataSetName"),
        ("geai: {datasets: [{dataSetName: n, projectId: 5}]}", "geai.datasets[0].projectId"),
        ("geai: {datasets: [{dataSetName: n, rows: [{}]}]}", "geai.datasets[0].rows[0].dataSetRowInput"),
        ("geai: {datasets: [{dataSetName: n}, {dataSetName: n}]}", "geai.datasets[1]"),
    ],
)
def test_a_mistake_in_a_seed_stops_the_start_and_is_named(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SetupError) as caught:
        seeded(tmp_path / "seed.yaml", text)
    assert place in str(caught.value)
