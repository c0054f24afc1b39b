"""What people are shown of an answer: all of it, with words for numbers, and without secrets.

An address of a sample is signed in its query, and whoever has it can read the sample: the query is left out. So are the
account and password of a source, should an answer ever hold them (``specs/modelarts.md``, choices 19 and 20).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from dsops.providers.modelarts.source import SECRET_INFO
from dsops.providers.modelarts.wire import Document
from dsops.providers.modelarts.words import (
    ANALYSIS_STATUS,
    CLUSTER_MODE,
    DATA_TYPE,
    DATASET_FORMAT,
    DATASET_TYPE,
    LABEL_TYPE,
    PROCESSOR_STATUS,
    STATUS,
    VERSION_STATUS,
    WORK_PATH_TYPE,
    WORKER_ROLE,
    WORKER_STATUS,
    Words,
)

_Tables = Mapping[str, Words]
_DATASET: _Tables = MappingProxyType(
    {
        "dataset_type": DATASET_TYPE,
        "dataset_format": DATASET_FORMAT,
        "data_type": DATA_TYPE,
        "status": STATUS,
        "work_path_type": WORK_PATH_TYPE,
    }
)
_VERSION: _Tables = MappingProxyType(
    {
        "status": VERSION_STATUS,
        "task_type": DATASET_TYPE,
        "analysis_status": ANALYSIS_STATUS,
        "processor_task_status": PROCESSOR_STATUS,
    }
)
_LABEL: _Tables = MappingProxyType({"type": LABEL_TYPE})
_WORKER: _Tables = MappingProxyType({"role": WORKER_ROLE, "status": WORKER_STATUS})
_BELOW: Mapping[str, _Tables] = MappingProxyType(
    {"versions": _VERSION, "labels": _LABEL, "label_stats": _LABEL, "workers": _WORKER}
)
"""Which numbers there are in what stands below a member; below others they are those of what is around it."""
_PLAIN: _Tables = MappingProxyType({})


def shown_dataset(document: Document) -> dict[str, Any]:
    """Return what is shown of a dataset."""
    return _shown(document, _DATASET)


def _shown(document: Mapping[str, Any], words: _Tables) -> dict[str, Any]:
    return {name: _member(name, value, words) for name, value in document.items() if name not in SECRET_INFO}


def _member(name: str, value: Any, words: _Tables) -> Any:
    if name == "cluster_mode" and isinstance(value, str) and value.isdecimal():
        return CLUSTER_MODE.word(int(value))
    if name in words:
        return words[name].shown(value)
    return _value(value, lambda each: _shown(each, _BELOW.get(name, words if name == "data_sources" else _PLAIN)))


def _value(value: Any, inner: Callable[[Mapping[str, Any]], Any]) -> Any:
    match value:
        case dict():
            return inner(value)
        case list():
            return [_value(each, inner) for each in value]
        case str() if value.startswith(("http://", "https://")):
            return _unsigned(value)
        case _:
            return value


def _unsigned(address: str) -> str:
    """Return an address without what may be secret in it: account, query and fragment."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{address.partition(':')[0]}://..."
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
