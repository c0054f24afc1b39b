"""Versions: published once, switched to, awaited."""

from typing import Any

import pytest

from dsops.model import (
    OWN_ID,
    PARENT_ID,
    Address,
    Effect,
    LiveObject,
    Look,
    Reference,
    RemoteError,
    Repeat,
    Response,
)
from dsops.providers import kind_of
from tests.support.planning import FORBIDDEN, MISSING, drive
from tests.unit.providers.modelarts.samples import dataset, version

VERSION = kind_of("modelarts/DatasetVersion")
DATASET_ID, VERSION_ID = "gfghHSokody6AJigS5A", "54IXbeJhfttGpL46lbv"
KEY, ID = ("animals", "V003"), f"{DATASET_ID}/{VERSION_ID}"
LIVE = LiveObject(ID, KEY, {})
OWN = Reference(Address("modelarts", "DatasetVersion", "animals-v3"))
PARENT = Reference(Address("modelarts", "Dataset", "animals"))
DATASETS = Response(200, body={"datasets": [dataset()], "total_number": 1})


def versions(*documents: Any) -> Response:
    return Response(200, body={"versions": list(documents), "total_number": len(documents)})


def answer(**changes: Any) -> Response:
    return Response(200, body=version(**changes))


def around(**changes: Any) -> Response:
    return Response(200, body=dataset(**changes))


def test_what_is_declared_is_comparable() -> None:
    assert VERSION.normalise({"dataset": "animals", "trainEvaluateRatio": "0.8", "current": True}) == {
        "trainEvaluateRatio": "0.80",
        "current": True,
    }
    assert VERSION.normalise({"dataset": "animals", "current": False, "format": "CSV"}) == {"format": "CSV"}
    for ratio, same in (("1", "1.00"), ("0", "0.00"), ("0.80", "0.80")):
        assert VERSION.normalise({"trainEvaluateRatio": ratio}) == {"trainEvaluateRatio": same}


def test_names() -> None:
    assert VERSION.key("V003", {}, ("animals",)) == KEY
    assert VERSION.key("animals-v3", {"name": "V003"}, ("animals",)) == KEY
    for name in ("a.b", "x" * 33):
        with pytest.raises(ValueError, match="can't be the name of a version"):
            VERSION.key(name, {}, ("animals",))
    assert VERSION.parent_key("/animals") == ("animals",)
    for name in ("animals", "/"):
        with pytest.raises(ValueError, match="one outside the stack is written /name"):
            VERSION.parent_key(name)


def test_publishing_is_one_post_below_the_dataset() -> None:
    attributes = {"format": "Default", "trainEvaluateRatio": "0.80", "exportImages": False, "description": ""}
    (call,) = VERSION.create(KEY, {**attributes, PARENT_ID: PARENT, OWN_ID: OWN})
    assert (call.method, call.path) == ("POST", ("v2", "{project}", "datasets", PARENT, "versions"))
    assert call.body == {
        "version_name": "V003",
        "version_format": "Default",
        "train_evaluate_sample_ratio": "0.80",
        "export_images": False,
    }
    assert (call.effect, call.repeat, call.settles) == (Effect.CREATE, Repeat.UNIQUE, tuple(sorted(attributes)))


def test_one_that_is_to_be_current_is_switched_to_once_it_is_published() -> None:
    publish, switch = VERSION.create(KEY, {"current": True, PARENT_ID: DATASET_ID, OWN_ID: OWN})
    assert publish.settles == ()
    assert (switch.method, switch.path) == ("PUT", ("v2", "{project}", "datasets", DATASET_ID))
    assert switch.body == {"current_version_id": OWN}
    assert (switch.effect, switch.settles, switch.repeat) == (Effect.UPDATE, ("current",), Repeat.SAFE)


def test_a_switch_and_a_delete_name_both_ids() -> None:
    (switch,) = VERSION.update(LIVE, {"current": True})
    assert switch.path == ("v2", "{project}", "datasets", DATASET_ID)
    (gone,) = VERSION.delete(LIVE)
    assert (gone.method, gone.path) == ("DELETE", ("v2", "{project}", "datasets", DATASET_ID, "versions", VERSION_ID))


def test_the_listing_finds_the_dataset_first() -> None:
    found = drive(VERSION.listing(("animals",)), DATASETS, versions(version(), version(version_id="v2", status=2)))
    assert [(each.remote_id, each.key) for each in found.objects] == [(ID, KEY)]
    assert found.parent_id == DATASET_ID
    assert found.objects[0].attributes == {
        "format": "Default",
        "description": "",
        "clearHardProperty": True,
        "trainEvaluateRatio": "0.80",
        "current": True,
    }
    missing = drive(VERSION.listing(("other",)), DATASETS)
    assert (missing.objects, missing.exists) == ((), False)


