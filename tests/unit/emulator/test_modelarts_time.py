"""ModelArts: what goes on after an answer, on a clock that stands until it is moved."""

from pathlib import Path
from typing import Any

import pytest

from dsops.emulator import ModelartsSwitches, Options
from tests.unit.emulator.client import Client
from tests.unit.emulator.imaging import DATASETS, NEW, Imaging

NOW = "2024-01-02T03:04:05Z"
NOW_MS = 1704164645000
DELAY = 2


class Slow(Imaging):
    """Each step takes two seconds, and a minute must lie between versions; `animals` is ready."""

    def __init__(self, data: Path | None = None) -> None:
        Client.__init__(self, Options(modelarts=ModelartsSwitches(delay=DELAY), data=data))
        assert Client.call(self, "POST", "/_emulator/clock", {"now": NOW}).status_code == 200
        self.point_at(self.make("animals", labels=[{"name": "cat"}]))
        self.advance(DELAY)

    def point_at(self, dataset_id: str) -> None:
        self.id = dataset_id
        self.dataset = f"{DATASETS}/{self.id}"
        self.labels = f"{self.dataset}/data-annotations/labels"
        self.versions = f"{self.dataset}/versions"

    def version_status(self, version_id: str) -> int:
        return int(self.good("GET", f"{self.versions}/{version_id}")["status"])


def writes(client: Slow) -> list[tuple[str, str, Any]]:
    """Every call that changes a dataset."""
    return [
        ("PUT", client.dataset, {"description": "x"}),
        ("DELETE", client.dataset, None),
        ("POST", client.labels, {"labels": [{"name": "x"}]}),
        ("PUT", client.labels, {"labels": [{"name": "cat"}]}),
        ("POST", f"{client.labels}/delete", {"labels": [{"name": "cat"}]}),
        ("PUT", f"{client.labels}/cat", {}),
        ("DELETE", f"{client.labels}/cat", None),
        ("POST", client.versions, {}),
    ]


def refusals(client: Slow) -> set[str]:
    """The codes by which writes are refused now."""
    return {client.conflict(method, path, body) for method, path, body in writes(client)}


def test_a_dataset_is_created_in_a_while() -> None:
    client = Slow()
    client.point_at(client.make("other"))
    assert client.status() == 0
    assert "other" in client.listed()
    assert refusals(client) == {"4356"}
    client.advance(DELAY - 0.001)
    assert client.status() == 0
    client.advance(0.001)
    assert client.status() == 1


def test_importing_comes_between() -> None:
    client = Slow()
    client.point_at(client.make("other", import_data=True))
    seen = [client.status()]
    client.advance(DELAY)
    seen.append(client.status())
    assert refusals(client) == {"4356"}
    client.advance(DELAY)
    assert [*seen, client.status()] == [0, 8, 1]


def test_a_version_is_published_in_a_while() -> None:
    client = Slow()
    version = client.publish()
    assert (client.status(), client.version_status(version)) == (6, 0)
    assert not client.good("GET", f"{client.versions}/{version}")["is_current"]
    assert "current_version_id" not in client.good("GET", client.dataset)
    assert refusals(client) == {"4343"}
    assert client.conflict("DELETE", f"{client.versions}/{version}") == "4343"
    client.advance(DELAY)
    assert (client.status(), client.version_status(version)) == (1, 1)
    assert client.good("GET", client.dataset)["current_version_id"] == version


def test_the_current_version_is_switched_in_a_while() -> None:
    client = Slow()
    first = client.publish()
    client.advance(60)
    second = client.publish()
    client.advance(DELAY)
    client.good("PUT", client.dataset, {"current_version_id": second})
    assert client.status() == 1, "it is the current one already"
    client.good("PUT", client.dataset, {"current_version_id": first, "description": "now"})
    shown = client.good("GET", client.dataset)
    assert (shown["status"], shown["current_version_id"], shown["description"]) == (7, second, "now")
    assert refusals(client) == {"4349"}
    client.advance(DELAY)
    assert client.good("GET", client.dataset)["current_version_id"] == first


def test_a_dataset_shows_for_a_while_after_its_deletion() -> None:
    client = Slow()
    client.good("DELETE", client.dataset, status=204)
    assert client.status() == 2
    assert client.listed() == ["animals"]
    assert client.conflict("POST", DATASETS, NEW) == "4351"
    assert client.conflict("PUT", client.dataset, {}) == "4344"
    client.good("DELETE", client.dataset, status=204)
    client.advance(DELAY)
    assert client.conflict("GET", client.dataset) == "4352"
    assert client.make("animals") != client.id


def test_a_version_shows_for_a_while_after_its_deletion_and_can_not_be_switched_to() -> None:
    client = Slow()
    version = client.publish(version_name="a")
    client.advance(60)
    client.publish(version_name="b")
    client.advance(60)
    for _ in range(2):
        client.good("DELETE", f"{client.versions}/{version}", status=204)
    assert (client.status(), client.version_status(version)) == (1, 2)
    assert client.conflict("PUT", client.dataset, {"current_version_id": version}) == "4353"
    assert client.conflict("POST", client.versions, {"version_name": "a"}) == "4371"
    client.advance(DELAY)
    assert client.conflict("GET", f"{client.versions}/{version}") == "4353"
    assert client.good("GET", client.dataset)["current_version_name"] == "b"


def test_one_version_a_minute() -> None:
    client = Slow()
    client.publish()
    client.advance(DELAY)
    assert client.conflict("POST", client.versions, {}) == "4370"
    client.point_at(client.make("other"))
    client.advance(DELAY)
    client.publish()
    client.advance(60 - DELAY)
    client.point_at(client.good("GET", f"{DATASETS}?search_content=animals")["datasets"][0]["dataset_id"])
    client.publish()


@pytest.mark.parametrize(
    ("asked", "task"), [("", True), ("&running_task_type=6", True), ("&running_task_type=3", False)]
)
def test_running_tasks_show_where_they_are_asked_for(asked: str, task: bool) -> None:
    client = Slow()
    client.publish()
    assert client.good("GET", client.dataset)["exist_running_task"] is False
    for path in (client.dataset, DATASETS):
        answer = client.good("GET", f"{path}?check_running_task=true{asked}")
        shown = answer["datasets"][0] if path == DATASETS else answer
        assert (shown["exist_running_task"], len(shown["running_tasks_id"])) == (task, int(task))
    client.advance(DELAY)
    assert client.good("GET", f"{client.dataset}?check_running_task=true")["running_tasks_id"] == []


def test_times_are_milliseconds_of_the_clock() -> None:
    client = Slow()
    assert client.good("GET", client.dataset)["create_time"] == NOW_MS
    client.advance(10)
    client.good("PUT", client.dataset, {"description": "x"})
    assert client.good("GET", client.dataset)["update_time"] == NOW_MS + DELAY * 1000 + 10_000


def test_what_goes_on_goes_on_after_a_restart(tmp_path: Path) -> None:
    client = Slow(tmp_path / "data.db")
    version = client.publish()
    client.app.state.store.close()
    again = Slow.__new__(Slow)
    Client.__init__(again, Options(modelarts=ModelartsSwitches(delay=DELAY), data=tmp_path / "data.db"))
    Client.call(again, "POST", "/_emulator/clock", {"now": NOW})
    again.point_at(client.id)
    again.advance(DELAY)
    assert (again.status(), again.version_status(version)) == (6, 0)
    again.advance(DELAY)
    assert (again.status(), again.version_status(version)) == (1, 1)
    again.app.state.store.close()
