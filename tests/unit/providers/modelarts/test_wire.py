"""Lists page by page: whole, whichever way the server counts, or an error."""

from collections.abc import Callable
from typing import Any

import pytest

from dsops.model import Call, RemoteError, Response
from dsops.providers.modelarts import wire
from dsops.providers.modelarts.wire import all_datasets, every_page

Server = Callable[[int, int], list[str]]
"""What stands on the page at an offset, of at most so many."""


def pages_of(ids: list[str]) -> Server:
    return lambda offset, limit: ids[offset * limit : (offset + 1) * limit]


def records_of(ids: list[str]) -> Server:
    return lambda offset, limit: ids[offset : offset + limit]


def read(server: Server, limit: int = 10) -> tuple[list[str], int]:
    """Return the ids that are read, and in how many calls."""
    flow = every_page(lambda offset: Call("GET", (str(offset),)), "things", "id", limit)
    calls = 0
    try:
        call = next(flow)
        while calls < 100:
            calls += 1
            found = server(int(str(call.path[0])), limit)
            call = flow.send(Response(200, body={"things": [{"id": each} for each in found], "total_number": 7}))
    except StopIteration as done:
        return [each["id"] for each in done.value], calls
    raise AssertionError("it never ends")


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 19, 20, 21, 30, 95])
@pytest.mark.parametrize("server", [pages_of, records_of])
def test_everything_is_read_once_in_order(server: Callable[[list[str]], Server], number: int) -> None:
    ids = [f"id-{each}" for each in range(number)]
    found, calls = read(server(ids))
    assert found == ids
    assert calls <= number // 10 + (3 if server is records_of and number >= 10 else 1)


def test_what_fits_on_a_page_is_one_call() -> None:
    assert read(pages_of(["a"] * 0))[1] == 1
    assert read(pages_of([f"{each}" for each in range(9)]))[1] == 1


def test_what_is_made_meanwhile_at_the_front_of_pages_shifts_them_and_nothing_is_missed() -> None:
    ids = [f"id-{each}" for each in range(25)]

    def server(offset: int, limit: int) -> list[str]:
        shown = ids if offset == 0 else ["new", *ids]
        return shown[offset * limit : (offset + 1) * limit]

    assert read(server)[0] == ids


def test_a_server_that_ignores_the_offset_never_proves_a_list_whole() -> None:
    ids = [f"id-{each}" for each in range(10)]
    with pytest.raises(RemoteError, match="full and brings nothing new"):
        read(lambda *_: ids)


def test_a_list_without_end_is_not_kept_until_the_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_LISTED", 50)
    flow = all_datasets()
    next(flow)
    pages = [[{"dataset_id": f"{number}-{each}"} for each in range(100)] for number in range(2)]
    flow.send(Response(200, body={"datasets": pages[0]}))
    with pytest.raises(RemoteError, match="has no end"):
        flow.send(Response(200, body={"datasets": pages[1]}))


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"datasets": None},
        {"datasets": {}},
        {"datasets": [None]},
        {"datasets": [{}]},
        {"datasets": [{"dataset_id": ""}]},
        {"datasets": [{"dataset_id": 7}]},
        {"datasets": [{"dataset_id": "a"}, {"dataset_id": "a"}]},
    ],
)
def test_what_is_no_page_proves_nothing(body: Any) -> None:
    flow = all_datasets()
    next(flow)
    with pytest.raises(RemoteError, match="can't be relied on"):
        flow.send(Response(200, body=body))


def test_all_datasets_are_asked_for_in_a_stable_order_with_labels() -> None:
    call = next(all_datasets())
    assert (call.method, call.path) == ("GET", ("v2", "{project}", "datasets"))
    assert dict(call.query) == {
        "dataset_version": "all",
        "with_labels": "true",
        "sort_by": "create_time",
        "order": "asc",
        "limit": "100",
        "offset": "0",
    }
    assert call.permission == "modelarts:dataset:list"
