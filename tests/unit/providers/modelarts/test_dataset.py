"""Datasets: which calls the kind describes, and which answers it relies on."""

from typing import Any

import pytest

from dsops.model import Effect, FailureKind, Flow, LiveObject, Look, RemoteError, Repeat, Response, SecretRef
from dsops.providers import kind_of
from tests.support.planning import FORBIDDEN, MISSING, drive
from tests.unit.providers.modelarts.samples import ATTRIBUTES, SPEC, dataset

DATASET = kind_of("modelarts/Dataset")
KEY = ("animals",)
ID = "gfghHSokody6AJigS5A"
LIVE = LiveObject(ID, KEY, {"name": "animals", **ATTRIBUTES})


def listed(*documents: Any) -> Response:
    return Response(200, body={"datasets": list(documents), "total_number": len(documents)})


def answer(**changes: Any) -> Response:
    return Response(200, body=dataset(**changes))


def read(**changes: Any) -> LiveObject:
    found = drive(DATASET.reading(KEY, ID), answer(**changes))
    assert isinstance(found, LiveObject)
    return found


# -- what is declared


def test_numbers_are_words_and_labels_a_set() -> None:
    assert DATASET.normalise(SPEC) == ATTRIBUTES
    assert DATASET.normalise({**SPEC, "type": 0, "dataSource": {**SPEC["dataSource"], "type": 0}}) == ATTRIBUTES
    assert DATASET.normalise({**SPEC, "type": 777})["type"] == 777


def test_the_name_may_be_another_one_and_must_be_a_datasets() -> None:
    assert DATASET.key("animals", {}, ()) == KEY
    assert DATASET.key("an.imals", {"name": "animals"}, ()) == KEY
    assert DATASET.key("\u52a8\u7269", {}, ()) == ("\u52a8\u7269",)
    with pytest.raises(ValueError, match=r"'an\.imals' can't be the name of a dataset"):
        DATASET.key("an.imals", {}, ())
    with pytest.raises(ValueError, match="no parent"):
        DATASET.parent_key("animals")


@pytest.mark.parametrize(
    ("data", "work", "right"),
    [
        ("/b/in/", "/b/out/", True),
        ("/b/in/", "/b/input/", True),
        ("/b/in/", "/b/in/", False),
        ("/b/in/", "/b/in", False),
        ("/b/in", "/b/in/deep/", False),
        ("/b", "/b/out/", False),
        ("/b/in/deep/", "/b/in/", True),
    ],
)
def test_the_output_folder_lies_beside_the_source(data: str, work: str, right: bool) -> None:
    spec = {**SPEC, "dataSource": {"type": "obs", "path": data}, "workPath": work}
    if right:
        assert DATASET.normalise(spec)["workPath"] == work
    else:
        with pytest.raises(ValueError, match="workPath"):
            DATASET.normalise(spec)


def test_a_former_name_of_a_label_is_a_hint_and_no_attribute_of_it() -> None:
    found = DATASET.normalise({**SPEC, "labels": [{"name": "hound", "renamedFrom": "dog"}]})
    assert found["labels"] == [{"name": "hound"}]
    assert found["labels.renamedFrom"] == {"dog": "hound"}
    assert DATASET.info.fields["labels.renamedFrom"].hint


# -- writes


def test_creating_is_one_post() -> None:
    (call,) = DATASET.create(KEY, ATTRIBUTES)
    assert (call.method, call.path) == ("POST", ("v2", "{project}", "datasets"))
    assert call.body == {
        "dataset_name": "animals",
        "dataset_type": 0,
        "data_sources": [{"data_type": 0, "data_path": "/test-obs/classify/input/animals/"}],
        "work_path": "/test-obs/classify/output/",
        "work_path_type": 0,
        "description": "Animals",
        "labels": [{"name": "cat", "property": {"@modelarts:color": "#FFFFF0"}}, {"name": "dog"}],
    }
    assert (call.effect, call.repeat) == (Effect.CREATE, Repeat.UNIQUE)
    assert call.settles == tuple(sorted(ATTRIBUTES))


