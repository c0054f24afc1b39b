"""What a name means, and calls of operations over a real socket: repeated where an answer is lost, never in a loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from dsops.engine import Workspace
from dsops.engine.consume import fetch, follow
from dsops.engine.export import export_lines
from dsops.engine.operations import Desk, desk
from dsops.engine.places import Place, account, locate
from dsops.model import Address, Connection, DsopsError, Event, Resource, SecretRef, Stack
from tests.unit.http.server import Act, Server, drop, reply

DATASET = Resource(Address("uipath", "Dataset", "collateral"), "cm", {"project": "p", "name": "mail"})
STREAM = Resource(Address("uipath", "Stream", "dispute"), "cm", {"dataset": "collateral"}, parent=DATASET.address)
OTHER = Resource(Address("uipath", "Stream", "claims"), "cm2", {"dataset": "p/claims"}, parent="p/claims")
PLACE = Place("cm", ("p", "mail", "dispute"))


def workspace(url: str = "http://127.0.0.1:9", connections: Sequence[str] = ("cm", "cm2")) -> Workspace:
    secrets = {"token": SecretRef("env", "TOKEN")}
    settings = {name: Connection(name, "uipath", url, secrets=secrets) for name in connections}
    return Workspace(Stack("s", None, "/", "sqlite:x", settings), (DATASET, STREAM, OTHER))


def work(script: Sequence[Act], act: Callable[[Desk], Awaitable[Any]]) -> tuple[Any, Server]:
    """Do something at a desk whose provider answers by script; return what came of it, and the server."""
    events: list[Event] = []

    async def run() -> tuple[Any, Server]:
        async with Server(script) as server, desk(workspace(server.url), "dsops test", events.append) as opened:
            return await act(opened), server

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "x")


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(DsopsError) as caught:
        act()
    return " ".join(f"{each.summary} {each.detail} {each.hint}" for each in caught.value.diagnostics)


@pytest.mark.parametrize("text", ["dispute", "uipath/Stream/dispute", "p/mail/dispute"])
def test_a_declared_stream_by_any_of_its_names(text: str) -> None:
    assert locate(workspace(), "stream get", text, "cm") == Place("cm", ("p", "mail", "dispute"), STREAM.address)


def test_a_declared_one_needs_no_connection() -> None:
    assert locate(workspace(), "stream get", "claims", None).connection == "cm2"
    assert locate(workspace(), "dataset get", "collateral", None).key == ("p", "mail")


def test_one_outside_the_stack_needs_a_connection_where_there_are_several() -> None:
    assert locate(workspace(), "dataset get", "x/y", "cm2") == Place("cm2", ("x", "y"))
    assert "connections that know dataset get: cm, cm2" in refusal(
        lambda: locate(workspace(), "dataset get", "x/y", None)
    )
    assert account(workspace(connections=["cm2"]), "dataset list", None) == Place("cm2", ())


@pytest.mark.parametrize(
    ("name", "text", "connection", "told"),
    [
        ("stream get", "disputes", None, "did you mean dispute?"),
        ("stream get", "uipath/Stream/disputes", None, "did you mean uipath/Stream/dispute?"),
        ("stream get", "zzz", None, "the stack declares: claims, dispute"),
        ("stream get", "p/mail", "cm", "one outside the stack is written project/dataset/stream"),
        ("dataset get", "p/mail/dispute", "cm", "one outside the stack is written project/dataset"),
        ("dataset get", "p//", "cm", "is not the name of a Dataset"),
        ("dataset get", "p/mail", "cn", "the stack has no connection 'cn'"),
        ("dataset get", "collateral", "cm2", "lives on connection cm, not on cm2"),
    ],
)
def test_a_wrong_name_is_told(name: str, text: str, connection: str | None, told: str) -> None:
    assert told in refusal(lambda: locate(workspace(), name, text, connection))


def test_arguments_that_a_provider_does_not_take_are_told() -> None:
    place = Place("cm", ("p", "mail"))
    with pytest.raises(DsopsError) as caught:
        work([reply()], lambda at: at.perform("dataset export", place, {"sort": "x"}))
    assert "doesn't take sort" in str(caught.value)


def page(*uids: str, following: str | None = None) -> Act:
    comments = [{"comment": {"uid": uid}} for uid in uids]
    return reply(200, {"comments": comments, "status": "ok", **({"continuation": following} if following else {})})


def collected(script: Sequence[Act]) -> tuple[bytes, Server]:
    lines: list[bytes] = []

    def sink(content: bytes) -> bool:
        lines.append(content)
        return True

    place = Place("cm", ("p", "mail"))
    _, server = work(script, lambda at: export_lines(at, "dataset export", place, {"limit": 2}, sink))
    return b"".join(lines), server


def test_pages_are_read_to_the_end_an_empty_one_in_between_too() -> None:
    lines, server = collected([page("a", following="1"), page(following="2"), page("b")])
    assert lines == b'{"comment":{"uid":"a"}}\n{"comment":{"uid":"b"}}\n'
    assert [each.body for each in server.seen] == [
        b'{"limit":2}',
        b'{"continuation":"1","limit":2}',
        b'{"continuation":"2","limit":2}',
    ]


def test_an_answer_that_is_lost_is_asked_for_again() -> None:
    lines, server = collected([page("a", following="1"), drop, page("b")])
    assert lines == b'{"comment":{"uid":"a"}}\n{"comment":{"uid":"b"}}\n'
    assert server.seen[1].body == server.seen[2].body


@pytest.mark.parametrize("names", [["1", "1"], ["1", "2", "1"]])
def test_a_continuation_that_comes_again_is_an_error_and_no_loop(names: list[str]) -> None:
    with pytest.raises(DsopsError) as caught:
        collected([page(following=name) for name in names])
    assert "names a next page that it named before" in str(caught.value)


def batch(*uids: str, filtered: int = 0, at_end: bool = True) -> Act:
    results = [{"comment": {"uid": uid}, "sequence_id": uid} for uid in uids]
    body = {"results": results, "filtered": filtered, "sequence_id": "S", "is_end_sequence": at_end, "status": "ok"}
    return reply(200, body)


ADVANCED = reply(200, {"sequence_id": "S", "status": "ok"})


def test_the_stream_is_advanced_only_after_the_lines_have_left() -> None:
    order: list[str] = []

    async def act(at: Desk) -> None:
        def sink(content: bytes) -> bool:
            order.append(content.decode())
            return True

        fetched = await fetch(at, PLACE, {"size": 1}, sink, advance=True)
        assert (fetched.advanced, fetched.read, fetched.position) == (True, True, "S")

    async def advanced(writer: asyncio.StreamWriter) -> None:
        order.append("advance")
        await ADVANCED(writer)

    _, server = work([batch("a"), advanced], act)
    assert order == ['{"comment":{"uid":"a"},"sequence_id":"a"}\n', "advance"]
    assert server.seen[1].body == b'{"sequence_id":"S"}'


@pytest.mark.parametrize(
    ("answer", "reads", "advance", "advances"),
    [
        (batch("a"), True, True, True),
        (batch("a"), False, True, False),
        (batch("a"), True, False, False),
        (batch(filtered=3), True, True, True),
        (batch(), True, True, False),
    ],
)
def test_what_nobody_read_and_what_is_nothing_is_not_advanced_past(
    answer: Act, reads: bool, advance: bool, advances: bool
) -> None:
    def act(at: Desk) -> Awaitable[Any]:
        return fetch(at, PLACE, {"size": 1}, lambda _: reads, advance=advance)

    fetched, server = work([answer, ADVANCED], act)
    assert fetched.advanced == advances
    assert len(server.seen) == 1 + advances


def test_a_follower_pauses_at_the_end_and_stops_when_nobody_reads() -> None:
    sleeps: list[float] = []
    read = iter([True, True, True, True, False])

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    script = [batch("a", at_end=False), ADVANCED, batch("b"), ADVANCED, batch(), batch(), batch("c")]
    count, server = work(script, lambda at: follow(at, PLACE, {"size": 1}, lambda _: next(read), sleep=sleep))
    assert (count, sleeps, len(server.seen)) == (2, [1, 2, 4], len(script))