def test_without_a_dataset_those_of_all_are_listed() -> None:
    both = {"datasets": [dataset(), dataset(dataset_id="d2", dataset_name="b"), dataset(dataset_id="d3", status=2)]}
    found = drive(VERSION.listing(()), Response(200, body=both), versions(version()), versions(version()))
    assert [each.key for each in found.objects] == [KEY, ("b", "V003")]


def test_by_id_it_is_one_call_and_below_whatever_its_dataset_is_called() -> None:
    live = drive(VERSION.reading(("renamed", "V003"), ID), answer())
    assert (live.remote_id, live.key) == (ID, ("renamed", "V003"))
    assert drive(VERSION.reading(KEY, ID), MISSING) is None
    assert drive(VERSION.reading(KEY, ID), answer(status=3)) is None


def test_by_name_its_dataset_is_looked_for() -> None:
    assert drive(VERSION.reading(KEY), DATASETS, versions(version())).remote_id == ID
    assert drive(VERSION.reading(("animals", "V9")), DATASETS, versions(version())) is None
    nothing = Response(200, body={"datasets": []})
    assert drive(VERSION.reading(KEY), nothing, nothing) is None
    assert drive(VERSION.reading(KEY), DATASETS, MISSING) is None


def test_a_refusal_is_no_absence() -> None:
    for flow in (VERSION.reading(KEY, ID), VERSION.reading(KEY), VERSION.listing(("animals",))):
        with pytest.raises(Exception, match="lacks"):
            drive(flow, FORBIDDEN)


@pytest.mark.parametrize(
    "changes",
    [{"version_name": 7}, {"version_name": None}, {"is_current": 1}, {"version_id": "x"}, {"version_format": 0}],
)
def test_a_malformed_document_proves_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        drive(VERSION.reading(KEY, ID), answer(**changes))


def test_an_answer_to_a_write_holds_too_little() -> None:
    assert VERSION.answered(KEY, Response(201, body={"version_id": VERSION_ID})) is None


def look(effect: Effect, *answers: Any, **attributes: Any) -> Look:
    flow = VERSION.waiting(effect, LiveObject(ID, KEY, attributes))
    assert flow is not None
    found = drive(flow, *answers)
    assert isinstance(found, Look)
    return found


def test_publishing_is_awaited_until_the_version_is_ready_and_its_dataset_idle() -> None:
    assert look(Effect.CREATE, MISSING) == Look(done=False, words="the version isn't shown yet")
    assert look(Effect.CREATE, answer(status=0)) == Look(done=False, words="the version is creating")
    assert look(Effect.CREATE, answer(status=4)) == Look(done=False, words="the version is error", failed=True)
    assert look(Effect.CREATE, answer(status=9)) == Look(done=False, words="the version is 9")
    assert not look(Effect.CREATE, answer(), around(status=6)).done
    assert look(Effect.CREATE, answer(), around()).done
    assert look(Effect.CREATE, answer(), MISSING).failed


def test_a_switch_is_awaited_until_the_version_is_the_current_one() -> None:
    assert look(Effect.UPDATE, answer(), around(), current=True).done
    assert not look(Effect.UPDATE, answer(), around(status=7), current=True).done
    other = look(Effect.UPDATE, answer(), around(current_version_id="another"), current=True)
    assert other == Look(done=False, words="version V003 is not the current one yet")
    assert look(Effect.UPDATE, answer(), around(current_version_id="another")).done


def test_a_new_version_needs_not_be_current_before_it_is_switched_to() -> None:
    assert look(Effect.CREATE, answer(), around(current_version_id="another"), current=True).done


def test_a_deletion_is_awaited() -> None:
    assert look(Effect.DELETE, MISSING).done
    assert look(Effect.DELETE, answer(status=3)).done
    assert look(Effect.DELETE, answer(status=2)) == Look(done=False, words="the version is deleting")


def test_a_manifest_declares_the_version_as_it_is() -> None:
    live = drive(VERSION.reading(KEY, ID), answer(description="First", with_column_header=False))
    spec = VERSION.manifest(live)
    assert spec == {
        "name": "V003",
        "format": "Default",
        "description": "First",
        "clearHardProperty": True,
        "withColumnHeader": False,
        "trainEvaluateRatio": "0.80",
        "current": True,
    }
    assert VERSION.normalise(spec).items() <= live.attributes.items()
    later = drive(VERSION.reading(KEY, ID), answer(is_current=False))
    assert "current" not in VERSION.manifest(later)
