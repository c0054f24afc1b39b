from typing import Any

import pytest

from dsops.emulator import DeleteAnswer, ExtensionField, GeaiSwitches, Options, RowPut
from tests.unit.emulator.evaluation import API, PLAIN, ROW, Evaluation

VENDOR, SDK = "dataSetexpectedSourceExtention", "dataSetExpectedSourceExtension"


@pytest.fixture
def client() -> Evaluation:
    return Evaluation()


def switched(**switches: Any) -> Evaluation:
    return Evaluation(Options(geai=GeaiSwitches(**switches)))


def source(name: str, value: str, extension: str = "txt") -> dict[str, str]:
    return {"dataSetExpectedSourceName": name, "dataSetExpectedSourceValue": value, VENDOR: extension}


def variable(key: str, value: str) -> dict[str, str]:
    return {
        "dataSetMetadataType": "V",
        "dataSetRowFilterKey": key,
        "dataSetRowFilterOperator": "=",
        "dataSetRowFilterValue": value,
    }


def bare(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    """Nested entries without the ids that the server gave."""
    ids = ("dataSetExpectedSourceId", "dataSetRowFilterVarId", "dataSetId", "dataSetRowId")
    return [{key: value for key, value in entry.items() if key not in ids} for entry in entries]


def test_rows_stand_in_the_order_in_which_they_came(client: Evaluation) -> None:
    for number in range(3):
        client.good("POST", f"{client.dataset}/dataSetRow", {**PLAIN, "dataSetRowInput": f"q{number}"})
    capital = ROW["dataSetRowInput"]
    assert client.inputs() == [capital, "q0", "q1", "q2"]
    second = client.good("GET", client.dataset)["rows"][1]["dataSetRowId"]
    client.good("PUT", f"{client.dataset}/dataSetRow/{second}", {"dataSetRowInput": "changed"})
    assert client.inputs() == [capital, "changed", "q1", "q2"]
    client.good("DELETE", f"{client.dataset}/dataSetRow/{second}")
    client.good("POST", f"{client.dataset}/dataSetRow", {**PLAIN, "dataSetRowInput": "last"})
    assert client.inputs() == [capital, "q1", "q2", "last"]


def test_equal_rows_are_different_rows(client: Evaluation) -> None:
    made = [client.good("POST", f"{client.dataset}/dataSetRow", PLAIN) for _ in range(2)]
    assert made[0]["dataSetRowId"] != made[1]["dataSetRowId"]
    client.good("DELETE", f"{client.dataset}/dataSetRow/{made[0]['dataSetRowId']}")
    assert client.inputs() == [ROW["dataSetRowInput"], "q"]


def test_ids_that_a_client_gives_to_new_things_are_not_taken(client: Evaluation) -> None:
    taken = client.good("GET", client.row)
    made = client.good("POST", f"{client.dataset}/dataSetRow", taken)
    assert made["dataSetRowId"] != taken["dataSetRowId"]
    for nested, name in (("expectedSources", "dataSetExpectedSourceId"), ("filterVariables", "dataSetRowFilterVarId")):
        assert made[nested][0][name] != taken[nested][0][name]
    assert client.good("GET", client.row) == taken


def test_text_is_kept_exactly(client: Evaluation) -> None:
    text = 'Zoë\u0301 \u200b\ud7ff\U0001f600\r\n\t\0"\\ '
    made = client.good("POST", f"{client.dataset}/dataSetRow", {**PLAIN, "dataSetRowInput": text})
    assert client.good("GET", f"{client.dataset}/dataSetRow/{made['dataSetRowId']}")["dataSetRowInput"] == text
    lone = b'{"dataSetRowInput": "\\ud800", "dataSetRowExpectedAnswer": "a"}'
    assert "not valid JSON" in client.refused(400, "POST", f"{client.dataset}/dataSetRow", content=lone)


def test_an_update_changes_what_it_names(client: Evaluation) -> None:
    before = client.good("GET", client.row)
    nulls = dict.fromkeys(("dataSetRowInput", "dataSetRowContextDocument", "expectedSources", "filterVariables"))
    after = client.good("PUT", client.row, {"dataSetRowExpectedAnswer": "", **nulls})
    assert after == before | {"dataSetRowExpectedAnswer": ""}
    assert client.good("PUT", client.row, {}) == after


NEW = {
    "expectedSources": [source("atlas", "France: Paris", "pdf"), source("map", "Paris")],
    "filterVariables": [variable("region", "us"), variable("topic", "geography")],
}


def test_an_update_replaces_nested_lists_by_default(client: Evaluation) -> None:
    before = client.good("GET", client.row)
    after = client.good("PUT", client.row, NEW)
    assert bare(after["expectedSources"]) == NEW["expectedSources"]
    assert bare(after["filterVariables"]) == NEW["filterVariables"]
    old, new = (row["expectedSources"][0]["dataSetExpectedSourceId"] for row in (before, after))
    assert old != new
    client.refused(404, "GET", client.source)
    emptied = client.good("PUT", client.row, {"expectedSources": []})
    assert (emptied["expectedSources"], emptied["filterVariables"]) == ([], after["filterVariables"])


def test_an_update_may_merge_nested_lists() -> None:
    client = switched(row_put=RowPut.MERGE)
    before = client.good("GET", client.row)
    after = client.good("PUT", client.row, NEW)
    # The source is equal in name and value, the variable in its key: both keep their ids.
    assert after["expectedSources"][0] == before["expectedSources"][0] | {VENDOR: "pdf"}
    assert after["filterVariables"][0] == before["filterVariables"][0] | {"dataSetRowFilterValue": "us"}
    assert bare(after["expectedSources"][1:]) == NEW["expectedSources"][1:]
    assert bare(after["filterVariables"][1:]) == NEW["filterVariables"][1:]
    assert client.good("PUT", client.row, {"expectedSources": [], "filterVariables": []}) == after
    added = client.good("PUT", client.row, {"expectedSources": [source("atlas", "other")]})["expectedSources"]
    assert bare(added) == [*NEW["expectedSources"], source("atlas", "other")]


def test_an_update_may_ignore_nested_lists() -> None:
    client = switched(row_put=RowPut.IGNORE_NESTED)
    before = client.good("GET", client.row)
    after = client.good("PUT", client.row, {**NEW, "dataSetRowInput": "q"})
    assert after == before | {"dataSetRowInput": "q"}
    # Only there: creating and uploading keep what is nested.
    for path, body in (("dataSetRow", ROW), ("dataSetRow/FileUpload", [ROW])):
        client.good("POST", f"{client.dataset}/{path}", body)
    assert [len(row["expectedSources"]) for row in client.good("GET", f"{client.dataset}/dataSetRows")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "new", "change"),
    [
        ("source", source("n", "v"), {"dataSetExpectedSourceValue": ""}),
        ("variable", variable("k", "v"), {"dataSetRowFilterOperator": "contains"}),
    ],
)
def test_nested_entries_are_worked_on_one_by_one(
    client: Evaluation, kind: str, new: dict[str, str], change: dict[str, str]
) -> None:
    one = getattr(client, kind)
    collection, _, first = one.rpartition("/")
    made = client.good("POST", collection, new)
    name = "dataSetExpectedSourceId" if kind == "source" else "dataSetRowFilterVarId"
    assert made == {**new, name: made[name], "dataSetId": client.faq, "dataSetRowId": client.row[-36:]}
    listed = client.good("GET", f"{collection}s")
    assert [entry[name] for entry in listed] == [first, made[name]]
    assert client.good("GET", collection) == listed
    changed = client.good("PUT", one, change | {key: None for key in new if key not in change})
    assert changed == listed[0] | change
    assert client.good("GET", one) == changed
    nested = client.good("GET", client.row)["expectedSources" if kind == "source" else "filterVariables"]
    assert bare(nested) == bare([changed, made])
    assert "deleted successfully" in client.good("DELETE", one)["message"]
    client.refused(404, "GET", one)
    client.refused(404, "PUT", one, {})
    client.refused(404, "DELETE", one)
    assert client.good("GET", f"{collection}s") == [made]


