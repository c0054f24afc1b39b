"""Vi: exports, their archives, and how these are fetched."""

import asyncio
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from dsops.emulator import Options, ViSwitches
from tests.support import start_emulator
from tests.support.vi import add_export, archive_of, ask, headers, held_dataset
from tests.unit.emulator.client import URL
from tests.unit.emulator.shelving import DATASET, EXPORTS, FULL, PRUNES, Shelving, Workspace, statuses

AT = "2026-01-02T03:04:05Z"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def client(tmp_path: Path) -> Shelving:
    return Shelving(tmp_path)


def url_of(export: dict[str, Any]) -> str:
    return str(export["status"]["downloadUrl"]["url"])


def opened(client: Shelving, export: dict[str, Any]) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(client.fetch(url_of(export)).content))
    assert archive.testzip() is None
    return archive


def lines(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def test_an_export_takes_its_time(tmp_path: Path) -> None:
    client = Shelving(tmp_path, ViSwitches(delay=5))
    client.call("POST", "/_emulator/clock", {"now": AT})
    export = client.export()
    one = f"{EXPORTS}/{export['datasetExportId']}"
    assert [each["condition"] for each in export["status"]["conditions"]] == ["Finished", "Started"]
    client.advance(4.9)
    assert client.good("GET", one) == export
    assert "downloadUrl" not in export["status"]
    client.advance(10)
    done = client.good("GET", one)
    assert statuses(done) == {"Started": "Reached", "Finished": "Reached"}
    assert done["metadata"]["lastUpdated"] == export["metadata"]["timeCreated"] + 5000
    assert done["etag"] != export["etag"]
    assert client.good("GET", EXPORTS)["items"] == [done]


def test_two_requests_make_two_exports(client: Shelving) -> None:
    first, second = client.export(), client.export()
    assert first["datasetExportId"] != second["datasetExportId"]
    assert first["spec"] == second["spec"] == {"format": "ViFull", "options": {"normalized": True}}
    page = client.good("GET", f"{EXPORTS}?s=1")
    assert [each["datasetExportId"] for each in page["items"]] == [first["datasetExportId"]]
    rest = client.good("GET", f"{EXPORTS}?p={page['nextPage']}")
    assert [each["datasetExportId"] for each in rest["items"]] == [second["datasetExportId"]]
    client.refused(404, "GET", f"{EXPORTS}/nothing")
    client.refused(404, "GET", f"{PRUNES}/{first['datasetExportId']}")


def test_the_archive_of_a_dataset(client: Shelving) -> None:
    archive = opened(client, client.export())
    files = [name for name in archive.namelist() if not name.endswith("/")]
    assert sorted(files) == sorted(
        f"dump/{folder}/{stem}.{suffix}"
        for stem in ("one", "two")
        for folder, suffix in (("images", "png"), ("assets", "png"), ("annotations", "jsonl"))
    )
    held = {each["filename"]: each["metadata"] for each in client.good("GET", f"{DATASET}/assets")["items"]}
    for name in ("one.png", "two.png"):
        picture = archive.read(f"dump/images/{name}")
        assert picture == archive.read(f"dump/assets/{name}")
        assert picture.startswith(PNG)
        size = (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24]))
        assert (len(picture), *size) == tuple(held[name][each] for each in ("fileSize", "width", "height"))
    first, second = lines(archive, "dump/annotations/one.jsonl")
    assert first["asset"] == {"type": "Image", "filename": "one.png", "height": 48, "width": 64}
    assert first["contents"]["type"] == "PhraseGrounding"
    assert first["contents"]["groundedPhrases"][0]["bounds"][2] == [0.5, 0.75]
    assert (second["contents"]["caption"], second["id"] == first["id"]) == ("a shelf", False)
    assert lines(archive, "dump/annotations/two.jsonl") == []


def test_annotations_alone_in_pixels_on_two_sides(client: Shelving) -> None:
    archive = opened(client, client.export(format="ViJsonl", normalized=False, splitRatio=0.5))
    assert {name.split("/")[0] for name in archive.namelist()} == {"training", "validation"}
    assert not [name for name in archive.namelist() if "png" in name or "images" in name]
    (name,) = (name for name in archive.namelist() if name.endswith("one.jsonl"))
    assert lines(archive, name)[0]["contents"]["groundedPhrases"][0]["bounds"][2] == [32, 36]


