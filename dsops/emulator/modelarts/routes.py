"""The table of ModelArts operations: method, path, the permissions they take, handler."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from dsops.emulator.exchange import Answer
from dsops.emulator.modelarts import datasets, labels, listing, projects, versions
from dsops.emulator.modelarts.service import Ask, Service
from dsops.emulator.routing import Table

PREFIXES = ("/v2", "/v3/projects")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; the path is written as in specs/modelarts.openapi.yaml."""

    method: str
    path: str
    permissions: tuple[str, ...]
    handler: Callable[[Service, Ask], Answer]


_LIST = ("modelarts:dataset:list",)
_CREATE = ("modelarts:dataset:create",)
_GET = ("modelarts:dataset:get",)
_UPDATE = ("modelarts:dataset:update",)
_DELETE = ("modelarts:dataset:delete",)
_ALL = "/v2/{project_id}/datasets"
_DATASET = f"{_ALL}/{{dataset_id}}"
_LABELS = f"{_DATASET}/data-annotations/labels"
_LABEL = f"{_LABELS}/{{label_name}}"
_VERSIONS = f"{_DATASET}/versions"
_VERSION = f"{_VERSIONS}/{{version_id}}"

OPERATIONS = (
    Operation("GET", "/v3/projects", (), projects.list_projects),
    Operation("GET", _ALL, _LIST, listing.list_datasets),
    Operation("POST", _ALL, _CREATE, datasets.create_dataset),
    Operation("GET", _DATASET, _GET, datasets.get_dataset),
    Operation("PUT", _DATASET, _UPDATE, datasets.update_dataset),
    Operation("DELETE", _DATASET, _DELETE, datasets.delete_dataset),
    Operation("GET", _LABELS, _GET, labels.list_labels),
    Operation("POST", _LABELS, _UPDATE, labels.create_labels),
    Operation("PUT", _LABELS, _UPDATE, labels.update_labels),
    Operation("POST", f"{_LABELS}/delete", _UPDATE, labels.delete_labels),
    Operation("PUT", _LABEL, _UPDATE, labels.update_label),
    Operation("DELETE", _LABEL, _UPDATE, labels.delete_label),
    Operation("GET", _VERSIONS, _GET, versions.list_versions),
    Operation("POST", _VERSIONS, _UPDATE, versions.create_version),
    Operation("GET", _VERSION, _GET, versions.get_version),
    Operation("DELETE", _VERSION, _UPDATE, versions.delete_version),
)


def find_operation(method: str, raw_path: str) -> tuple[Operation, dict[str, str]]:
    """The operation a request means, and the values in its path. Raises Refusal 404, 405.

    What isn't UTF-8 is decoded all the same: an id like that is one of nothing.
    """
    return _TABLE.find(method, raw_path, [unquote(segment) for segment in raw_path.split("/")])


_TABLE = Table(OPERATIONS)
