"""What can be done with datasets and streams that is not desired state.

Every call here may be sent again when its answer is lost, the writes too: fetching moves nothing; advance and reset set
the position that is given; tagging gives a comment the type that is given, and untagging leaves it without one. A
second consumer may move the stream between the two: what comes of it is a comment seen twice, which consumers must
expect anyway (``specs/uipath.md``, choices 21 and 26).
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from dsops.model import Arguments, Batch, Call, Entry, Flow, NaturalKey, Operation, Page, Response
from dsops.providers.common import has_id
from dsops.providers.uipath.comments import comment_cells
from dsops.providers.uipath.export import export
from dsops.providers.uipath.uids import checked_uids
from dsops.providers.uipath.wire import ROOT, bad_answer, instant, items

_LARGEST_FETCH = 1024
_TAGGED_AT_ONCE = 256
# Proxies cut an address at 8 kB, some at 4: a list of uids in a query stays below.
_LONGEST_QUERY = 3500
_CONSUME = "Consume streams and View labels"
_READ = "View streams and View labels"
_TAG = "Consume streams and View sources"


def _list_datasets(_key: NaturalKey, arguments: Arguments) -> Flow:
    project = arguments.get("project")
    response = yield Call("GET", (*ROOT, project) if project else ROOT, permission="View labels")
    return Page(tuple(Entry(_names(each, "owner", "name"), each) for each in items(response, "datasets")))


def _get_dataset(key: NaturalKey, _arguments: Arguments) -> Flow:
    response = yield Call("GET", (*ROOT, *key), permission="View labels")
    return Entry(key, _object(response, "dataset"))


def _list_tags(key: NaturalKey, _arguments: Arguments) -> Flow:
    response = yield Call("GET", (*ROOT, *key, "model-tags"), permission="Model Admin")
    tags = _body(response).get("model_tags")
    if not isinstance(tags, list) or not all(isinstance(each, dict) for each in tags):
        bad_answer("it holds no list 'model_tags'")
    return Page(tuple(Entry((*key, *_names(each, "name")), each) for each in tags))


def _list_streams(key: NaturalKey, _arguments: Arguments) -> Flow:
    response = yield Call("GET", (*ROOT, *key, "streams"), permission=_READ)
    return Page(tuple(Entry((*key, *_names(each, "name")), each) for each in items(response, "streams")))


def _get_stream(key: NaturalKey, _arguments: Arguments) -> Flow:
    response = yield Call("GET", _stream(key), permission=_READ)
    return Entry(key, _object(response, "stream"))


def _fetch(key: NaturalKey, arguments: Arguments) -> Flow:
    body = {name: arguments[name] for name in ("size", "max_filtered") if name in arguments}
    for name, value in body.items():
        if not 1 <= value <= _LARGEST_FETCH:
            raise ValueError(f"{name} is {value}, and must be between 1 and {_LARGEST_FETCH}")
    return _fetched(key, body)


def _fetched(key: NaturalKey, body: Mapping[str, Any]) -> Flow:
    call = Call("POST", (*_stream(key), "fetch"), body=body, permission="Consume streams, View labels and View sources")
    answer = _body((yield call))
    results, filtered = answer.get("results"), answer.get("filtered", 0)
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        bad_answer("it holds no list 'results'")
    if not isinstance(filtered, int):
        bad_answer("'filtered' is not a number")
    # One of the documented samples has no is_end_sequence (specs/uipath.md, choice 20).
    at_end = answer.get("is_end_sequence", not results and not filtered)
    return Batch(tuple(results), _sequence(answer), filtered, bool(at_end))


def _advance(key: NaturalKey, arguments: Arguments) -> Flow:
    body = {"sequence_id": arguments["position"]}
    answer = yield Call("POST", (*_stream(key), "advance"), body=body, permission=_CONSUME)
    return _sequence(_body(answer))


def _reset(key: NaturalKey, arguments: Arguments) -> Flow:
    return _reset_to(key, instant(arguments["to"]))


def _reset_to(key: NaturalKey, moment: str) -> Flow:
    body = {"to_comment_created_at": moment}
    answer = yield Call("POST", (*_stream(key), "reset"), body=body, permission=_CONSUME)
    return _sequence(_body(answer))


def _tag(key: NaturalKey, arguments: Arguments) -> Flow:
    uids, type_ = checked_uids(arguments["uids"]), arguments["type"]
    if not type_.strip():
        raise ValueError("an exception has a type that isn't empty")
    return _tagged(key, uids, type_)


def _tagged(key: NaturalKey, uids: list[str], type_: str) -> Flow:
    now, later = uids[:_TAGGED_AT_ONCE], uids[_TAGGED_AT_ONCE:]
    body = {"exceptions": [{"uid": uid, "metadata": {"type": type_}} for uid in now]}
    yield Call("PUT", (*_stream(key), "exceptions"), body=body, permission=_TAG)
    return Page(tuple(now), {"uids": later, "type": type_} if later else None)


def _untag(key: NaturalKey, arguments: Arguments) -> Flow:
    return _untagged(key, checked_uids(arguments["uids"]))


def _untagged(key: NaturalKey, uids: list[str]) -> Flow:
    now = list(islice(_fitting(uids), _TAGGED_AT_ONCE))
    later = uids[len(now) :]
    query = tuple(("uid", uid) for uid in now)
    yield Call("DELETE", (*_stream(key), "exceptions"), query=query, permission=_TAG)
    return Page(tuple(now), {"uids": later} if later else None)


def _fitting(uids: list[str]) -> Iterator[str]:
    """Yield the uids that fit into one query, at least one."""
    length = 0
    for uid in uids:
        length += len(urlencode((("uid", uid),))) + 1
        if length > _LONGEST_QUERY and uid is not uids[0]:
            return
        yield uid


def _stream(key: NaturalKey) -> tuple[str, ...]:
    return (*ROOT, *key[:-1], "streams", key[-1])


def _body(response: Response) -> Mapping[str, Any]:
    return response.body if isinstance(response.body, dict) else {}


def _object(response: Response, name: str) -> Mapping[str, Any]:
    document = _body(response).get(name)
    if not isinstance(document, dict) or not has_id(document, "id"):
        bad_answer(f"it holds no {name}")
    return document


def _sequence(answer: Mapping[str, Any]) -> str:
    found = answer.get("sequence_id")
    if not isinstance(found, str) or not found:
        bad_answer("it holds no 'sequence_id'")
    return found


def _names(document: Mapping[str, Any], *fields: str) -> NaturalKey:
    names = tuple(document.get(each) for each in fields)
    if not all(isinstance(each, str) and each for each in names):
        bad_answer(f"an object of its list lacks {' or '.join(fields)}")
    return tuple(str(each) for each in names)


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "dataset list": Operation(
            "Dataset",
            _list_datasets,
            arguments=frozenset({"project"}),
            columns={"title": "title", "family": "model_family", "modified": "last_modified", "id": "id"},
        ),
        "dataset get": Operation("Dataset", _get_dataset),
        "dataset tags": Operation(
            "Dataset", _list_tags, columns={"tag": "name", "version": "version", "updated": "updated_at"}
        ),
        "dataset export": Operation(
            "Dataset",
            export,
            arguments=frozenset({"comment_uids", "source_ids", "order_by", "from", "to", "limit", "continuation"}),
            cells=comment_cells,
            unit="comment",
        ),
        "stream list": Operation(
            "Stream",
            _list_streams,
            columns={"title": "title", "model": "model.version", "updated": "updated_at", "id": "id"},
        ),
        "stream get": Operation("Stream", _get_stream),
        "stream fetch": Operation("Stream", _fetch, arguments=frozenset({"size", "max_filtered"})),
        "stream advance": Operation("Stream", _advance, arguments=frozenset({"position"})),
        "stream reset": Operation("Stream", _reset, arguments=frozenset({"to"})),
        "stream tag": Operation("Stream", _tag, arguments=frozenset({"uids", "type"})),
        "stream untag": Operation("Stream", _untag, arguments=frozenset({"uids"})),
    }
)
"""By the words of the command."""
