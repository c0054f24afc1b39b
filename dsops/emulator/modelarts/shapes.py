"""What request bodies and queries must be.

Written by hand rather than derived from specs/modelarts.openapi.yaml, so that the contract tests compare two readings.
Unknown keys are ignored; null is as good as absent: clients send both (specs/modelarts.md).
"""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson

from dsops.emulator import checks
from dsops.emulator.checks import Check
from dsops.emulator.exchange import Refusal, decode
from dsops.emulator.modelarts import codes

TABLE = 400
TRIPLET, RELATION, ENTITY = 102, 102, 103
DATASET_TYPES = (0, 1, 3, 100, 101, TRIPLET, 200, 201, 202, TABLE, 600, 900)
LABEL_TYPES = (0, 1, 3, 100, 101, RELATION, ENTITY, 200, 201, 202, 600)
SHAPES = ("bndbox", "polygon", "circle", "line", "dashed", "point", "polyline", "")
VERSION_FORMATS = ("Default", "CarbonData", "CSV")
COLOR, SHAPE, SHORTCUT = "@modelarts:color", "@modelarts:default_shape", "@modelarts:shortcut"
FROM, TO, RENAME = "@modelarts:from_type", "@modelarts:to_type", "@modelarts:rename_to"
_HIGHEST = 2**31 - 1
MOST_BYTES = 12 * 1024 * 1024


def fields(known: Mapping[str, Check], *, required: Collection[str] = ()) -> Check:
    """An object with these keys, of which some must be there and not null; others are ignored."""

    def check(value: Any, where: str) -> None:
        checks.any_object(value, where)
        for key, inner in known.items():
            entry = value.get(key)
            if entry is not None:
                inner(entry, f"{where}.{key}")
            elif key in required:
                raise Refusal(400, f"{where}.{key}: is required")

    return check


def number_of(*allowed: int) -> Check:
    """One of a few integers."""

    def check(value: Any, where: str) -> None:
        checks.number(whole=True)(value, where)
        if value not in allowed:
            raise Refusal(400, f"{where}: {value} is not one of {', '.join(map(str, allowed))}")

    return check


def _path(value: Any, where: str) -> None:
    """A path in object storage: /bucket, and folders."""
    checks.text()(value, where)
    if "//" in value:
        raise codes.trouble(codes.DOUBLE_SLASH, f"{where}: the path contains //")
    if not re.fullmatch(r"/[^/]+(/[^/]+)*/?", value):
        raise codes.trouble(codes.BAD_PATH, f"{where}: must have the form /bucket/folder/")


def _work_path(value: Any, where: str) -> None:
    checks.text(shortest=3)(value, where)
    if len(value) > 700:
        raise codes.trouble(codes.LONG_WORK_PATH, f"{where}: is longer than 700 characters")
    _path(value, where)
    if value.strip("/").count("/") == 0:
        raise codes.trouble(codes.NOT_BELOW, f"{where}: must be a folder in a bucket, not the bucket itself")


_TEXT = checks.text()
_SOURCE_INFO = fields(
    dict.fromkeys(
        (
            "cluster_id",
            "cluster_mode",
            "cluster_name",
            "database_name",
            "input",
            "ip",
            "port",
            "queue_name",
            "subnet_id",
            "table_name",
            "user_name",
            "user_password",
            "vpc_id",
        ),
        _TEXT,
    )
)
_SOURCE_FIELDS = fields(
    {
        "data_type": checks.number(lowest=0, highest=6, whole=True),
        "data_path": _TEXT,
        "with_column_header": checks.boolean,
        "schema_maps": checks.array(fields({"src_name": _TEXT, "dest_name": _TEXT})),
        "source_info": _SOURCE_INFO,
    }
)


def _source(value: Any, where: str) -> None:
    _SOURCE_FIELDS(value, where)
    kind = value.get("data_type") or 0
    if kind == 0:
        if value.get("data_path") is None:
            raise Refusal(400, f"{where}.data_path: is required")
        _path(value["data_path"], f"{where}.data_path")
    if kind == 1:
        info = value.get("source_info") or {}
        for key in ("user_name", "user_password"):
            if info.get(key) is None:
                raise Refusal(400, f"{where}.source_info.{key}: is required for GaussDB(DWS)")


_LABEL_NAME = checks.text(shortest=1, longest=1024, pattern=r"""[^!<>=&"']*""")
_PROPERTY = fields(
    {
        COLOR: checks.text(pattern="(#[0-9A-Fa-f]{6})?"),
        SHAPE: checks.one_of(*SHAPES),
        SHORTCUT: _TEXT,
        FROM: _TEXT,
        TO: _TEXT,
        RENAME: _LABEL_NAME,
    }
)
_ATTRIBUTE = fields(
    {
        "id": _TEXT,
        "name": checks.text(shortest=1, longest=64, pattern=r"""[^<>=&"']*"""),
        "type": checks.one_of("text", "select"),
        "default_value": _TEXT,
        "values": checks.array(fields({"id": _TEXT, "value": _TEXT}, required=("value",))),
    },
    required=("name", "type"),
)
_LABEL = fields(
    {
        "name": _LABEL_NAME,
        "type": number_of(*LABEL_TYPES),
        "property": _PROPERTY,
        "attributes": checks.array(_ATTRIBUTE),
    },
    required=("name",),
)
_NAMED_LABEL = fields({"name": _LABEL_NAME, "type": number_of(*LABEL_TYPES)}, required=("name",))
_LABELS = checks.array(_LABEL)
_NAMED_LABELS = checks.array(_NAMED_LABEL)

