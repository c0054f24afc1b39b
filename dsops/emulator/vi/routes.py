"""The table of Vi operations: method, path, the permissions they take, handler."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from dsops.emulator.exchange import Answer
from dsops.emulator.routing import Table
from dsops.emulator.vi import assets, datasets, exports
from dsops.emulator.vi.service import Ask, Service

PREFIX = "/workspaces"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; the path is written as in specs/vi.openapi.yaml."""

    method: str
    path: str
    permissions: tuple[str, ...]
    handler: Callable[[Service, Ask], Answer]


_READ = ("datasets:read",)
_WRITE = ("datasets:write",)
_DELETE = ("datasets:delete",)
_EXPORT = ("datasets:export",)
_PRUNE = ("assets:delete",)
_ALL = f"{PREFIX}/{{organizationId}}/datasets"
_DATASET = f"{_ALL}/{{datasetId}}"
_EXPORTS = f"{_DATASET}/datasetExports"
_SESSIONS = f"{_DATASET}/deleteManyAssetsSessions"

OPERATIONS = (
    Operation("GET", _ALL, _READ, datasets.list_datasets),
    Operation("POST", _ALL, _WRITE, datasets.create_dataset),
    Operation("GET", _DATASET, _READ, datasets.get_dataset),
    Operation("PATCH", _DATASET, _WRITE, datasets.update_dataset),
    Operation("DELETE", _DATASET, _DELETE, datasets.delete_dataset),
    Operation("GET", f"{_DATASET}/deleteOperation", _READ, datasets.get_deletion),
    Operation("GET", _EXPORTS, _READ, exports.list_exports),
    Operation("POST", _EXPORTS, _EXPORT, exports.create_export),
    Operation("GET", f"{_EXPORTS}/{{datasetExportId}}", _READ, exports.get_export),
    Operation("GET", f"{_DATASET}/assets", _READ, assets.list_assets),
    Operation("GET", f"{_DATASET}/assets:count", _READ, assets.count_assets),
    Operation("GET", _SESSIONS, _READ, assets.list_prunes),
    Operation("POST", _SESSIONS, _PRUNE, assets.create_prune),
    Operation("GET", f"{_SESSIONS}/{{sessionId}}", _READ, assets.get_prune),
)


def find_operation(method: str, raw_path: str) -> tuple[Operation, dict[str, str]]:
    """The operation a request means, and the values in its path. Raises Refusal 404, 405.

    What isn't UTF-8 is decoded all the same: an id like that is one of nothing.
    """
    return _TABLE.find(method, raw_path, [unquote(segment) for segment in raw_path.split("/")])


_TABLE = Table(OPERATIONS)
