import re
from typing import Any

import pytest

from dsops.emulator import Options
from tests.unit.emulator.evaluation import API, NOWHERE, PLAIN, ROW, Evaluation

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def client() -> Evaluation:
    return Evaluation()


def test_a_new_dataset_is_answered_whole(client: Evaluation) -> None:
    made = client.good("POST", f"{API}/dataSet", {"dataSetName": "n", "rows": [ROW, PLAIN], "colour": "red"})
    assert UUID.fullmatch(made.pop("dataSetId"))
    assert INSTANT.fullmatch(made["dataSetCreateDate"])
    assert made.pop("dataSetCreateDate") == made.pop("dataSetUpdateDate")
    rows = made.pop("rows")
    assert made == {"dataSetName": "n", "dataSetDescription": "", "dataSetType": "", "dataSetActive": True}
    for row in rows:
        assert UUID.fullmatch(row.pop("dataSetRowId"))
    assert rows[1] == {**PLAIN, "dataSetRowContextDocument": "", "expectedSources": [], "filterVariables": []}
    assert UUID.fullmatch(rows[0]["expectedSources"][0].pop("dataSetExpectedSourceId"))
    assert UUID.fullmatch(rows[0]["filterVariables"][0].pop("dataSetRowFilterVarId"))
    assert rows[0] == ROW


def test_every_way_of_reading_gives_the_same(client: Evaluation) -> None:
    second = client.make("second", PLAIN, PLAIN)
    every = client.good("GET", f"{API}/dataSets")
    assert [dataset["dataSetName"] for dataset in every] == ["faq", "second"]
    assert every[1] == client.good("GET", f"{API}/dataSet/{second}")
    assert every[1]["rows"] == client.good("GET", f"{API}/dataSet/{second}/dataSetRows")
    assert every[0]["rows"] == [client.good("GET", client.row)]


def test_an_account_without_datasets_is_an_empty_list(client: Evaluation) -> None:
    client.good("DELETE", client.dataset)
    assert client.good("GET", f"{API}/dataSets") == []


def test_null_is_as_good_as_absent(client: Evaluation) -> None:
    nulls = dict.fromkeys(("dataSetDescription", "dataSetType", "dataSetActive", "rows"))
    made = client.good("POST", f"{API}/dataSet", {"dataSetName": "n", **nulls})
    assert (made["dataSetDescription"], made["dataSetActive"], made["rows"]) == ("", True, [])
    client.good("PUT", client.dataset, {"dataSetDescription": "D", "dataSetActive": False})
    after = client.good("PUT", client.dataset, {"dataSetName": None, **nulls})
    assert (after["dataSetName"], after["dataSetDescription"], after["dataSetActive"]) == ("faq", "D", False)
    assert len(after["rows"]) == 1


def test_an_update_changes_what_it_names_and_may_empty_it(client: Evaluation) -> None:
    before = client.good("PUT", client.dataset, {"dataSetDescription": "D", "dataSetType": "T"})
    client.call("POST", "/_emulator/clock", {"advance": 5})
    after = client.good("PUT", client.dataset, {"dataSetDescription": ""})
    assert after["dataSetUpdateDate"] > before["dataSetUpdateDate"]
    assert after == before | {"dataSetDescription": "", "dataSetUpdateDate": after["dataSetUpdateDate"]}


def test_a_change_of_rows_moves_the_date_of_the_dataset(client: Evaluation) -> None:
    dates = []
    for method, path, body in (
        ("POST", f"{client.dataset}/dataSetRow", PLAIN),
        ("POST", f"{client.dataset}/dataSetRow/FileUpload", [PLAIN]),
        ("PUT", client.row, {"dataSetRowInput": "other"}),
        ("PUT", client.source, {"dataSetExpectedSourceValue": "other"}),
        ("DELETE", client.row, None),
    ):
        client.call("POST", "/_emulator/clock", {"advance": 5})
        client.good(method, path, body)
        dates.append(client.good("GET", client.dataset)["dataSetUpdateDate"])
    assert dates == sorted(set(dates))


