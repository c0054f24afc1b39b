"""Paths, ids and pages: what is proven to be whole, and what isn't."""

from typing import Any

import pytest

from dsops.model import Address, Call, Reference, RemoteError, Response
from dsops.providers.vi import Vi, wire
from dsops.providers.vi.wire import MOST_PAGES, PAGE_SIZE, ROOT, dataset_id, dataset_path, pages
from tests.support.planning import drive
from tests.unit.providers.vi.samples import CONNECTION, dataset, page

VI = Vi()
LATE = Reference(Address("vi", "Dataset", "shelves"))


def read(*answers: Response) -> Any:
    return drive(pages(ROOT, "datasetId", "datasets"), *answers)


def unreliable(*answers: Response) -> str:
    with pytest.raises(RemoteError) as caught:
        read(*answers)
    return str(caught.value)


@pytest.mark.parametrize("given", ["d1", "acme_d1"])
def test_an_id_has_the_organization_in_front_once(given: str) -> None:
    call = VI.prepared(CONNECTION, Call("GET", dataset_path(given, "deleteOperation")))
    assert call.target == "/workspaces/acme/datasets/acme_d1/deleteOperation"
    assert VI.prepared(CONNECTION, call) == call


def test_an_id_that_is_known_later_gets_it_later() -> None:
    call = VI.prepared(CONNECTION, Call("POST", dataset_path(LATE, "datasetExports")))
    assert call.path == ("workspaces", "acme", "datasets", LATE, "datasetExports")


def test_other_paths_get_the_organization_alone() -> None:
    assert VI.prepared(CONNECTION, Call("GET", ROOT)).target == "/workspaces/acme/datasets"


@pytest.mark.parametrize(
    ("whole", "own"),
    [
        ("acme_d1", "d1"),
        ("d1", "d1"),
        ("acme_dataset_abc", "dataset_abc"),
        ("acme_acme_x", "acme_x"),
        ("other_d", "other_d"),
    ],
)
def test_both_forms_of_an_id_are_read(whole: str, own: str) -> None:
    assert dataset_id({"datasetId": whole, "workspaceId": "acme"}) == own


def test_an_organization_with_underscores_is_taken_off_whole() -> None:
    assert dataset_id({"datasetId": "acme_labs_d1", "workspaceId": "acme_labs"}) == "d1"


def test_pages_are_asked_for_with_the_token_until_there_is_none() -> None:
    flow = pages(ROOT, "datasetId", "datasets")
    first = next(flow)
    assert first.query == (("s", str(PAGE_SIZE)),)
    second = flow.send(page([dataset("a")], "https://x/?p=1&q=2"))
    assert second.query == (("p", "https://x/?p=1&q=2"), ("s", str(PAGE_SIZE)))
    third = flow.send(page([], "t"))
    assert third.query[0] == ("p", "t")
    with pytest.raises(StopIteration) as done:
        flow.send(page([dataset("b")], ""))
    assert [each["datasetId"] for each in done.value.value] == ["acme_a", "acme_b"]


@pytest.mark.parametrize(
    "body", [{}, {"items": []}, {"nextPage": None, "prevPage": None}, {"items": [], "nextPage": ""}]
)
def test_an_empty_list_may_be_written_in_several_ways(body: Any) -> None:
    assert read(Response(200, body=body)) == []


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([page([dataset()], "t"), page([], "t")], "named before"),
        ([page([dataset()], "t"), page([dataset()])], "an id twice"),
        ([page([dataset(), dataset()])], "an id twice"),
        ([page([], 7)], "not a text"),
        ([page([], ["t"])], "not a text"),
        ([page([], True)], "not a text"),
        ([Response(200, body=[])], "no list"),
        ([Response(200, body=None)], "no list"),
        ([Response(200, body={"items": None})], "no list"),
        ([Response(200, body={"datasets": []})], "no list"),
        ([page([{"name": "x"}])], "no list"),
        ([page([{"datasetId": ""}])], "no list"),
        ([page(["x"])], "no list"),
    ],
)
def test_what_is_no_whole_list_is_an_error_and_never_an_incomplete_one(answers: list[Response], why: str) -> None:
    assert why in unreliable(*answers)


def test_pages_without_end_end_with_an_error() -> None:
    assert "still more" in unreliable(*(page([], f"t{number}") for number in range(MOST_PAGES)))


def test_a_list_without_end_is_not_kept_until_the_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST_LISTED", 2)
    answers = [page([dataset(f"d{number}")], f"t{number}") for number in range(3)]
    assert "no end" in unreliable(*answers)