def test_a_table_is_made_with_its_columns_and_the_references_to_its_secrets() -> None:
    user, password = SecretRef("env", "DWS_USER"), SecretRef("env", "DWS_PASSWORD")
    spec = {
        "type": "table",
        "dataSource": {
            "type": "dws",
            "ip": "10.0.0.7",
            "port": "8000",
            "databaseName": "zoo",
            "tableName": "animals",
            "clusterMode": "security",
            "userName": user,
            "userPassword": password,
            "withColumnHeader": False,
            "schemaMaps": [{"source": "len", "destination": "length"}],
        },
        "workPath": "/b/out/",
        "schema": [{"name": "species", "type": "STRING", "description": ""}, {"name": "length", "type": "DOUBLE"}],
        "importData": True,
        "importAnnotations": False,
        "dataFormat": "CarbonData",
        "managed": False,
    }
    (call,) = DATASET.create(("zoo",), DATASET.normalise(spec))
    assert call.body["dataset_type"] == 400
    assert call.body["data_sources"] == [
        {
            "data_type": 1,
            "with_column_header": False,
            "schema_maps": [{"src_name": "len", "dest_name": "length"}],
            "source_info": {
                "ip": "10.0.0.7",
                "port": "8000",
                "database_name": "zoo",
                "table_name": "animals",
                "cluster_mode": "1",
                "user_name": user,
                "user_password": password,
            },
        }
    ]
    assert call.body["schema"] == [
        {"schema_id": 1, "name": "species", "type": "STRING"},
        {"schema_id": 2, "name": "length", "type": "DOUBLE"},
    ]
    assert {name: call.body[name] for name in ("import_data", "import_annotations", "data_format", "managed")} == {
        "import_data": True,
        "import_annotations": False,
        "data_format": "CarbonData",
        "managed": False,
    }


def test_texts_say_how_their_labels_are_written() -> None:
    spec = {**SPEC, "labelFormat": {"labelType": "1", "labelSeparator": ",", "sampleSeparator": ";"}}
    (call,) = DATASET.create(KEY, DATASET.normalise(spec))
    assert call.body["label_format"] == {
        "label_type": "1",
        "text_label_separator": ",",
        "text_sample_separator": ";",
    }


def test_an_update_is_one_put_with_what_differs() -> None:
    (call,) = DATASET.update(LIVE, {"name": "beasts", "description": ""})
    assert (call.method, call.path) == ("PUT", ("v2", "{project}", "datasets", ID))
    assert call.body == {"dataset_name": "beasts", "description": ""}
    assert (call.effect, call.repeat, call.settles) == (Effect.UPDATE, Repeat.SAFE, ("description", "name"))


def test_labels_go_along_as_their_smallest_change() -> None:
    wanted = {"labels": [{"name": "cat", "color": "#FFFFF0"}, {"name": "hound"}], "description": "Pets"}
    (call,) = DATASET.update(LIVE, {**wanted, "labels.renamedFrom": {"dog": "hound"}})
    assert call.body == {
        "description": "Pets",
        "update_labels": [{"name": "dog", "property": {"@modelarts:rename_to": "hound"}}],
    }
    assert call.settles == ("description", "labels")


def test_a_delete_goes_by_id() -> None:
    (call,) = DATASET.delete(LIVE)
    assert (call.method, call.path, call.body) == ("DELETE", ("v2", "{project}", "datasets", ID), None)
    assert call.effect is Effect.DELETE


# -- reads


def test_the_listing_has_all_but_those_that_are_going() -> None:
    found = drive(
        DATASET.listing(()),
        listed(
            dataset(),
            dataset(dataset_id="d2", dataset_name="other", status=4),
            dataset(dataset_id="d3", dataset_name="going", status=2),
            dataset(dataset_id="d4", dataset_name="gone", status=3),
        ),
    )
    assert [each.key for each in found.objects] == [("animals",), ("other",)]


def test_a_dataset_is_read_as_it_is_declared() -> None:
    live = read()
    assert (live.remote_id, live.key) == (ID, KEY)
    assert live.attributes == {
        "name": "animals",
        **ATTRIBUTES,
        "dataFormat": "Default",
        "importData": False,
        "managed": False,
    }


def test_numbers_without_words_survive() -> None:
    source = {"data_type": 55, "data_path": "/x"}
    live = read(dataset_type=777, data_sources=[source])
    assert (live.attributes["type"], live.attributes["dataSource.type"]) == (777, 55)
    (call,) = DATASET.create(KEY, live.attributes)
    assert (call.body["dataset_type"], call.body["data_sources"]) == (777, [source])


def test_a_source_is_read_without_its_account() -> None:
    info = {"ip": "10.0.0.7", "cluster_mode": "1", "user_name": "u", "user_password": "p"}
    maps = [{"src_name": "len", "dest_name": "length"}]
    live = read(data_sources=[{"data_type": 1, "source_info": info, "with_column_header": True, "schema_maps": maps}])
    source = {path: value for path, value in live.attributes.items() if path.startswith("dataSource.")}
    assert source == {
        "dataSource.type": "dws",
        "dataSource.ip": "10.0.0.7",
        "dataSource.clusterMode": "security",
        "dataSource.withColumnHeader": True,
        "dataSource.schemaMaps": [{"source": "len", "destination": "length"}],
    }


def test_what_an_answer_leaves_out_is_unknown() -> None:
    bare = read(labels=None, data_sources=None, managed=None, description=None)
    assert not {"labels", "dataSource.type", "managed"} & bare.attributes.keys()
    assert bare.attributes["description"] == ""


