"""Vi: which assets a filter means, their pages, and the deletion of many."""

import json
from pathlib import Path
from typing import Any

import pytest

from dsops.emulator import Options, SetupError, ViSwitches, parse_generate
from tests.support import start_emulator
from tests.support.vi import add_dataset, add_export, ask, held_assets, held_datasets
from tests.unit.emulator.client import Client
from tests.unit.emulator.shelving import DATASET, DATASETS, ERRORS, EXPORTS, NEW, PRUNES, Shelving, Workspace, statuses

ROOT = Path(__file__).resolve().parents[3]
MADE_UP = "/workspaces/emulator/datasets"


@pytest.fixture
def client(tmp_path: Path) -> Shelving:
    return Shelving(tmp_path)


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ({}, ["one.png", "two.png"]),
        ({"status": "error"}, ["two.png"]),
        ({"metadata.status": "error"}, ["two.png"]),
        ({"metadata.annotations.total": 0}, ["two.png"]),
        ({"metadata.annotations.total": 2.0}, ["one.png"]),
        ({"metadata.annotations.total": False}, []),
        ({"metadata.annotations.total": "0"}, []),
        ({"annotations.withTag.box": 1}, ["one.png"]),
        ({"customMetadata.camera": "top", "filename": "two.png"}, ["two.png"]),
        ({"customMetadata.camera": "top", "filename": "one.png"}, []),
        ({"filename": None}, []),
        ({"filename.deeper": 1}, []),
        ({"no.such.thing": 1}, []),
    ],
)
def test_what_a_filter_means(client: Shelving, filter_: dict[str, Any], names: list[str]) -> None:
    text = json.dumps(filter_)
    page = client.good("GET", f"{DATASET}/assets?filter={text}")
    assert [each["filename"] for each in page["items"]] == names
    assert client.count(filter=text) == len(names)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"metadataQuery": "camera=front"}, 1),
        ({"metadataQuery": "row=2 AND camera=top"}, 1),
        ({"metadataQuery": "row=2 AND camera=front"}, 0),
        ({"ruleQuery": "metadata.height = 48"}, 1),
        ({"ruleQuery": "status=error", "metadataQuery": "row=1"}, 0),
        ({"ruleQuery": 'filename="one.png"', "filter": '{"kind": "Image"}'}, 1),
    ],
)
def test_what_queries_mean(client: Shelving, query: dict[str, str], count: int) -> None:
    assert client.count(**query) == count
    if count:
        client.good("POST", PRUNES, {"spec": query}, status=201)
        assert client.count() == 2 - count


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"filter": None, "metadataQuery": None, "ruleQuery": None, "strictQuery": None},
        {"filter": {}},
        {"filter": "{}", "strictQuery": False},
        {"filter": ""},
        {"filter": "status"},
        {"filter": "{'status': 'error'}"},
        {"filter": '["status"]'},
        {"filter": {"status": {"$ne": "x"}}},
        {"filter": {"status": ["error", "none"]}},
        {"metadataQuery": ""},
        {"metadataQuery": "camera"},
        {"ruleQuery": "status>1"},
        {"filter": {"no.such": 1}, "strictQuery": True},
        {"filter": {"filename.deeper": 1}, "strictQuery": True},
    ],
)
def test_a_deletion_that_says_nothing_or_nothing_clear_is_refused(client: Shelving, spec: dict[str, Any]) -> None:
    assert "body.spec" in client.refused(422, "POST", PRUNES, {"spec": spec})
    assert client.count() == 2
    assert client.good("GET", PRUNES)["items"] == []


def test_a_strict_query_knows_what_assets_have(client: Shelving) -> None:
    for path in ("filename", "metadata.status", "status", "customMetadata.anything", "metadata.userDefined.x"):
        assert client.count(filter=json.dumps({path: "nobody"}), strictQuery="y") == 0
    client.refused(422, "GET", f'{DATASET}/assets?filter={{"statuss": 1}}&strictQuery=y')
    empty = client.good("POST", DATASETS, NEW, status=201)["datasetId"]
    assert client.good("GET", f'{DATASETS}/{empty}/assets:count?filter={{"x": 1}}&strictQuery=y') == {"count": 0}


def test_a_deletion_takes_its_time(tmp_path: Path) -> None:
    client = Shelving(tmp_path, ViSwitches(delay=5))
    client.call("POST", "/_emulator/clock", {"now": "2026-01-02T03:04:05Z"})
    session = client.good("POST", PRUNES, ERRORS, status=201)
    assert statuses(session) == {"Started": "Reached", "Finished": "Waiting"}
    assert session["spec"] == {"filter": '{"status": "error"}'}
    one = f"{PRUNES}/{session['deleteManyAssetsSessionId']}"
    assert client.good("GET", one) == session
    assert client.count() == 2
    client.advance(5)
    assert statuses(client.good("GET", one)) == {"Started": "Reached", "Finished": "Reached"}
    assert client.good("GET", PRUNES)["items"] == [client.good("GET", one)]
    after = client.good("GET", DATASET)
    assert after["statistic"] == {
        "assetTotal": 1,
        "annotationTotal": 2,
        "tagsCount": {"box": 1},
        "assetAnnotated": 1,
    }
    assert client.count() == 1


def test_deletions_and_exports_end_in_their_order(tmp_path: Path) -> None:
    client = Shelving(tmp_path, ViSwitches(delay=5))
    client.export()
    client.good("POST", PRUNES, ERRORS, status=201)
    client.good("DELETE", DATASET)
    client.advance(10)
    client.refused(404, "GET", DATASET)
    client.refused(404, "GET", PRUNES)


