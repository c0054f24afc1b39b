"""What providers make of answers: every flow and codec, replayed with answers that were recorded from the emulator.

A ``Story`` is a flow and the bytes that a real server answered to each of its calls. Told again with other bytes it
may end in three ways: with what it found, which must then be fit for everything that follows; with a ``DsopsError``; or
with the failure that the provider's codec saw. It may not crash, and not go on for ever.
"""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from dsops.http.answer import Garbled, decode, judge
from dsops.http.exchange import LARGEST_ANSWER
from dsops.http.secret import Redactor
from dsops.http.splitter import Broken, Splitter, Stream, TooLarge
from dsops.http.wire import prepare
from dsops.model import (
    Arguments,
    Batch,
    Call,
    Connection,
    DsopsError,
    Effect,
    Entry,
    Flow,
    FlowFailure,
    Job,
    Kind,
    Listing,
    LiveObject,
    Look,
    Lookup,
    Page,
    Preview,
    Provider,
    Request,
    RowCodec,
    Verb,
    canonical,
    masked,
)
from dsops.providers import provider
from tests.fuzz.hostile import Chance, bytes_of, worsened
from tests.support.vi import ORGANIZATION, SECRET, add_export, held_datasets

MOST_CALLS = 60
TOKENS = {"uipath": "emulator", "geai": "emulator", "modelarts": "emulator", "vi": SECRET}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "uipath": {}, "geai": {}, "modelarts": {"project": "emulator-project"}, "vi": {"organization": ORGANIZATION},
}  # fmt: skip
GENERATED = "comments=6,datasets=3,streams=4,geai-rows=3,modelarts-datasets=3,vi-assets=3"
"""What the emulator holds whose answers are recorded."""


@dataclass(frozen=True, slots=True)
class Story:
    """A flow and what was answered to it.

    Attributes:
        name: ``uipath/Dataset listing``.
        provider: Whose.
        flow: Begins it anew.
        answers: Status and body, one for each call.
    """

    name: str
    provider: str
    flow: Callable[[], Flow]
    answers: tuple[tuple[int, bytes], ...]

    @property
    def owner(self) -> Provider:
        """The provider."""
        return provider(self.provider)


STATUSES = (200, 200, 201, 202, 204, 302, 400, 404, 409, 429, 500, 503)


def worse(story: Story, chance: Chance) -> list[tuple[int, bytes]]:
    """Return the answers of a story, one of them made worse."""
    answers = list(story.answers)
    which = chance.randrange(len(answers))
    status, body = answers[which]
    status = chance.choice(STATUSES) if chance.random() < 0.3 else status
    answers[which] = status, bytes_of(worsened(orjson.loads(body) if body else None, chance), chance)
    return answers


class Endless(AssertionError):
    """A flow asks and asks."""


def tell(story: Story, answers: Iterable[tuple[int, bytes]]) -> Any:
    """Tell a story with other answers; return what it found, or the expected error it ended with.

    Raises:
        AssertionError: It never ends.
        Exception: Whatever it crashed with.
    """
    given = list(answers)
    flow = story.flow()
    try:
        call = next(flow)
        for number in range(MOST_CALLS):
            status, body = given[number % len(given)]
            call = _continue(flow, call, story.owner, status, body)
        raise Endless(f"{story.name} asked {MOST_CALLS} times")
    except StopIteration as done:
        found = done.value
    except (DsopsError, FlowFailure, _Refused) as expected:
        return expected
    except LookupError as unknown:
        if type(unknown) is not LookupError:  # a LookupError itself is what a lookup says of names that aren't there
            raise
        return unknown
    used(story, found)
    return found


class _Refused(Exception):
    """The answer didn't get as far as the flow."""


def _continue(flow: Flow, call: Call, owner: Provider, status: int, body: bytes) -> Call:
    sink = _Rows(owner)
    try:
        stream = Stream(call.stream, sink)
        rest = _split(stream, body) if call.stream and 200 <= status < 300 else body
        response = decode(status, [(b"content-type", b"application/json")], rest)
    except (Broken, TooLarge) as broken:
        raise _Refused(str(broken)) from broken
    if isinstance(response, Garbled):
        raise _Refused(response.reason)
    if call.stream:
        response = dataclasses.replace(response, body=stream.without(response.body))
    answer = judge(response, owner, lambda: Redactor(["a secret"]))
    if answer.failure is None:
        return flow.send(answer.response)
    answer.failure.message.encode(errors="replace")
    return flow.throw(FlowFailure(call, answer.failure, status))


