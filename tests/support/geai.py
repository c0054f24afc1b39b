"""GEAI past dsops: bring datasets in as a stranger would, and read what the emulator holds."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

TOKEN = "emulator"
PREFIX = "/dataSetApi"
EXTENSIONS = ("dataSetexpectedSourceExtention", "dataSetExpectedSourceExtension")
_FIELDS = {
    "input": "dataSetRowInput",
    "expectedAnswer": "dataSetRowExpectedAnswer",
    "contextDocument": "dataSetRowContextDocument",
}
_SOURCE = {"name": "dataSetExpectedSourceName", "value": "dataSetExpectedSourceValue"}
_VARIABLE = {
    "metadataType": "dataSetMetadataType",
    "key": "dataSetRowFilterKey",
    "operator": "dataSetRowFilterOperator",
    "value": "dataSetRowFilterValue",
}


def ask(url: str, method: str, path: str, body: Any = None, *, project: str | None = None) -> Any:
    """Make one call below ``/dataSetApi``; return the JSON of the answer, or None for an empty one.

    Raises:
        httpx.HTTPStatusError: The answer is not a success.
    """
    headers = {"Authorization": f"Bearer {TOKEN}"}
    if project is not None:
        headers["ProjectId"] = project
    # No certificates are needed on loopback, and loading them takes longer than the request.
    with httpx.Client(verify=False, trust_env=False, timeout=60) as client:
        answer = client.request(method, f"{url}{PREFIX}{path}", json=body, headers=headers).raise_for_status()
        return answer.json() if answer.content else None


def wire_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row in the manifest's field names, as the API has it, in both spellings of the extension."""
    return {
        **{wire: row.get(own, "") for own, wire in _FIELDS.items()},
        "expectedSources": [
            {
                **{wire: source[own] for own, wire in _SOURCE.items()},
                **dict.fromkeys(EXTENSIONS, source.get("extension", "")),
            }
            for source in row.get("expectedSources", [])
        ],
        "filterVariables": [
            {wire: variable[own] for own, wire in _VARIABLE.items()} for variable in row.get("filterVariables", [])
        ],
    }


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row that the API answered, in the manifest's field names: without ids; sources and variables sorted."""
    sources = [
        {
            **{own: source[wire] for own, wire in _SOURCE.items()},
            "extension": next(source[name] for name in EXTENSIONS if name in source),
        }
        for source in row["expectedSources"]
    ]
    variables = [{own: variable[wire] for own, wire in _VARIABLE.items()} for variable in row["filterVariables"]]
    return {
        **{own: row[wire] for own, wire in _FIELDS.items()},
        "expectedSources": sorted(sources, key=lambda each: sorted(each.items())),
        "filterVariables": sorted(variables, key=lambda each: sorted(each.items())),
    }


def add_dataset(url: str, name: str, rows: Iterable[Mapping[str, Any]] = (), *, project: str | None = None) -> str:
    """Create a dataset with rows in the manifest's field names; return its id."""
    body = {"dataSetName": name, "rows": [wire_row(row) for row in rows]}
    return str(ask(url, "POST", "/dataSet", body, project=project)["dataSetId"])


def add_rows(url: str, dataset_id: str, rows: Iterable[Mapping[str, Any]], *, project: str | None = None) -> list[str]:
    """Add rows in the manifest's field names, one by one, whatever uploads do; return their ids."""
    path = f"/dataSet/{dataset_id}/dataSetRow"
    return [str(ask(url, "POST", path, wire_row(row), project=project)["dataSetRowId"]) for row in rows]


def held_datasets(url: str, *, project: str | None = None) -> dict[str, dict[str, Any]]:
    """Every dataset the emulator holds, by name, as the API answers it."""
    found: list[dict[str, Any]] = ask(url, "GET", "/dataSets", project=project)
    return {dataset["dataSetName"]: dataset for dataset in found}


def held_rows(url: str, name: str, *, project: str | None = None) -> list[dict[str, Any]]:
    """The rows of a dataset, in the order of the answer, in the manifest's field names."""
    return [plain_row(row) for row in held_datasets(url, project=project)[name]["rows"]]


def row_ids(url: str, name: str, *, project: str | None = None) -> dict[str, list[str]]:
    """The ids of a dataset's rows, by input."""
    ids: dict[str, list[str]] = {}
    for row in held_datasets(url, project=project)[name]["rows"]:
        ids.setdefault(row["dataSetRowInput"], []).append(row["dataSetRowId"])
    return ids