def test_an_entry_belongs_to_its_row(client: Evaluation) -> None:
    other = client.good("POST", f"{client.dataset}/dataSetRow", ROW)["dataSetRowId"]
    client.refused(404, "GET", client.source.replace(client.row[-36:], other))
    client.refused(404, "DELETE", client.variable.replace(client.row[-36:], other))


@pytest.mark.parametrize(
    ("mode", "sent", "shown"),
    [
        (ExtensionField.EITHER, {VENDOR: "a"}, {VENDOR: "a"}),
        (ExtensionField.EITHER, {SDK: "b"}, {VENDOR: "b"}),
        (ExtensionField.EITHER, {VENDOR: "a", SDK: "b"}, {VENDOR: "a"}),
        (ExtensionField.EITHER, {VENDOR: None, SDK: "b"}, {VENDOR: "b"}),
        (ExtensionField.EITHER, {}, {VENDOR: ""}),
        (ExtensionField.VENDOR, {VENDOR: "a", SDK: "b"}, {VENDOR: "a"}),
        (ExtensionField.VENDOR, {SDK: "b"}, {VENDOR: ""}),
        (ExtensionField.SDK, {VENDOR: "a", SDK: "b"}, {SDK: "b"}),
        (ExtensionField.SDK, {VENDOR: "a"}, {SDK: ""}),
        (ExtensionField.BOTH, {SDK: "b"}, {VENDOR: "b", SDK: "b"}),
        (ExtensionField.BOTH, {VENDOR: "a"}, {VENDOR: "a", SDK: "a"}),
    ],
)
def test_the_spelling_of_the_extension_is_a_switch(
    mode: ExtensionField, sent: dict[str, str], shown: dict[str, str]
) -> None:
    client = switched(extension_field=mode)
    given = {"dataSetExpectedSourceName": "n", "dataSetExpectedSourceValue": "v", **sent}

    def spelled(entry: dict[str, str]) -> dict[str, str]:
        return {key: entry[key] for key in (VENDOR, SDK) if key in entry}

    made = client.good("POST", f"{client.row}/dataSetRowExpectedSource", given)
    assert spelled(made) == shown
    assert spelled(client.good("GET", f"{API}/dataSets")[0]["rows"][0]["expectedSources"][1]) == shown
    at = f"{client.row}/dataSetRowExpectedSource/{made['dataSetExpectedSourceId']}"
    assert spelled(client.good("PUT", at, {"dataSetExpectedSourceName": "m"})) == shown
    row = client.good("POST", f"{client.dataset}/dataSetRow", {**PLAIN, "expectedSources": [given]})
    assert spelled(row["expectedSources"][0]) == shown


def test_deletes_may_answer_nothing() -> None:
    client = switched(delete_answer=DeleteAnswer.EMPTY)
    for path in (client.source, client.variable, client.row, client.dataset):
        response = client.call("DELETE", path)
        assert (response.status_code, response.content, response.headers["content-length"]) == (200, b"", "0")
        client.refused(404, "GET", path)


def test_errors_of_validation_may_come_as_success() -> None:
    client = switched(error_in_200=True)
    for path in (f"{client.dataset}/dataSetRow", f"{client.row}/dataSetRowFilterVariable", f"{API}/dataSet"):
        answer = client.good("POST", path, {})
        assert all(error["id"] == 4000 for error in answer["errors"])
    client.refused(404, "GET", f"{API}/dataSet/none")
    client.refused(409, "POST", f"{API}/dataSet", {"dataSetName": "faq"})
    client.refused(401, "POST", f"{API}/dataSet", {}, token=None)
    assert client.inputs() == [ROW["dataSetRowInput"]]
