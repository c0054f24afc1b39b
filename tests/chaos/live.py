"""What is live in an account, as values that can be compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.account import Account
from tests.support.geai import plain_row

Document = Mapping[str, Any]

_FLEETING = frozenset({"id", "dataset_id", "created", "created_at", "last_modified", "updated_at", "sequence_id"})
"""Of UiPath's objects: what differs from one run to the next."""
_GEAI = ("dataSetActive", "dataSetDescription", "dataSetType")
_MODELARTS = ("dataset_type", "description", "work_path", "data_sources", "labels", "status", "current_version_name")
_VERSION = ("version_format", "status", "is_current", "description", "export_images", "train_evaluate_sample_ratio")
_VI = ("description", "type", "content")


@dataclass(frozen=True, slots=True)
class Thing:
    """An object, or a row.

    Attributes:
        id: Its id, as a record has it.
        values: What it is.
    """

    id: str
    values: Mapping[str, Any]


def live(account: Account) -> dict[str, Thing]:
    """Return everything that is live, by kind and natural key: ``uipath/Stream p/keep/edited``.

    The second of a name is ``... #2``: nothing hides behind anything.
    """
    found: dict[str, Thing] = {}
    for provider in (_uipath, _geai, _modelarts, _vi):
        for name, thing in provider(account):
            number = 1
            while (place := f"{name} #{number}" if number > 1 else name) in found:
                number += 1
            found[place] = thing
    return found


def _uipath(account: Account) -> Iterator[tuple[str, Thing]]:
    for dataset in account.ask("uipath", "GET", "")["datasets"]:
        path = f"{dataset['owner']}/{dataset['name']}"
        yield f"uipath/Dataset {path}", _plain(dataset, "id")
        for stream in account.ask("uipath", "GET", f"/{path}/streams")["streams"]:
            yield f"uipath/Stream {path}/{stream['name']}", _plain(stream, "id")


def _plain(document: Document, id_field: str) -> Thing:
    return Thing(document[id_field], {key: value for key, value in document.items() if key not in _FLEETING})


def _geai(account: Account) -> Iterator[tuple[str, Thing]]:
    for dataset in account.ask("geai", "GET", "/dataSets"):
        name = dataset["dataSetName"]
        yield f"geai/Dataset {name}", Thing(dataset["dataSetId"], _of(dataset, _GEAI))
        for row in sorted(dataset["rows"], key=lambda each: str(each["dataSetRowId"])):
            yield f"geai/row {name}/{row['dataSetRowInput']}", Thing(row["dataSetRowId"], plain_row(row))


def _modelarts(account: Account) -> Iterator[tuple[str, Thing]]:
    asked = {"dataset_version": "all", "with_labels": "true", "limit": 100, "sort_by": "create_time", "order": "asc"}
    for dataset in account.ask("modelarts", "GET", "", **asked)["datasets"]:
        name, own = dataset["dataset_name"], dataset["dataset_id"]
        values = _of(dataset, _MODELARTS)
        labels = sorted(values.pop("labels", None) or [], key=lambda each: str(each["name"]))
        yield f"modelarts/Dataset {name}", Thing(own, {**values, "labels": labels})
        for version in account.ask("modelarts", "GET", f"/{own}/versions")["versions"]:
            place = f"modelarts/DatasetVersion {name}/{version['version_name']}"
            yield place, Thing(f"{own}/{version['version_id']}", _of(version, _VERSION))


def _vi(account: Account) -> Iterator[tuple[str, Thing]]:
    for dataset in account.ask("vi", "GET", "", s=1000)["items"]:
        own = dataset["datasetId"].removeprefix(f"{dataset['workspaceId']}_")
        going = {"going": True} if dataset.get("deleteOp") else {}
        yield f"vi/Dataset {dataset['name']}", Thing(own, {**_of(dataset, _VI), **going})
        for export in account.ask("vi", "GET", f"/{dataset['datasetId']}/datasetExports", s=1000)["items"]:
            place = f"vi/Export {dataset['name']}/{_specification(export['spec'])}"
            reached = all(each["status"] == "Reached" for each in export["status"]["conditions"])
            yield place, Thing(f"{own}/{export['datasetExportId']}", {"spec": export["spec"], "reached": reached})


def _specification(spec: Document) -> str:
    """Return how dsops names an export: ``ViFull-normalized-0.8``."""
    options = spec["options"]
    words = (spec["format"], "normalized" if options["normalized"] else "pixels")
    ratio = options.get("splitRatio")
    return "-".join((*words, f"{float(ratio)!r}") if ratio is not None else words)


def _of(document: Document, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document.get(name) for name in names}