def test_names_are_unique(client: Evaluation) -> None:
    second = client.make("second")
    for method, path in (("POST", "/dataSet"), ("POST", "/dataSet/FileUpload"), ("PUT", f"/dataSet/{second}")):
        assert "'faq'" in client.refused(409, method, f"{API}{path}", {"dataSetName": "faq"})
    assert client.good("PUT", client.dataset, {"dataSetName": "faq"})["dataSetName"] == "faq"
    client.good("PUT", client.dataset, {"dataSetName": "renamed"})
    client.make("faq")
    assert "'renamed'" in client.refused(409, "POST", f"{API}/dataSet", {"dataSetName": "renamed"})
    client.good("DELETE", client.dataset)
    client.make("renamed")


def test_a_project_sees_its_own_datasets_only(client: Evaluation) -> None:
    header = {"ProjectId": "p-17"}
    other = client.call("POST", f"{API}/dataSet", {"dataSetName": "faq", "rows": [PLAIN]}, headers=header).json()
    assert len(client.good("GET", f"{API}/dataSets", headers=header)) == 1
    assert [each["dataSetId"] for each in client.good("GET", f"{API}/dataSets")] == [client.faq]
    at = f"{API}/dataSet/{other['dataSetId']}"
    for path in (at, f"{at}/dataSetRows", f"{at}/dataSetRow/{other['rows'][0]['dataSetRowId']}"):
        client.good("GET", path, headers=header)
        client.refused(404, "GET", path)
    client.refused(404, "DELETE", at)
    client.refused(404, "GET", client.dataset, headers=header)


def test_a_row_belongs_to_its_dataset(client: Evaluation) -> None:
    second = client.make("second", PLAIN)
    row = client.good("GET", f"{API}/dataSet/{second}")["rows"][0]["dataSetRowId"]
    client.good("GET", f"{API}/dataSet/{second}/dataSetRow/{row}")
    client.refused(404, "GET", f"{client.dataset}/dataSetRow/{row}")
    client.refused(404, "DELETE", f"{client.dataset}/dataSetRow/{row}")


def test_a_deleted_dataset_takes_its_rows_along_and_nobody_elses(client: Evaluation) -> None:
    second = client.make("second", PLAIN, PLAIN)
    assert client.good("DELETE", client.dataset) == {"message": "Dataset deleted successfully"}
    for path in (client.dataset, client.row, client.source):
        client.refused(404, "GET", path)
    client.refused(404, "DELETE", client.dataset)
    assert len(client.inputs(f"{API}/dataSet/{second}")) == 2
    # The place of the deleted one is not taken over with anything in it.
    assert client.good("GET", f"{API}/dataSet/{client.make('third')}")["rows"] == []


