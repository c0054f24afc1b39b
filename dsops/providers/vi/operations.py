"""What can be done with datasets that is not desired state: looking, downloads, deleting many assets."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import Arguments, Call, Entry, Flow, NaturalKey, Operation, Page
from dsops.providers.common import has_id
from dsops.providers.vi.archive import ARGUMENTS, download, portion
from dsops.providers.vi.dataset import ID
from dsops.providers.vi.export import EXPORTS, Export, progress_of
from dsops.providers.vi.export import ID as EXPORT_ID
from dsops.providers.vi.prune import ARGUMENTS as PRUNE_ARGUMENTS
from dsops.providers.vi.prune import prune
from dsops.providers.vi.wire import ROOT, bad_answer, dataset_path, pages, part, without_address

_MOST_TAGS = 10


def _list_datasets(_key: NaturalKey, _arguments: Arguments) -> Flow:
    documents = yield from pages(ROOT, ID, "datasets")
    return Page(tuple(Entry((_name(each),), each) for each in documents))


def _get(key: NaturalKey, arguments: Arguments) -> Flow:
    response = yield Call("GET", dataset_path(arguments["id"]))
    document = _object(response.body, ID, str(arguments["id"]))
    return Entry(key, document)


def _exports(key: NaturalKey, arguments: Arguments) -> Flow:
    """List the exports, newest last; or one of them."""
    wanted = arguments.get("export")
    if wanted is None:
        documents = yield from pages(dataset_path(arguments["id"], EXPORTS), EXPORT_ID, "exports")
    else:
        response = yield Call("GET", dataset_path(arguments["id"], EXPORTS, str(wanted)))
        documents = [_object(response.body, EXPORT_ID, str(wanted))]
    return Page(tuple(Entry((*key, each[EXPORT_ID]), _shown(each)) for each in documents))


def _shown(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an export with its state and the time it was made in words, and without the address of its archive."""
    told = {"state": str(progress_of(document)), "made": _instant(part(document, "metadata", "timeCreated"))}
    return {**without_address(document), **told}


def dataset_summary(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what a person wants to know of a dataset (``specs/vi.md``, smaller facts)."""
    total, annotated = _count(document, "statistic", "assetTotal"), _count(document, "statistic", "assetAnnotated")
    share = f" ({100 * annotated / total:.1f} %)" if total else ""
    granted = {"isPublic": "public", "isReadOnly": "read-only", "isHidden": "hidden"}
    access = [word for name, word in granted.items() if part(document, "access", name)]
    return {
        "id": _text(document, ID),
        "name": _text(document, "name"),
        "description": _text(document, "description"),
        "type": f"{_text(document, 'type')}, {_text(document, 'content')}",
        "owner": _text(document, "owner"),
        "created": _instant(document.get("createDate")),
        "last accessed": _instant(document.get("lastAccessed")),
        "assets": f"{total:,}",
        "annotated": f"{annotated:,}{share}",
        "annotations": f"{_count(document, 'statistic', 'annotationTotal'):,}",
        "tags": _tags(document.get("tags") or part(document, "statistic", "tagsCount")),
        "access": ", ".join(access) or "private",
        "locked": "yes" if document.get("isLocked") else "no",
    }


def _tags(found: Any) -> str:
    """Return tags with their counts, those that are most frequent first."""
    counts = found if isinstance(found, dict) else {}
    names = sorted(counts, key=lambda name: (-_count(counts, name), name))
    more = f" and {len(names) - _MOST_TAGS} more" if len(names) > _MOST_TAGS else ""
    return (", ".join(f"{name} {_count(counts, name):,}" for name in names[:_MOST_TAGS]) or "-") + more


def _count(document: Any, *path: str) -> int:
    value = part(document, *path)
    return value if isinstance(value, int) else 0


def _text(document: Mapping[str, Any], name: str) -> str:
    return str(document.get(name) or "-")


def _instant(milliseconds: Any) -> str:
    """Return a time as people write it, to the second."""
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return "-"
    try:
        return dt.datetime.fromtimestamp(milliseconds // 1000, dt.UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)


def _object(body: Any, id_field: str, wanted: str) -> Mapping[str, Any]:
    if not isinstance(body, dict) or not has_id(body, id_field):
        bad_answer(f"it does not hold what has the {id_field} {wanted}")
    return body


def _name(document: Mapping[str, Any]) -> str:
    name = document.get("name")
    if not isinstance(name, str) or not name:
        bad_answer(f"the dataset {document.get(ID)} has no name")
    return name


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "dataset list": Operation(
            "Dataset",
            _list_datasets,
            columns={
                "type": "type",
                "assets": "statistic.assetTotal",
                "annotated": "statistic.assetAnnotated",
                "annotations": "statistic.annotationTotal",
                "id": ID,
            },
        ),
        "dataset get": Operation("Dataset", _get, arguments=frozenset({"id"}), summary=dataset_summary),
        "dataset exports": Operation(
            "Dataset",
            _exports,
            arguments=frozenset({"id", "export"}),
            columns={
                "export": EXPORT_ID,
                "format": "spec.format",
                "normalized": "spec.options.normalized",
                "split": "spec.options.splitRatio",
                "state": "state",
                "made": "made",
            },
        ),
        "dataset download": Operation(
            "Dataset", download, arguments=ARGUMENTS | {"id"}, portion=portion, patience=Export.info.patience
        ),
        "dataset prune": Operation("Dataset", prune, arguments=PRUNE_ARGUMENTS | {"id"}, patience=1800.0),
    }
)
"""By the words of the command."""
