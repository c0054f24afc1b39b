"""Two objects of one name: nothing is chosen."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from dsops.engine import Options
from dsops.engine.connect import connected
from dsops.engine.observe import Observer
from dsops.model import Address, Connection, DsopsError, Listing, Resource, SecretRef, Stack
from dsops.planner import Scope, declare
from dsops.providers import kinds

FAQ = Address("geai", "Dataset", "faq")


@contextmanager
def listing(*datasets: Mapping[str, str]) -> Iterator[str]:
    """Serve an account's list of datasets, with names as the emulator would never take them; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = orjson.dumps([{**each, "rows": []} for each in datasets])
            self.send_response(200 if self.path == "/dataSetApi/dataSets" else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def named(remote_id: str, name: str) -> Mapping[str, str]:
    return {"dataSetId": remote_id, "dataSetName": name}


def observe(endpoint: str) -> Mapping[Scope, Listing]:
    connection = Connection("evals", "geai", endpoint, secrets={"token": SecretRef("env", "TOKEN")})
    stack = Stack("s", None, "/", "sqlite:x.db", {"evals": connection})
    declared = declare([Resource(FAQ, "evals", {"description": "d"})], kinds("geai"))

    async def read() -> Mapping[Scope, Listing]:
        async with connected(stack, Options("plan"), lambda _: None) as clients:
            observer = Observer(clients, kinds("geai"))
            await observer.observe(declared, {}, frozenset({FAQ}), {})
            return observer.seen.listings

    return asyncio.run(read())


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t")


def test_of_two_objects_of_a_declared_name_none_is_taken() -> None:
    with listing(named("d1", "faq"), named("d2", "faq")) as endpoint, pytest.raises(DsopsError) as caught:
        observe(endpoint)
    (told,) = caught.value.diagnostics
    assert told.summary == "2 objects are called faq on connection evals"
    assert "d1, d2" in told.detail
    assert told.address == FAQ


def test_names_that_are_not_declared_may_be_there_twice() -> None:
    with listing(named("d1", "other"), named("d2", "other")) as endpoint:
        (found,) = observe(endpoint).values()
    assert [each.remote_id for each in found.objects] == ["d1", "d2"]
