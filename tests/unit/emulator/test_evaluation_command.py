"""Every switch of the command line reaches the emulator."""

import httpx
import pytest

from tests.support import start_emulator
from tests.support.geai import PREFIX, TOKEN
from tests.unit.emulator.evaluation import ROW


def ask(url: str, method: str, path: str, body: object = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.request(method, f"{url}{PREFIX}{path}", json=body, headers=headers, trust_env=False, timeout=20)


@pytest.mark.parametrize("row_put", ["replace", "merge", "ignore-nested"])
def test_switches_of_the_command_line(row_put: str) -> None:
    switches = ("--extension-field", "both", "--upload-answer", "summary", "--delete-answer", "empty")
    with start_emulator(*switches, "--row-put", row_put, "--error-in-200") as running:
        made = ask(running.url, "POST", "/dataSet", {"dataSetName": "n", "rows": [ROW]}).json()
        source = made["rows"][0]["expectedSources"][0]
        assert source["dataSetexpectedSourceExtention"] == source["dataSetExpectedSourceExtension"] == "txt"
        dataset = f"/dataSet/{made['dataSetId']}"
        assert ask(running.url, "POST", f"{dataset}/dataSetRow/FileUpload", [ROW]).json()["totalRowsUploaded"] == 1
        new = {"dataSetExpectedSourceName": "other", "dataSetExpectedSourceValue": "v"}
        row = f"{dataset}/dataSetRow/{made['rows'][0]['dataSetRowId']}"
        after = ask(running.url, "PUT", row, {"expectedSources": [new]}).json()["expectedSources"]
        names = {"replace": ["other"], "merge": ["atlas", "other"], "ignore-nested": ["atlas"]}
        assert [each["dataSetExpectedSourceName"] for each in after] == names[row_put]
        refused = ask(running.url, "POST", "/dataSet", {})
        assert (refused.status_code, refused.json()["errors"][0]["id"]) == (200, 4000)
        assert ask(running.url, "DELETE", dataset).content == b""


def test_uploads_are_accepted_when_asked_for() -> None:
    with start_emulator("--upload", "async") as running:
        accepted = ask(running.url, "POST", "/dataSet/FileUpload", {"dataSetName": "n", "rows": [ROW]})
        assert (accepted.status_code, accepted.json()["status"]) == (202, "accepted")
        running.request("POST", "/_emulator/clock", {"advance": 1})
        assert [each["dataSetName"] for each in ask(running.url, "GET", "/dataSets").json()] == ["n"]
