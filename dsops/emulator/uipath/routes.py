"""The table of UiPath operations: method, path, the permissions the vendor documents, handler."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from dsops.emulator.exchange import Answer, Refusal
from dsops.emulator.routing import Table
from dsops.emulator.uipath import consume, datasets, exports, sources, streams, tags
from dsops.emulator.uipath.service import Ask, Service

Handler = Callable[[Service, Ask], Answer]

PREFIXES = ("/api/v1/datasets", "/api/_private/datasets", "/api/v1/sources")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; the path is written as in specs/uipath.openapi.yaml."""

    method: str
    path: str
    permissions: tuple[str, ...]
    handler: Handler


_ALL = "/api/v1/datasets"
_BY_ID = "/api/v1/datasets/id:{id}"
_PROJECT = "/api/v1/datasets/{project}"
_DATASET = "/api/v1/datasets/{project}/{dataset}"
_TAG = "/api/_private/datasets/{project}/{dataset}/model-tags/{tag}"
_STREAMS = f"{_DATASET}/streams"
_STREAM = f"{_STREAMS}/{{stream}}"
_SOURCES = "/api/v1/sources"
_SOURCE = f"{_SOURCES}/{{project}}/{{source}}"

OPERATIONS = (
    Operation("GET", _ALL, ("View labels",), datasets.list_datasets),
    Operation("GET", _BY_ID, ("View labels",), datasets.get_dataset),
    Operation("POST", _BY_ID, ("Datasets admin",), datasets.update_dataset),
    Operation("DELETE", _BY_ID, ("Datasets admin",), datasets.delete_dataset),
    Operation("GET", _PROJECT, ("View labels",), datasets.list_datasets),
    Operation("GET", _DATASET, ("View labels",), datasets.get_dataset),
    Operation("PUT", _DATASET, ("Modify datasets",), datasets.put_dataset),
    Operation("POST", _DATASET, ("Datasets admin",), datasets.update_dataset),
    Operation("DELETE", _DATASET, ("Datasets admin",), datasets.delete_dataset),
    Operation("POST", f"{_DATASET}/export", ("Export datasets",), exports.export),
    Operation("GET", f"{_DATASET}/model-tags", ("Model Admin",), tags.list_tags),
    Operation("PUT", _TAG, ("Model Admin",), tags.put_tag),
    Operation("DELETE", _TAG, ("Model Admin",), tags.delete_tag),
    Operation("GET", _STREAMS, ("View labels", "View streams"), streams.list_streams),
    Operation("PUT", _STREAMS, ("Streams admin", "View labels"), streams.put_stream),
    Operation("GET", _STREAM, ("View labels", "View streams"), streams.get_stream),
    Operation("POST", _STREAM, ("Modify streams", "View labels"), streams.update_stream),
    Operation("DELETE", _STREAM, ("Streams admin", "View labels"), streams.delete_stream),
    Operation("POST", f"{_STREAM}/fetch", ("Consume streams", "View labels", "View sources"), consume.fetch),
    Operation("POST", f"{_STREAM}/advance", ("Consume streams", "View labels"), consume.advance),
    Operation("POST", f"{_STREAM}/reset", ("Consume streams", "View labels"), consume.reset),
    Operation("PUT", f"{_STREAM}/exceptions", ("Consume streams", "View sources"), consume.tag_exceptions),
    Operation("DELETE", f"{_STREAM}/exceptions", ("Consume streams", "View sources"), consume.untag_exceptions),
    Operation("GET", _SOURCES, ("View sources",), sources.list_sources),
    Operation("GET", f"{_SOURCES}/{{project}}", ("View sources",), sources.list_sources),
    Operation("GET", _SOURCE, ("View sources",), sources.get_source),
    Operation("PUT", _SOURCE, ("Sources admin",), sources.put_source),
    Operation("POST", f"{_SOURCE}/sync", ("Edit messages",), sources.sync_comments),
)


def find_operation(method: str, raw_path: str) -> tuple[Operation, dict[str, str]]:
    """The operation a request means, and the values in its path. Raises Refusal 404, 405."""
    prefix = next(prefix for prefix in PREFIXES if raw_path.startswith(prefix))
    return _TABLE.find(method, raw_path, [*prefix.split("/"), *_segments(raw_path.removeprefix(prefix))])


def _segments(rest: str) -> list[str]:
    """The decoded segments after the prefix; `owner%2Fname` counts as two: the vendor's client sends that."""
    raw = rest.split("/")[1:]
    if raw:
        raw[:1] = re.split("%2[Ff]", raw[0], maxsplit=1)
    try:
        return [unquote(segment, errors="strict") for segment in raw]
    except UnicodeDecodeError as error:
        raise Refusal(400, f"The path is not UTF-8: {error}.") from error


_TABLE = Table(OPERATIONS)