def test_the_sides_have_about_the_shares_asked_for_and_pictures_stay_on_theirs() -> None:
    with start_emulator("--vi-delay", "0", "--generate", "vi-assets=400") as running:
        dataset_id = held_dataset(running.url, "shelves-00000")["datasetId"]

        def training() -> set[str]:
            names = archive_of(add_export(running.url, dataset_id, "ViJsonl", split_ratio=0.75)).namelist()
            assert len([name for name in names if name.endswith(".jsonl")]) in {400, 360}
            return {name for name in names if name.startswith("training/") and name.endswith(".jsonl")}

        before = training()
        assert 260 < len(before) < 340
        spec = {"filter": {"status": "error"}, "metadataQuery": None, "ruleQuery": None, "strictQuery": None}
        ask(running.url, "POST", f"/datasets/{dataset_id}/deleteManyAssetsSessions", {"spec": spec})
        assert training() < before


def test_the_same_data_gives_the_same_archive_and_an_old_one_stays(client: Shelving) -> None:
    old = client.export()
    etag = client.fetch(url_of(old), "HEAD").headers["etag"]
    assert client.fetch(url_of(client.export()), "HEAD").headers["etag"] == etag
    client.good("POST", PRUNES, {"spec": {"filter": {"filename": "two.png"}}}, status=201)
    assert client.fetch(url_of(client.export()), "HEAD").headers["etag"] != etag
    assert "dump/images/two.png" in opened(client, old).namelist()


def test_an_empty_dataset_has_an_archive(client: Shelving) -> None:
    client.good("POST", PRUNES, {"spec": {"filter": {"kind": "Image"}}}, status=201)
    names = opened(client, client.export(splitRatio=0.8)).namelist()
    assert {"training/images/", "validation/annotations/"} <= set(names)


def test_a_format_it_does_not_write_fails(client: Shelving) -> None:
    export = client.export(format="Coco")
    (finished,) = (each for each in export["status"]["conditions"] if each["condition"] == "Finished")
    assert (finished["status"], finished["reason"]) == ("FailedReach", "NotSupported")
    assert "downloadUrl" not in export["status"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=5-5", 5, 5),
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=1-99999999", 1, None),
    ],
)
def test_ranges(client: Shelving, asked: str, first: int, last: int | None) -> None:
    url = url_of(client.export())
    whole = client.fetch(url)
    part = client.fetch(url, Range=asked)
    assert part.status_code == 206
    expected = whole.content[first:] if last is None else whole.content[first : last + 1]
    assert part.content == expected
    size = len(whole.content)
    start = first % size
    assert part.headers["content-range"] == f"bytes {start}-{start + len(expected) - 1}/{size}"
    assert part.headers["content-length"] == str(len(expected))
    assert part.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=5-2", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b"])
