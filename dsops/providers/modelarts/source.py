"""Where a dataset's data comes from: in manifests one flat map, on the wire a path and what a table needs besides.

Account and password are never answered (``specs/modelarts.md``, choice 20): they are compared with what was sent last.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import Attributes, Field
from dsops.providers.common import checked
from dsops.providers.modelarts.wire import Document
from dsops.providers.modelarts.words import CLUSTER_MODE, DATA_TYPE

_PREFIX = "dataSource."
_INFO = MappingProxyType(
    {
        "clusterId": "cluster_id",
        "clusterMode": "cluster_mode",
        "clusterName": "cluster_name",
        "databaseName": "database_name",
        "input": "input",
        "ip": "ip",
        "port": "port",
        "queueName": "queue_name",
        "subnetId": "subnet_id",
        "tableName": "table_name",
        "userName": "user_name",
        "userPassword": "user_password",
        "vpcId": "vpc_id",
    }
)
_SECRETS = frozenset({"userName", "userPassword"})
SECRET_INFO = frozenset(_INFO[name] for name in _SECRETS)
"""Credentials on the wire: no document shows them."""
_OWN = ("type", "path", "withColumnHeader", "schemaMaps")
FIELDS = tuple(Field(f"{_PREFIX}{name}", create_only=True, write_only=name in _SECRETS) for name in (*_OWN, *_INFO))
"""All that a source has; none of it can be changed."""


def normal_source(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a declared source."""
    declared = {name: source[name] for name in (*_OWN, *_INFO) if name in source}
    if "type" in declared:
        declared["type"] = DATA_TYPE.canonical(declared["type"])
    return {f"{_PREFIX}{name}": value for name, value in declared.items()}


def manifest_source(attributes: Attributes) -> dict[str, Any]:
    """Return the source that declares attributes as they are; what is empty stays undeclared."""
    known = {name: attributes.get(f"{_PREFIX}{name}") for name in (*_OWN, *_INFO)}
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def sent_source(attributes: Attributes) -> dict[str, Any]:
    """Return what is sent for a source."""
    given = manifest_source(attributes)
    sent: dict[str, Any] = {"data_type": DATA_TYPE.number(given["type"])}
    if "path" in given:
        sent["data_path"] = given["path"]
    if "withColumnHeader" in given:
        sent["with_column_header"] = given["withColumnHeader"]
    if "schemaMaps" in given:
        sent["schema_maps"] = [
            {"src_name": each["source"], "dest_name": each["destination"]} for each in given["schemaMaps"]
        ]
    info = {wire: _sent(name, given[name]) for name, wire in _INFO.items() if name in given}
    return sent | ({"source_info": info} if info else {})


def _sent(name: str, value: Any) -> Any:
    return str(CLUSTER_MODE.number(value)) if name == "clusterMode" else value


def read_source(document: Document) -> dict[str, Any]:
    """Return the attributes of a source in an answer; what it leaves out is unknown.

    Raises:
        LookupError, TypeError, ValueError: It is no source.
    """
    read: dict[str, Any] = {"type": DATA_TYPE.word(checked(document.get("data_type", 0), int))}
    if "data_path" in document:
        read["path"] = checked(document["data_path"], str)
    if "with_column_header" in document:
        read["withColumnHeader"] = checked(document["with_column_header"], bool)
    if "schema_maps" in document:
        maps = checked(document["schema_maps"], list)
        read["schemaMaps"] = [{"source": each["src_name"], "destination": each["dest_name"]} for each in maps]
    info = document.get("source_info") or {}
    read |= {name: _read(name, info[wire]) for name, wire in _INFO.items() if wire in info and name not in _SECRETS}
    return {f"{_PREFIX}{name}": value for name, value in read.items()}


def _read(name: str, value: Any) -> Any:
    text = checked(value, str)
    if name == "clusterMode" and text.isdecimal():
        return CLUSTER_MODE.words.get(int(text), text)
    return text
