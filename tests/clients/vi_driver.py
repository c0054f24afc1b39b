"""Runs in a process of its own: calls the vendor's SDK as told on stdin, a line of JSON a call; answers on stdout.

Asked: ``{"method": "datasets.get", "arguments": {"dataset_id": "..."}}``. Answered: ``{"result": ...}``, as the SDK
read it, or ``{"error": "TypeOfException: text"}``. Arguments: the service's address, a secret key, an organization.
"""

import json
import os
import sys
import types
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import vi  # type: ignore[import-not-found]
from msgspec import Struct, to_builtins
from vi.api.pagination import PaginatedResponse  # type: ignore[import-not-found]
from vi.api.resources.datasets.results import DatasetDownloadResult  # type: ignore[import-not-found]
from vi.api.resources.datasets.types import (  # type: ignore[import-not-found]
    DatasetExportFormat,
    DatasetExportOptions,
    DatasetExportSettings,
)
from vi.api.types import PaginationParams  # type: ignore[import-not-found]


def settings(given: dict[str, Any]) -> Any:
    """An export's settings, made as the documentation makes them."""
    options = {name: given[name] for name in ("normalized", "split_ratio") if name in given}
    return DatasetExportSettings(
        format=DatasetExportFormat[given.get("format", "VI_FULL")], options=DatasetExportOptions(**options)
    )


MADE: dict[str, Callable[[Any], Any]] = {
    "export_settings": settings,
    "pagination": lambda given: PaginationParams(**given),
}


def shown(result: Any) -> Any:
    """What a method returned, as JSON; a list of pages as all of its items."""
    if isinstance(result, PaginatedResponse):
        return [shown(item) for item in result.all_items()]
    if isinstance(result, DatasetDownloadResult):
        names = ("dataset_id", "save_dir", "size_mb", "splits", "asset_count", "annotation_count")
        return {**{name: getattr(result, name) for name in names}, "summary": result.summary()}
    return to_builtins(result) if isinstance(result, Struct) else result


def loader() -> Any:
    """The SDK's loader of downloaded folders, without the packages around it: they import Hugging Face's datasets."""
    for name in ("vi.dataset", "vi.dataset.loaders"):
        package = types.ModuleType(name)
        package.__path__ = [str(Path(vi.__file__).parent.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    from vi.dataset.loaders.loader import ViDataset  # type: ignore[import-not-found]

    return ViDataset


def load(folder: str) -> dict[str, Any]:
    """A downloaded folder as that loader reads it: pictures with their annotations, by split."""
    dataset = loader()(folder)
    found: dict[str, Any] = {"info": to_builtins(dataset.info())["splits"]}
    for name in ("dump", "training", "validation"):
        split = getattr(dataset, name)
        if split.base_dir is not None:
            found[name] = [
                [asset.filename, [to_builtins(annotation) for annotation in annotations]]
                for asset, annotations in zip(split.assets.items, split.annotations.items, strict=True)
            ]
    return found


def main(url: str, secret: str, organization: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever the SDK prints is no answer
    # It unpacks with one thread a processor, and two of them that make one folder fail: let it see one processor.
    os.cpu_count = lambda: 1
    client = vi.Client(secret_key=secret, organization_id=organization, endpoint=url)
    for line in sys.stdin:
        asked = json.loads(line)
        arguments = {name: MADE[name](value) if name in MADE else value for name, value in asked["arguments"].items()}
        try:
            method = load if asked["method"] == "load" else attrgetter(asked["method"])(client)
            answer = {"result": shown(method(**arguments))}
        except Exception as error:  # noqa: BLE001 — how the SDK fails is what is tested
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main(*sys.argv[1:])