def test_by_name_the_search_finds_it_and_else_all_are_read() -> None:
    found = drive(DATASET.reading(KEY), listed(dataset()), answer())
    assert found.remote_id == ID
    near = dataset(dataset_id="d2", dataset_name="animals-2")
    assert drive(DATASET.reading(KEY), listed(near), listed(near)) is None
    assert drive(DATASET.reading(KEY), listed(), listed(dataset()), answer()).remote_id == ID
    flow = DATASET.reading(KEY)
    assert ("search_content", "animals") in next(flow).query


def test_several_of_one_name_are_told_apart_by_nobody() -> None:
    with pytest.raises(RemoteError, match="2 datasets of the project are called 'animals'"):
        drive(DATASET.reading(KEY), listed(dataset(), dataset(dataset_id="d2")))


def test_what_is_gone_or_going_is_not_there() -> None:
    assert drive(DATASET.reading(KEY, ID), MISSING) is None
    for status in (2, 3):
        assert drive(DATASET.reading(KEY, ID), answer(status=status)) is None


def test_a_refusal_is_no_absence() -> None:
    for flow in (DATASET.reading(KEY, ID), DATASET.reading(KEY), DATASET.listing(())):
        with pytest.raises(Exception, match="lacks"):
            drive(flow, FORBIDDEN)


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset_name": None},
        {"dataset_name": 7},
        {"dataset_type": None},
        {"dataset_type": "0"},
        {"dataset_type": True},
        {"labels": {}},
        {"labels": [{}]},
        {"work_path": 7},
        {"data_sources": {}},
        {"data_sources": [7]},
        {"description": 7},
        {"schema": {}},
        {"dataset_id": "another"},
    ],
)
def test_a_malformed_document_proves_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(RemoteError, match="can't be relied on"):
        read(**changes)


def test_an_answer_to_a_write_holds_the_id_alone() -> None:
    assert DATASET.answered(KEY, Response(201, body={"dataset_id": ID})) == LiveObject(ID, KEY, {})
    body: Any
    for body in (None, [], {}, {"dataset_id": ""}, {"dataset_id": 7}):
        assert DATASET.answered(KEY, Response(201, body=body)) is None


# -- waiting


def look(effect: Effect, response: Any) -> Look:
    flow = DATASET.waiting(effect, LIVE)
    assert flow is not None
    found = drive(flow, response)
    assert isinstance(found, Look)
    return found


@pytest.mark.parametrize(
    ("status", "word", "done", "failed"),
    [
        (0, "creating", False, False),
        (1, "normal", True, False),
        (2, "deleting", False, True),
        (3, "deleted", False, True),
        (4, "abnormal", False, True),
        (5, "syncing", False, False),
        (6, "releasing", False, False),
        (7, "switching", False, False),
        (8, "importing", False, False),
        (99, "99", False, False),
    ],
)
def test_a_creation_is_awaited_until_the_dataset_is_normal(status: int, word: str, done: bool, failed: bool) -> None:
    found = look(Effect.CREATE, answer(status=status))
    assert (found.done, found.failed, found.words) == (done, failed, f"the dataset is {word}")


def test_a_creation_may_not_show_yet() -> None:
    assert look(Effect.CREATE, MISSING) == Look(done=False, words="the dataset isn't shown yet")


@pytest.mark.parametrize("status", [None, "1", True])
def test_a_status_that_is_no_number_says_nothing(status: Any) -> None:
    with pytest.raises(RemoteError, match="status"):
        look(Effect.CREATE, answer(status=status))


def test_a_deletion_is_awaited_until_the_dataset_is_gone() -> None:
    assert look(Effect.DELETE, MISSING).done
    assert look(Effect.DELETE, answer(status=3)).done
    assert look(Effect.DELETE, answer(status=2)) == Look(done=False, words="the dataset is deleting")
    assert not look(Effect.DELETE, answer(status=1)).failed


def test_an_update_takes_no_time() -> None:
    assert DATASET.waiting(Effect.UPDATE, LIVE) is None


def test_a_look_that_is_refused_is_no_look() -> None:
    flows: list[Flow | None] = [DATASET.waiting(effect, LIVE) for effect in (Effect.CREATE, Effect.DELETE)]
    for flow in flows:
        assert flow is not None
        with pytest.raises(Exception, match="lacks"):
            drive(flow, FORBIDDEN)
    assert FORBIDDEN.kind is FailureKind.FORBIDDEN


# -- manifests


def test_a_manifest_declares_the_dataset_as_it_is() -> None:
    live = read()
    spec = DATASET.manifest(live)
    assert spec == {
        "name": "animals",
        "type": "image-classification",
        "dataSource": {"type": "obs", "path": "/test-obs/classify/input/animals/"},
        "workPath": "/test-obs/classify/output/",
        "description": "Animals",
        "dataFormat": "Default",
        "labels": [{"name": "cat", "color": "#FFFFF0"}, {"name": "dog"}],
    }
    declared = DATASET.normalise(spec)
    assert declared.items() <= live.attributes.items()
