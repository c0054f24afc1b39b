"""Two objects of one name: nothing is chosen."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest

from dsops.engine.connect import Clients
from dsops.engine.observe import Observer
from dsops.model import Address, Connection, DsopsError, Flow, Kind, Listing, LiveObject, Resource, RowSink, Stack
from dsops.planner import declare
from dsops.providers import kinds

STACK = Stack("s", None, "/", "sqlite:x.db", {"evals": Connection("evals", "geai", "http://127.0.0.1:1")})
FAQ = Address("geai", "Dataset", "faq")


class Listed(Clients):
    """Clients whose listings are given: what matters here is what is made of them."""

    def __init__(self, *objects: LiveObject) -> None:
        super().__init__(STACK, asyncio.Semaphore(1), lambda _: None, AsyncExitStack())
        self._objects = objects

    async def read(self, name: str, flow: Flow, sink: RowSink | None = None) -> Any:
        del name, flow, sink
        return Listing(self._objects)


def observe(*objects: LiveObject) -> Mapping[Any, Listing]:
    everything: Mapping[str, Kind] = kinds()
    observer = Observer(Listed(*objects), everything)
    declared = declare([Resource(FAQ, "evals", {"description": "d"})], everything)
    asyncio.run(observer.observe(declared, {}, frozenset({FAQ}), {}))
    return observer.seen.listings


def test_of_two_objects_of_a_declared_name_none_is_taken() -> None:
    with pytest.raises(DsopsError) as caught:
        observe(LiveObject("d1", ("faq",), {}), LiveObject("d2", ("faq",), {}))
    (told,) = caught.value.diagnostics
    assert told.summary == "2 objects are called faq on connection evals"
    assert "d1, d2" in told.detail
    assert told.address == FAQ


def test_names_that_are_not_declared_may_be_there_twice() -> None:
    (listing,) = observe(LiveObject("d1", ("other",), {}), LiveObject("d2", ("other",), {})).values()
    assert len(listing.objects) == 2
