"""The archive of an export: found or made, and what its files are (``specs/vi.md``, archives)."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from dsops.model import Arguments, Call, Flow, Job, Look, NaturalKey, Portion, RemoteError
from dsops.providers.common import has_id
from dsops.providers.vi.conditions import look
from dsops.providers.vi.export import DEFAULTS, EXPORTS, ID, attributes_of, chosen, create_call, specification
from dsops.providers.vi.wire import bad_answer, dataset_path, pages, part, without_address

ARGUMENTS = frozenset({"export", "again", "annotationsOnly", *DEFAULTS})
_WITH_ASSETS = "ViFull"
_ANNOTATIONS = "ViJsonl"
_SPLITS = frozenset({"training", "validation", "dump"})
_ASSETS = frozenset({"images", "assets"})


def download(key: NaturalKey, arguments: Arguments) -> Flow:
    """Find the export that is asked for, or make it; returns it as a ``Job``.

    Args:
        key: The dataset.
        arguments: ``export`` names one by its id, and nothing else is given then but ``annotationsOnly``. Without it
            the specification counts; ``again`` makes a new one whatever there is.

    Raises:
        ValueError: The arguments contradict each other, or can't be.
    """
    del key
    given = [name for name in DEFAULTS if name in arguments]
    if "export" in arguments:
        if given:
            raise ValueError(f"an export that is named has its own {given[0]}: give one or the other")
        return _named(arguments)
    annotations = bool(arguments.get("annotationsOnly"))
    wanted = {
        **DEFAULTS,
        **({"format": _ANNOTATIONS} if annotations else {}),
        **{name: arguments[name] for name in given},
    }
    if annotations and wanted["format"] == _WITH_ASSETS:
        raise ValueError(
            f"{_WITH_ASSETS} holds the assets too: for annotations alone leave the format out, or name another"
        )
    ratio = wanted["splitRatio"]
    if ratio is not None and not 0 < ratio < 1:
        raise ValueError(f"the split ratio is the share for training, between 0 and 1, not {ratio:g}")
    return _found(arguments, wanted)


def _named(arguments: Arguments) -> Flow:
    # Its id in the records has its dataset's before it.
    own = str(arguments["export"]).rpartition("/")[2]
    response = yield Call("GET", dataset_path(arguments["id"], EXPORTS, own))
    job = _job(response.body)
    if arguments.get("annotationsOnly") and attributes_of(response.body)["format"] == _WITH_ASSETS:
        raise RemoteError.of(
            f"export {own} is {_WITH_ASSETS}, which holds the assets too",
            hint="Leave --annotations-only out, or leave --export out: then one of annotations alone is found or made.",
        )
    return job


def _found(arguments: Arguments, wanted: Mapping[str, Any]) -> Flow:
    if not arguments.get("again"):
        documents = yield from pages(dataset_path(arguments["id"], EXPORTS), ID, "exports")
        for each in chosen(documents):
            if specification(attributes_of(each)) == specification(wanted):
                return _job(each)
    response = yield create_call(arguments["id"], wanted)
    return _job(response.body, begun=True)


def _job(document: Any, *, begun: bool = False) -> Job:
    if not isinstance(document, dict) or not has_id(document, ID):
        bad_answer("it holds no export")
    try:
        shown = look(document, "being exported", f"export {document[ID]}")
        address = part(document, "status", "downloadUrl", "url") or ""
        name = specification(attributes_of(document))
    except (LookupError, TypeError, AttributeError) as wrong:
        bad_answer(f"the export {document[ID]} is malformed ({type(wrong).__name__})")
    if begun and not (shown.done or shown.failed):
        shown = Look(done=False, words=f"no export {name} is there, so one is being made")
    if shown.done and not address:
        shown = Look(done=False, words="done, and without an address yet")
    told = {**without_address(document), "specification": name}
    return Job(document[ID], shown, told, address if isinstance(address, str) else "", begun)


def portion(name: str) -> Portion:
    """Say what a file of an archive is part of: ``training/images/one.png`` is an asset of the split ``training``."""
    parts = PurePosixPath(name).parts
    if len(parts) < 3 or parts[0] not in _SPLITS:
        return Portion()
    if parts[1] in _ASSETS:
        return Portion(parts[0], asset="/".join(parts[2:]))
    return Portion(parts[0], annotations=parts[1] == "annotations" and name.endswith(".jsonl"))