def test_a_range_that_is_not_understood_is_everything(client: Shelving, asked: str) -> None:
    url = url_of(client.export())
    answer = client.fetch(url, Range=asked)
    assert (answer.status_code, answer.content) == (200, client.fetch(url).content)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_behind_the_end(client: Shelving, asked: str) -> None:
    answer = client.fetch(url_of(client.export()), Range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-range"].startswith("bytes */")


def test_a_part_of_another_archive_is_everything(client: Shelving) -> None:
    url = url_of(client.export())
    etag = client.fetch(url, "HEAD").headers["etag"]
    assert client.fetch(url, Range="bytes=0-9", If_Range=etag).status_code == 206
    assert client.fetch(url, Range="bytes=0-9", If_Range='"other"').status_code == 200


def test_an_address_is_good_for_what_it_names_until_it_expires(tmp_path: Path) -> None:
    client = Shelving(tmp_path, ViSwitches(delay=0, url_lifetime=60))
    client.call("POST", "/_emulator/clock", {"now": AT})
    export, other = client.export(), client.export()
    url = url_of(export)
    assert urlsplit(url)[:2] == urlsplit(URL)[:2]
    for wrong in (
        url.partition("?")[0],
        url[:-1],
        url.replace(export["datasetExportId"], other["datasetExportId"]),
        url.replace("expires=1", "expires=2"),
        url.replace("expires=1", "expires=x"),
    ):
        assert client.fetch(wrong).status_code == 403
    assert client.fetch(url, "POST").status_code == 405
    client.advance(59)
    assert client.fetch(url).status_code == 200
    client.advance(1)
    assert client.fetch(url, "HEAD").status_code == 403
    assert "expired" in client.fetch(url).json()["message"]
    assert client.fetch(url_of(client.good("GET", f"{EXPORTS}/{export['datasetExportId']}"))).status_code == 200


def test_an_address_that_is_signed_once_stays_expired(tmp_path: Path) -> None:
    client = Shelving(tmp_path, ViSwitches(delay=5, url_lifetime=60, renew_urls=False))
    client.call("POST", "/_emulator/clock", {"now": AT})
    one = f"{EXPORTS}/{client.export()['datasetExportId']}"
    client.advance(30)
    before = client.good("GET", one)
    assert before["status"]["downloadUrl"]["expiresAt"] == before["metadata"]["lastUpdated"] + 60_000
    client.advance(60)
    after = client.good("GET", one)
    assert after == before
    assert client.fetch(url_of(after)).status_code == 403


def test_an_archive_goes_with_its_dataset(client: Shelving) -> None:
    url = url_of(client.export())
    client.good("DELETE", DATASET)
    assert client.fetch(url).status_code == 404


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A seed of a dataset whose archive is about 9 MB."""
    seed = tmp_path / "large.yaml"
    entries = [{"filename": f"{number}.png", "width": 1024, "height": 1024} for number in range(6)]
    seed.write_text(json.dumps({"vi": {"datasets": [{"name": "large", "id": "large", "assets": entries}]}}))
    return seed


@pytest.mark.parametrize("is_deleted", [False, True])
def test_an_archive_on_its_way_ends_short_when_it_is_deleted(large: Path, is_deleted: bool) -> None:
    client = Workspace(Options(seed=large, vi=ViSwitches(delay=0)))
    dataset = "/workspaces/emulator/datasets/emulator_large"
    url = urlsplit(url_of(client.good("POST", f"{dataset}/datasetExports", FULL, status=201)))
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not sent:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)
        if len(sent) == 2 and is_deleted:  # the first piece is sent
            async with client.http(None) as http:
                (await http.delete(dataset, headers=headers())).raise_for_status()

    scope = {"type": "http", "method": "GET", "raw_path": url.path.encode(), "path": url.path, "headers": []}
    asyncio.run(client.app({**scope, "query_string": url.query.encode()}, receive, send))
    length = int(dict(sent[0]["headers"])[b"content-length"])
    got = sum(len(message.get("body", b"")) for message in sent)
    assert 8_000_000 < length < 12_000_000
    assert (got == length) != is_deleted
    assert len(sent) > (2 if is_deleted else 30)


def test_downloads_in_parallel_parts_over_a_socket(large: Path) -> None:
    with start_emulator("--vi-delay", "0", "--seed", large) as running:
        export = add_export(running.url, held_dataset(running.url, "large")["datasetId"])
        with httpx.Client(trust_env=False, verify=False, timeout=60) as http:
            whole = http.get(url_of(export)).content
            size = int(http.head(url_of(export)).headers["content-length"])
            starts = range(0, size, 1_000_000)

            def part(start: int) -> bytes:
                return http.get(url_of(export), headers={"Range": f"bytes={start}-{start + 999_999}"}).content

            with ThreadPoolExecutor(4) as pool:
                parts = list(pool.map(part, starts))
        assert b"".join(parts) == whole
        assert archive_of(export).testzip() is None
        logged = [entry for entry in running.requests() if entry["path"].startswith("/vi-downloads/")]
        assert [entry["status"] for entry in logged] == [200, 200, *[206] * len(starts), 200]
        assert not any(entry["committed"] for entry in logged)
