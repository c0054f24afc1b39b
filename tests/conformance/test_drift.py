"""`dsops drift`: 0 nothing, 2 something changed or gone behind us, 1 not everything could be read; it only reads."""

import hashlib
from pathlib import Path

import pytest

from tests.conformance.stage import Json, Stage, dataset, stream

DECLARED = (dataset(title="A", description="D"), stream(title="S", model={"version": 1, "labelThresholds": {"L": 0.5}}))


@pytest.fixture
def applied(stage: Stage) -> Stage:
    stage.declare(*DECLARED).apply()
    return stage


def drift(stage: Stage, code: int) -> Json:
    """Return the drift document; nothing may be written by it, neither there nor here."""
    state, writes = _files(stage.folder / ".dsops"), len(stage.writes())
    found = stage.run("drift", "--format", "json", code=code).json
    assert found["drift"] is (code == 2)
    assert len(stage.writes()) == writes
    assert _files(stage.folder / ".dsops") == state
    return found


def states(found: Json) -> dict[str, str]:
    return {each["address"].removeprefix("uipath/"): each["state"] for each in found["items"]}


def _files(folder: Path) -> dict[str, str]:
    """Digest the database; its -shm and -wal come and go with readers."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.db")}


def test_nothing(applied: Stage) -> None:
    found = drift(applied, 0)
    assert found["items"] == []
    assert applied.process("drift").out.startswith("No drift: 2 in sync.")


def test_before_the_first_apply_all_is_pending(stage: Stage) -> None:
    assert states(drift(stage.declare(*DECLARED), 0)) == {"Dataset/collateral": "pending", "Stream/dispute": "pending"}


def test_a_changed_field(applied: Stage) -> None:
    applied.post("project1/collateral", {"dataset": {"title": "B"}})
    found = drift(applied, 2)
    assert states(found) == {"Dataset/collateral": "drifted"}
    assert found["items"][0]["fields"] == [{"path": "title", "before": "B", "after": "A", "cause": "drift"}]
    text = applied.run("drift", code=2).out
    assert 'title: declared "A", live "B"' in text
    applied.apply()
    drift(applied, 0)


def test_a_changed_threshold(applied: Stage) -> None:
    model = {"version": 1, "label_thresholds": [{"name": ["L"], "threshold": 0.4}]}
    applied.post("project1/collateral/streams/dispute", {"stream": {"model": model}})
    [item] = drift(applied, 2)["items"]
    assert [(each["path"], each["before"], each["after"]) for each in item["fields"]] == [
        ("model.labelThresholds.L", 0.4, 0.5)
    ]


def test_a_changed_field_that_nobody_declares_is_no_drift(applied: Stage) -> None:
    applied.post("project1/collateral", {"dataset": {"source_ids": ["ffffffffffffffff"]}})
    applied.post("project1/collateral/streams/dispute", {"stream": {"description": "x"}})
    assert drift(applied, 0)["items"] == []


def test_a_changed_manifest_is_pending(applied: Stage) -> None:
    applied.declare(dataset(title="New", description="D"), DECLARED[1])
    assert states(drift(applied, 0)) == {"Dataset/collateral": "pending"}


def test_both_changed_is_a_conflict(applied: Stage) -> None:
    applied.post("project1/collateral", {"dataset": {"title": "B"}})
    applied.declare(dataset(title="C", description="D"), DECLARED[1])
    found = drift(applied, 2)
    assert [each["cause"] for each in found["items"][0]["fields"]] == ["conflict"]


def test_both_changed_alike_is_nothing(applied: Stage) -> None:
    applied.post("project1/collateral", {"dataset": {"title": "B"}})
    applied.declare(dataset(title="B", description="D"), DECLARED[1])
    assert drift(applied, 0)["items"] == []


def test_a_released_field_that_changed_is_no_drift(applied: Stage) -> None:
    applied.post("project1/collateral", {"dataset": {"title": "B"}})
    applied.declare(dataset(description="D"), DECLARED[1])
    assert drift(applied, 0)["drift"] is False


def test_gone(applied: Stage) -> None:
    applied.delete("project1/collateral/streams/dispute")
    assert states(drift(applied, 2)) == {"Stream/dispute": "gone"}
    applied.delete("project1/collateral")
    assert states(drift(applied, 2)) == {"Dataset/collateral": "gone", "Stream/dispute": "gone"}
    assert applied.run("drift", code=2).out.count("uipath/") == 2


def test_deleted_and_made_anew_by_somebody_is_gone(applied: Stage) -> None:
    applied.delete("project1/collateral/streams/dispute")
    applied.put("project1/collateral/streams", {"stream": {"name": "dispute", "title": "S"}})
    assert states(drift(applied, 2)) == {"Stream/dispute": "gone"}


def test_gone_and_declared_no_longer_is_gone(applied: Stage) -> None:
    applied.delete("project1/collateral/streams/dispute")
    applied.declare(DECLARED[0])
    assert states(drift(applied, 2)) == {"Stream/dispute": "gone"}


def test_changed_and_declared_no_longer_is_drift(applied: Stage) -> None:
    applied.post("project1/collateral/streams/dispute", {"stream": {"title": "Theirs"}})
    applied.declare(DECLARED[0])
    assert states(drift(applied, 2)) == {"Stream/dispute": "drifted"}


def test_declared_no_longer_is_pending(applied: Stage) -> None:
    applied.declare(DECLARED[0])
    assert states(drift(applied, 0)) == {"Stream/dispute": "pending"}


def test_a_moved_address_is_pending(applied: Stage) -> None:
    applied.declare(DECLARED[0], stream("disputes", name="dispute", title="S"))
    assert states(drift(applied, 0)) == {"Stream/disputes": "pending"}


def test_what_is_ignored_is_no_drift(applied: Stage) -> None:
    ignored = dataset(title="A", description="D", meta={"ignore": [{"path": "title", "reason": "by hand"}]})
    applied.post("project1/collateral", {"dataset": {"title": "B"}})
    assert drift(applied.declare(ignored, DECLARED[1]), 0)["drift"] is False


def test_unmanaged_is_shown_and_not_counted(applied: Stage) -> None:
    applied.put("project1/theirs", {"dataset": {}})
    assert drift(applied, 0)["unmanaged"] == ["uipath/Dataset project1/theirs"]
    assert "project1/theirs" in applied.run("drift").out


def test_a_target_looks_at_nothing_else(applied: Stage) -> None:
    applied.post("project1/collateral/streams/dispute", {"stream": {"title": "Theirs"}})
    applied.run("drift", "--target", "uipath/Dataset/*", code=0)
    applied.run("drift", "--exclude", "uipath/Stream/dispute", code=0)
    applied.run("drift", "--target", "uipath/Stream/*", code=2)
    applied.run("drift", "--target", "uipath/Nothing/*", code=1)


def test_where_the_queue_begins_is_never_drift(stage: Stage) -> None:
    stage.declare(dataset(), stream(startFrom="2024-01-01T00:00:00Z")).apply()
    stage.post("project1/collateral/streams/dispute/reset", {"to_comment_created_at": "2020-01-01T00:00:00Z"})
    assert drift(stage, 0)["items"] == []


def test_an_endpoint_that_moved_is_named(applied: Stage) -> None:
    applied.endpoint = applied.emulator.url.replace("127.0.0.1", "localhost")
    found = drift(applied.declare(*DECLARED), 0)
    assert ["has moved from" in each["summary"] for each in found["diagnostics"]] == [True]
