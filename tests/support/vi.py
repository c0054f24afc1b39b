"""Vi past dsops: its calls as a stranger would make them, and what the emulator holds."""

import io
import time
import zipfile
from collections.abc import Mapping
from typing import Any

import httpx

SECRET = "dtvi_" + "s3cret" * 16 + "42"
ORGANIZATION = "emulator"


def headers(organization: str = ORGANIZATION, secret: str = SECRET) -> dict[str, str]:
    """The headers of an ordinary client."""
    return {"Authorization": f"Bearer {secret}", "Organization-Id": organization}


def ask(
    url: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    organization: str = ORGANIZATION,
    params: Mapping[str, Any] | None = None,
) -> Any:
    """Make one call below ``/workspaces/ORGANIZATION``; return the JSON of the answer.

    Raises:
        httpx.HTTPStatusError: The answer is not a success.
    """
    # No certificates are needed on loopback, and loading them takes longer than the request.
    with httpx.Client(verify=False, trust_env=False, timeout=60) as client:
        answer = client.request(
            method,
            f"{url}/workspaces/{organization}{path}",
            json=body,
            params=params,
            headers=headers(organization),
        )
        return answer.raise_for_status().json()


def add_dataset(url: str, name: str, *, organization: str = ORGANIZATION, **fields: Any) -> str:
    """Create a dataset with fields in the API's names; return its id, with the organization before it."""
    body = {"name": name, "owner": organization, "type": "phrase-grounding", "content": "Image", **fields}
    return str(ask(url, "POST", "/datasets", body, organization=organization)["datasetId"])


def held_datasets(url: str, *, organization: str = ORGANIZATION) -> list[dict[str, Any]]:
    """Every dataset of an organization, as the API answers it, in the order of creation."""
    return _all(url, "/datasets", organization)


def held_dataset(url: str, name: str, *, organization: str = ORGANIZATION) -> dict[str, Any]:
    """The only dataset with a name."""
    (found,) = (each for each in held_datasets(url, organization=organization) if each["name"] == name)
    return found


def held_exports(url: str, dataset_id: str, *, organization: str = ORGANIZATION) -> list[dict[str, Any]]:
    """The exports of a dataset, in the order of creation. dataset_id: with the organization before it."""
    return _all(url, f"/datasets/{dataset_id}/datasetExports", organization)


def held_assets(url: str, dataset_id: str, *, organization: str = ORGANIZATION) -> list[dict[str, Any]]:
    """The assets of a dataset."""
    return _all(url, f"/datasets/{dataset_id}/assets", organization)


def _all(url: str, path: str, organization: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"s": 1000}
    while True:
        page = ask(url, "GET", path, organization=organization, params=params)
        found += page["items"]
        if not page.get("nextPage"):
            return found
        params["p"] = page["nextPage"]


def add_export(
    url: str,
    dataset_id: str,
    export_format: str = "ViFull",
    *,
    normalized: bool = True,
    split_ratio: float | None = None,
    organization: str = ORGANIZATION,
) -> dict[str, Any]:
    """Make an export, wait until it is done, and return it. Fails after 30 s."""
    spec = {"format": export_format, "options": {"normalized": normalized, "splitRatio": split_ratio}}
    exports = f"/datasets/{dataset_id}/datasetExports"
    export: dict[str, Any] = ask(url, "POST", exports, {"spec": spec}, organization=organization)
    end = time.monotonic() + 30
    while any(condition["status"] == "Waiting" for condition in export["status"]["conditions"]):
        assert time.monotonic() < end, "the export is never done"
        time.sleep(0.05)
        export = ask(url, "GET", f"{exports}/{export['datasetExportId']}", organization=organization)
    return export


def archive_of(export: Mapping[str, Any]) -> zipfile.ZipFile:
    """The archive of an export that is done, fetched without any headers."""
    answer = httpx.get(export["status"]["downloadUrl"]["url"], trust_env=False, verify=False, timeout=60)
    return zipfile.ZipFile(io.BytesIO(answer.raise_for_status().content))
