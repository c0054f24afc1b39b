"""Datasets and versions, as manifests and as answers have them."""

from typing import Any

SPEC: dict[str, Any] = {
    "type": "image-classification",
    "dataSource": {"type": "obs", "path": "/test-obs/classify/input/animals/"},
    "workPath": "/test-obs/classify/output/",
    "description": "Animals",
    "labels": [{"name": "dog"}, {"name": "cat", "color": "#fffff0"}],
}
ATTRIBUTES: dict[str, Any] = {
    "type": "image-classification",
    "dataSource.type": "obs",
    "dataSource.path": "/test-obs/classify/input/animals/",
    "workPath": "/test-obs/classify/output/",
    "description": "Animals",
    "labels": [{"name": "cat", "color": "#FFFFF0"}, {"name": "dog"}],
}


def dataset(**changes: Any) -> dict[str, Any]:
    """A dataset of an answer, some members changed; None takes one away."""
    document = {
        "dataset_id": "gfghHSokody6AJigS5A",
        "dataset_name": "animals",
        "dataset_type": 0,
        "data_format": "Default",
        "status": 1,
        "data_sources": [{"data_type": 0, "data_path": "/test-obs/classify/input/animals/"}],
        "description": "Animals",
        "current_version_id": "54IXbeJhfttGpL46lbv",
        "current_version_name": "V003",
        "work_path": "/test-obs/classify/output/",
        "work_path_type": 0,
        "managed": False,
        "import_data": False,
        "labels": [
            {"name": "dog", "type": 0, "property": {}},
            {"name": "cat", "type": 0, "property": {"@modelarts:color": "#FFFFF0"}, "attributes": []},
        ],
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def version(**changes: Any) -> dict[str, Any]:
    """A version of an answer, some members changed; None takes one away."""
    document = {
        "version_id": "54IXbeJhfttGpL46lbv",
        "version_name": "V003",
        "version_format": "Default",
        "status": 1,
        "is_current": True,
        "description": "",
        "train_evaluate_sample_ratio": "0.8",
        "clear_hard_property": True,
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}