@pytest.fixture(scope="module")
def many() -> Workspace:
    return Workspace(Options(generate={"vi-datasets": 3, "vi-assets": 30}, vi=ViSwitches(delay=0)))


def sorted_names(client: Workspace, by: str, order: str) -> list[str]:
    """All names of the first made-up dataset, seven a page."""
    dataset_id = client.good("GET", f"{MADE_UP}?s=1")["items"][0]["datasetId"]
    path = f"{MADE_UP}/{dataset_id}/assets?s=7&sortBy={by}&o={order}"
    names: list[str] = []
    token = ""
    while True:
        page = client.good("GET", path + token)
        names += [each["filename"] for each in page["items"]]
        if page["nextPage"] is None:
            return names
        token = f"&p={page['nextPage']}"


@pytest.mark.parametrize("by", ["default", "assetId", "filename", "lastModified.contents", "metadata.fileSize"])
def test_pages_in_every_order_hold_everything_once(many: Workspace, by: str) -> None:
    up, down = sorted_names(many, by, "asc"), sorted_names(many, by, "desc")
    assert up == down[::-1]
    assert len(set(up)) == len(up) == 30
    if by in {"default", "filename"}:
        assert up == sorted(up)


def test_made_up_datasets(many: Workspace) -> None:
    first, second, third = many.good("GET", f"{MADE_UP}?s=1000")["items"]
    assert [each["type"] for each in (first, second, third)] == ["phrase-grounding", "vqa", "phrase-grounding"]
    assert {each["statistic"]["assetTotal"] for each in (first, second, third)} == {30}
    assert (first["statistic"]["assetAnnotated"], second["statistic"]["tagsCount"]) == (23, {})
    assert parse_generate("vi-assets=2") == {"vi-assets": 2}
    again = Workspace(Options(generate={"vi-datasets": 3, "vi-assets": 30}))
    path = f"{MADE_UP}/{first['datasetId']}/assets?s=30"
    hashes = [
        [each["metadata"]["hash"]["contents"] for each in client.good("GET", path)["items"]] for client in (many, again)
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 30


def test_made_up_datasets_bring_nothing_else_along() -> None:
    nothing = Workspace(Options(generate={"comments": 2}))
    assert nothing.good("GET", MADE_UP)["items"] == []
    alone = Workspace(Options(generate={"vi-datasets": 1}))
    assert Client.call(alone, "GET", "/api/v1/datasets").json()["datasets"] == []
    (only,) = alone.good("GET", MADE_UP)["items"]
    assert only["statistic"]["assetTotal"] == 0


def test_the_documented_seed_is_one(tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text((ROOT / "specs" / "vi.md").read_text().split("```yaml\n")[1].split("```")[0])
    client = Workspace(Options(seed=seed, vi=ViSwitches(delay=0)), "acme")
    (dataset,) = client.good("GET", DATASETS)["items"]
    assert (dataset["datasetId"], dataset["statistic"]["annotationTotal"]) == ("acme_shelves01", 2)
    (export,) = client.good("GET", EXPORTS)["items"]
    assert statuses(export) == {"Started": "Reached", "Finished": "Reached"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("vi: {}", "'datasets'"),
        ("vi: {datasets: [5]}", "vi.datasets[0]"),
        ("vi: {datasets: [{}]}", "'name'"),
        ("vi: {datasets: [{name: n, id: a_b}]}", "vi.datasets[0].id"),
        ("vi: {datasets: [{name: n, id: x}, {name: m, id: x}]}", "vi.datasets[1]"),
        ("vi: {datasets: [{name: n, organization: a/b}]}", "vi.datasets[0].organization"),
        ("vi: {datasets: [{name: n, assets: [{filename: a.jpg}]}]}", "vi.datasets[0].assets[0].filename"),
        ("vi: {datasets: [{name: n, assets: [{filename: ../a.png}]}]}", "vi.datasets[0].assets[0].filename"),
        ("vi: {datasets: [{name: n, assets: [{filename: a.png}, {filename: a.png}]}]}", "assets[1].filename"),
        ("vi: {datasets: [{name: n, assets: [{filename: a.png, annotations: [{}]}]}]}", "annotations[0]"),
        ("vi: {datasets: [{name: n, assets: [{filename: a.png, customMetadata: {a: []}}]}]}", "customMetadata.a"),
        ("vi: {datasets: [{name: n, exports: [{format: ViFull}]}]}", "vi.datasets[0].exports[0]"),
    ],
)
def test_a_mistake_in_a_seed_stops_the_start_and_is_named(tmp_path: Path, text: str, place: str) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(text)
    with pytest.raises(SetupError) as caught:
        Client(Options(seed=seed))
    assert place in str(caught.value)


def test_switches_of_the_command_line() -> None:
    switches = ("--vi-delay", "0", "--vi-names", "unique", "--vi-urls", "fixed", "--vi-url-seconds", "0")
    with start_emulator(*switches, "--generate", "vi-datasets=2,vi-assets=3") as running:
        first, second = held_datasets(running.url)
        assert len(held_assets(running.url, second["datasetId"])) == 3
        export = add_export(running.url, first["datasetId"])
        assert export["status"]["downloadUrl"]["expiresAt"] == export["metadata"]["lastUpdated"]
        with pytest.raises(Exception, match="409"):
            add_dataset(running.url, first["name"])
        assert ask(running.url, "GET", f"/datasets/{first['datasetId']}/assets:count") == {"count": 3}