def test_rows_in_an_update_are_all_there_will_be(client: Evaluation) -> None:
    client.good("POST", f"{client.dataset}/dataSetRow", PLAIN)
    kept = client.good("GET", client.row)
    rows = [
        {"dataSetRowId": kept["dataSetRowId"], "dataSetRowExpectedAnswer": "Rome"},
        {**PLAIN, "dataSetRowInput": "new"},
    ]
    after = client.good("PUT", client.dataset, {"rows": rows})["rows"]
    assert after[0] == kept | {"dataSetRowExpectedAnswer": "Rome"}
    assert [row["dataSetRowInput"] for row in after] == [ROW["dataSetRowInput"], "new"]
    assert client.good("PUT", client.dataset, {"rows": []})["rows"] == after
    assert NOWHERE in client.refused(404, "PUT", client.dataset, {"rows": [{"dataSetRowId": NOWHERE}, PLAIN]})
    assert client.good("GET", f"{client.dataset}/dataSetRows") == after


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (None, ["body"]),
        ([], ["body"]),
        ({}, ["body.dataSetName: is required"]),
        ({"dataSetName": None}, ["body.dataSetName: is required"]),
        ({"dataSetName": ""}, ["body.dataSetName"]),
        (
            {"dataSetName": 5, "dataSetType": [], "dataSetActive": "yes"},
            ["dataSetName", "dataSetType", "dataSetActive"],
        ),
        ({"dataSetName": "n", "rows": {}}, ["body.rows"]),
        ({"dataSetName": "n", "rows": [{}, 5]}, ["rows[0].dataSetRowInput", "rows[0].dataSetRowExpected", "rows[1]"]),
        ({"dataSetName": "n", "rows": [{**PLAIN, "expectedSources": [{}]}]}, ["SourceName", "SourceValue"]),
        (
            {"dataSetName": "n", "rows": [{**PLAIN, "filterVariables": [{"dataSetRowFilterKey": 1}]}]},
            ["MetadataType", "FilterKey", "FilterOperator", "FilterValue"],
        ),
    ],
)
@pytest.mark.parametrize("path", ["/dataSet", "/dataSets", "/dataSet/FileUpload"])
def test_all_problems_of_a_body_are_named_and_nothing_is_done(
    client: Evaluation, body: Any, places: list[str], path: str
) -> None:
    told = client.refused(400, "POST", f"{API}{path}", body).split("\n")
    assert len(told) == len(places)
    assert all(place in line for place, line in zip(places, told, strict=True))
    assert len(client.good("GET", f"{API}/dataSets")) == 1


def test_problems_without_end_are_cut(client: Evaluation) -> None:
    told = client.refused(400, "POST", f"{client.dataset}/dataSetRow/FileUpload", [5] * 1000).split("\n")
    assert len(told) == 101
    assert told[-1] == "body: 900 more problems"


@pytest.mark.parametrize("token", [None, "", "stranger"])
def test_a_token_is_needed(client: Evaluation, token: str | None) -> None:
    client.refused(401, "GET", f"{API}/dataSets", token=token)
    client.refused(401, "POST", f"{API}/dataSet", {"dataSetName": "n"}, token=token)
    assert len(client.good("GET", f"{API}/dataSets")) == 1


@pytest.mark.parametrize("bad", ["1", "FileUpload", "e1f2g3h4-i5j6-k7l8-m9n0-opqrstu123456", "a%2Fb", "%FF", "%00"])
def test_an_id_that_is_none_is_missing(client: Evaluation, bad: str) -> None:
    client.refused(404, "GET", f"{API}/dataSet/{bad}")
    client.refused(404, "GET", f"{client.dataset}/dataSetRow/{bad}")
    client.refused(404, "GET", f"{client.row}/dataSetRowExpectedSource/{bad}")
    client.refused(404, "GET", f"{client.row}/dataSetRowFilterVariable/{bad}")


def test_what_is_no_route_is_missing_and_what_is_no_method_says_what_is(client: Evaluation) -> None:
    client.refused(404, "GET", f"{API}/dataset")
    client.refused(404, "GET", API)
    client.refused(404, "GET", f"{client.dataset}/")
    response = client.call("PATCH", client.dataset, {})
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET, PUT")


def test_the_same_writes_get_the_same_ids() -> None:
    first, second = Evaluation(), Evaluation()
    assert first.good("GET", f"{API}/dataSets")[0]["dataSetId"] == second.faq
    assert (first.row, first.source, first.variable) == (second.row, second.source, second.variable)
    first.refused(409, "POST", f"{API}/dataSet", {"dataSetName": "faq"})
    assert first.make("n") == second.make("n")


def test_a_reset_brings_the_beginning_back() -> None:
    client = Evaluation(Options(generate={"geai-rows": 2}))
    made = client.good("GET", f"{API}/dataSets")[0]["rows"]
    client.good("POST", "/_emulator/reset")
    (only,) = client.good("GET", f"{API}/dataSets")
    assert (only["dataSetName"], only["rows"]) == ("generated", made)