def _split(stream: Stream, body: bytes) -> bytes:
    splitter = Splitter(stream, LARGEST_ANSWER)
    for at in range(0, len(body), 700):
        splitter.feed(body[at : at + 700])
    return splitter.finish()


@dataclass(frozen=True, slots=True)
class _Rows:
    """Reads rows as a plan does."""

    owner: Provider

    def begin(self) -> None:
        """Read from the beginning."""

    def take(self, documents: Iterable[Any]) -> None:
        """Read some, compare them, show them."""
        for kind in self.owner.kinds.values():
            for row in documents if kind.rows is not None else ():
                assert kind.rows is not None
                live = kind.rows.live(row)
                canonical(live.values)
                canonical(kind.rows.manifest(live.values))
                assert kind.rows.document(live.values)


def used(story: Story, found: Any) -> None:
    """Do with what a flow found what comes next: compare, show, declare, write about it."""
    owner = story.owner
    kind = owner.kinds.get(story.name.split()[0].rpartition("/")[2])
    match found:
        case Listing(objects):
            for each in objects:
                _object(kind, each)
        case LiveObject():
            _object(kind, found)
        case Page(items, following):
            _operation(story, items)
            canonical(following)
        case Entry():
            _operation(story, (found,))
        case _:
            canonical(_plain(found))


def _plain(found: Any) -> Any:
    """Return what a flow found as JSON content."""
    match found:
        case Batch(items):
            return list(items)
        case Job(_, look, document, address):
            return [document, look.words, address]
        case Lookup(attributes, note):
            return [dict(attributes), note]
        case Look():
            return found.words
        case Preview(count, sample):
            return [count, list(sample)]
        case _:
            return found


def _object(kind: Kind | None, live: LiveObject) -> None:
    assert kind is not None
    assert isinstance(live.remote_id, str)
    assert live.remote_id
    assert live.key
    assert all(isinstance(each, str) for each in live.key)
    orjson.dumps(masked(dict(live.attributes)))
    canonical(dict(live.attributes))
    # Of an object that was just made some answers hold no more than its id.
    spec = kind.manifest(live) if live.attributes else {}
    canonical(spec)
    if Verb.DELETE in kind.info.verbs:
        for call in kind.delete(live):
            _ = call.target


def _operation(story: Story, items: tuple[Any, ...]) -> None:
    operation = story.owner.operations[story.name.partition(": ")[2]]
    for each in items:
        document = each.document if isinstance(each, Entry) else each
        if isinstance(each, Entry):
            assert all(isinstance(part, str) for part in each.key)
        canonical(document)
        if operation.cells is not None and isinstance(document, dict):
            {column: masked(value) for column, value in operation.cells(document).items()}
        if operation.summary is not None:
            for word in operation.summary(document).values():
                word.encode()


# -- recording


def recorded() -> list[Story]:
    """Return the stories of every provider, as they were recorded: the same each time."""
    table = {place: (status, body.encode()) for place, (status, body) in json.loads(RECORDED.read_text()).items()}
    return _stories(lambda request: table[_place(request)])


def write_recording(url: str) -> None:
    """Let an emulator tell the stories anew, and keep its answers."""
    for dataset in held_datasets(url):
        add_export(url, dataset["datasetId"])
    table: dict[str, tuple[int, str]] = {}
    with httpx.Client(verify=False, trust_env=False, timeout=60, base_url=url) as client:

        def ask(request: Request) -> tuple[int, bytes]:
            answer = client.request(
                request.method, _target(request), headers=dict(request.headers), content=request.body
            )
            table[_place(request)] = answer.status_code, answer.text
            return answer.status_code, answer.content

        _stories(ask)
    RECORDED.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


Ask = Callable[[Request], tuple[int, bytes]]
RECORDED = Path(__file__).with_name("answers.json")
_BASE = "http://127.0.0.1"


def _target(request: Request) -> str:
    return request.url.removeprefix(_BASE)


def _place(request: Request) -> str:
    return f"{request.method} {_target(request)}"


def _stories(ask: Ask) -> list[Story]:
    return [_story(ask, name, title, flow) for name in TOKENS for title, flow in _flows(name, ask)]


def _story(ask: Ask, name: str, title: str, flow: Callable[[], Flow]) -> Story:
    answers: list[tuple[int, bytes]] = []
    _told(ask, name, flow(), answers)
    return Story(title, name, flow, tuple(answers))