_NAME = checks.text(pattern=r"[A-Za-z0-9_\u4e00-\u9fa5-]{1,100}")
_VERSION_NAME = checks.text(pattern=r"[A-Za-z0-9_\u4e00-\u9fa5-]{1,32}")
_DESCRIPTION = checks.text(longest=256, pattern=r"""[^\^!<>=&"']*""")

_CREATE_FIELDS = fields(
    {
        "dataset_name": _NAME,
        "dataset_type": number_of(*DATASET_TYPES),
        "data_format": checks.one_of("Default", "CarbonData"),
        "data_sources": checks.array(_source, shortest=1, longest=1),
        "description": _DESCRIPTION,
        "import_annotations": checks.boolean,
        "import_data": checks.boolean,
        "label_format": fields(
            {
                "label_type": checks.one_of("0", "1"),
                "text_label_separator": checks.text(longest=1),
                "text_sample_separator": checks.text(longest=1),
            }
        ),
        "labels": _LABELS,
        "managed": checks.boolean,
        "schema": checks.array(
            fields(
                {
                    "schema_id": checks.number(lowest=1, whole=True),
                    "name": _TEXT,
                    "type": _TEXT,
                    "description": _TEXT,
                }
            )
        ),
        "work_path": _work_path,
        "work_path_type": number_of(0),
        "workspace_id": checks.text(shortest=1),
    },
    required=("dataset_name", "data_sources", "work_path", "work_path_type"),
)


def dataset_create(value: Any, where: str) -> None:
    """The body of a creation."""
    _CREATE_FIELDS(value, where)
    given = value["data_sources"][0].get("data_path") or ""
    source = f"{given.rstrip('/')}/"
    if source != "/" and f"{value['work_path'].rstrip('/')}/".startswith(source):
        raise codes.trouble(codes.NOT_BELOW, f"{where}.work_path: must not be the data source's path, nor below it")


DATASET_UPDATE = fields(
    {
        "dataset_name": _NAME,
        "description": _DESCRIPTION,
        "current_version_id": _TEXT,
        "add_labels": _LABELS,
        "update_labels": _LABELS,
        "delete_labels": _NAMED_LABELS,
    }
)
LABELS = fields({"labels": _LABELS}, required=("labels",))
NAMED_LABELS = fields({"labels": _NAMED_LABELS}, required=("labels",))
LABEL_PROPERTY = _PROPERTY


def _ratio(value: Any, where: str) -> None:
    checks.text(pattern=r"(0(\.\d{1,2})?|1(\.0{1,2})?)")(value, where)


VERSION_CREATE = fields(
    {
        "version_name": _VERSION_NAME,
        "version_format": checks.one_of(*VERSION_FORMATS),
        "description": checks.text(longest=256, pattern=r"""[^!<>=&"']*"""),
        "train_evaluate_sample_ratio": _ratio,
        "clear_hard_property": checks.boolean,
        "remove_sample_usage": checks.boolean,
        "export_images": checks.boolean,
        "with_column_header": checks.boolean,
    }
)


def parse(body: bytes, check: Check, *, may_be_empty: bool = False) -> dict[str, Any]:
    """A checked body, without what is null. Raises Refusal."""
    if len(body) > MOST_BYTES:
        raise codes.trouble(codes.TOO_LARGE, "The body is larger than 12 MB.", 413)
    if not body and may_be_empty:
        return {}
    if not body:
        raise codes.trouble(codes.NO_BODY, "The request is empty.")
    try:
        value = decode(body)
    except orjson.JSONDecodeError as error:
        raise codes.trouble(codes.NOT_JSON, f"body: not valid JSON ({error})") from error
    check(value, "body")
    return given(value)


def given(value: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what is null."""
    return {key: entry for key, entry in value.items() if entry is not None}


class Query:
    """The parameters of a request's query; of one that comes twice, the last counts."""

    def __init__(self, raw: str) -> None:
        self._values = {name: values[-1] for name, values in parse_qs(raw, keep_blank_values=True).items()}

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        return self._values.get(name, default)

    def word(self, name: str, *allowed: str) -> str:
        """One of a few words; the first is the default. Raises Refusal."""
        value = self._values.get(name, allowed[0])
        if value not in allowed:
            raise Refusal(400, f"query.{name}: {value!r} is not one of {', '.join(allowed)}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean in any case: one client sends True (specs/modelarts.md). Raises Refusal."""
        value = self._values.get(name, str(default)).lower()
        if value not in {"true", "false"}:
            raise Refusal(400, f"query.{name}: {self._values[name]!r} is neither true nor false")
        return value == "true"

    def number(self, name: str, lowest: int, highest: int) -> int | None:
        """An integer within bounds; None where it isn't there. Raises Refusal."""
        value = self._values.get(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", value) or not lowest <= int(value) <= highest:
            raise Refusal(400, f"query.{name}: {value!r} is not an integer between {lowest} and {highest}")
        return int(value)

    def offset(self) -> int:
        """Where a page begins; what it counts is for `Service.skipped`. Raises Refusal."""
        return self.number("offset", 0, _HIGHEST) or 0

    def choice(self, name: str, *allowed: int) -> int | None:
        """One of a few integers; None where it isn't there. Raises Refusal."""
        value = self.number(name, min(allowed), max(allowed))
        if value is not None and value not in allowed:
            raise Refusal(400, f"query.{name}: {value} is not one of {', '.join(map(str, allowed))}")
        return value

    def span(self, name: str) -> tuple[float, float] | None:
        """Two numbers with a comma between, as `0.0,1.0`; None where it isn't there or empty. Raises Refusal."""
        value = self._values.get(name, "")
        if not value:
            return None
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?),([0-9]+(?:\.[0-9]+)?)", value)
        if match is None:
            raise Refusal(400, f"query.{name}: {value!r} is not of the form 0.0,1.0")
        return float(match[1]), float(match[2])