def _told(ask: Ask, name: str, flow: Flow, answers: list[tuple[int, bytes]]) -> Any:
    owner, connection = provider(name), Connection(name, name, _BASE, dict(SETTINGS[name]))
    try:
        call = next(flow)
        while True:
            request = prepare(owner.prepared(connection, call), call.base or _BASE, {})
            signed = owner.authenticate(connection, {"token": TOKENS[name]}, request, dt.datetime.now(dt.UTC))
            status, body = ask(signed)
            answers.append((status, body))
            call = _continue(flow, call, owner, status, body)
    except StopIteration as done:
        return done.value


def _flows(name: str, ask: Ask) -> Iterator[tuple[str, Callable[[], Flow]]]:
    owner = provider(name)
    parents: dict[str, LiveObject] = {}
    for kind in sorted(owner.kinds.values(), key=lambda each: each.info.parent is not None):
        above = parents.get(kind.info.parent or "")
        scope = above.key if above else ()
        listing: Listing = _told(ask, name, kind.listing(scope), [])
        live = parents[kind.info.type] = listing.objects[0]
        type_ = kind.info.type
        yield f"{type_} listing", lambda kind=kind, scope=scope: kind.listing(scope)  # type: ignore[misc]
        if above and kind.info.parent_by_id:
            yield f"{type_} listing of all", lambda kind=kind: kind.listing(())  # type: ignore[misc]
        yield f"{type_} reading", lambda kind=kind, live=live: kind.reading(live.key, live.remote_id)  # type: ignore[misc]
        yield f"{type_} reading by name", lambda kind=kind, live=live: kind.reading(live.key)  # type: ignore[misc]
        yield f"{type_} answered", lambda kind=kind, live=live: _answered(kind, live)  # type: ignore[misc]
        yield from _further(kind, live)
    yield from ((f"{name}: {words}", flow) for words, flow in _operations(owner, parents))


def _further(kind: Kind, live: LiveObject) -> Iterator[tuple[str, Callable[[], Flow]]]:
    """Yield what else a kind asks for: the version that a tag means, and whether what it made is ready."""
    type_ = kind.info.type
    codec = kind.rows
    if codec is not None:
        yield f"{type_} rows", lambda: _rows(codec, live)
    if type_ == "uipath/Stream":
        yield f"{type_} lookup", lambda: _there(kind.lookups({"model.tag": "live"}, live.key))
    if type_ in {"modelarts/Dataset", "modelarts/DatasetVersion", "vi/Export"}:
        yield f"{type_} waiting", lambda: _there(kind.waiting(Effect.CREATE, live))


def _answered(kind: Kind, live: LiveObject) -> Flow:
    """Read an object out of the answer to a write, which is much as that to a read."""
    asked = next(kind.reading(live.key, live.remote_id))
    response = yield asked
    return kind.answered(live.key, response)


def _rows(codec: RowCodec, live: LiveObject) -> Flow:
    """Read a row by its id, and plan the finer calls that bring it to other values."""
    response = yield Call("GET", ("dataSetApi", "dataSet", live.remote_id, "dataSetRows"))
    first = response.body[0] if isinstance(response.body, list) and response.body else None
    row_id = first.get("dataSetRowId") if isinstance(first, dict) else None
    if not isinstance(row_id, str):
        return None
    document = yield from codec.reading(live.remote_id, row_id)
    if document is not None:
        for call in codec.finer(live.remote_id, document, ("q", "a", "", [["n", "v", ""]], [["V", "k", "=", "v"]])):
            assert call.target
    return None


def _there(flow: Flow | None) -> Flow:
    assert flow is not None
    return flow


def _operations(owner: Provider, parents: Mapping[str, LiveObject]) -> Iterator[tuple[str, Callable[[], Flow]]]:
    given: Mapping[str, Arguments] = {
        "dataset export": {} if owner.name == "geai" else {"limit": 3},
        "stream fetch": {"size": 2},
        "dataset download": {"annotationsOnly": True},
        "dataset prune": {"filter": '{"a": 1}', "preview": True},
    }
    left_out = {"stream advance", "stream reset", "stream tag", "stream untag"}
    for words, operation in owner.operations.items():
        if words in left_out:
            continue
        live = parents[f"{owner.name}/{operation.kind}"]
        key = live.key if "list" not in words else live.key[:-1] if words == "stream list" else ()
        arguments = dict(given.get(words, {}))
        if "id" in operation.arguments:
            arguments["id"] = live.remote_id
        yield words, lambda operation=operation, key=key, arguments=arguments: operation.flow(key, arguments)  # type: ignore[misc]
