"""Rows, as manifests and as answers have them."""

from typing import Any

PLAIN = {"input": "What is the capital of France?", "expectedAnswer": "Paris"}
WHOLE = {
    **PLAIN,
    "contextDocument": "Atlas, page 7",
    "expectedSources": [{"name": "atlas", "value": "France: Paris", "extension": "txt"}],
    "filterVariables": [{"metadataType": "V", "key": "region", "operator": "=", "value": "eu"}],
}
WHOLE_VALUES = (
    "What is the capital of France?",
    "Paris",
    "Atlas, page 7",
    [["atlas", "France: Paris", "txt"]],
    [["V", "region", "=", "eu"]],
)


def answered(**changes: Any) -> dict[str, Any]:
    """The whole row in an answer, some members changed; None takes one away."""
    document: dict[str, Any] = {
        "dataSetRowContextDocument": "Atlas, page 7",
        "dataSetRowExpectedAnswer": "Paris",
        "dataSetRowId": "r1",
        "dataSetRowInput": "What is the capital of France?",
        "expectedSources": [answered_source("s1", "atlas", "France: Paris")],
        "filterVariables": [answered_variable("v1", "region", "eu")],
        **changes,
    }
    return {name: value for name, value in document.items() if value is not None}


def answered_source(remote_id: str, name: str, value: str = "", extension: str = "txt") -> dict[str, str]:
    """An expected source in an answer."""
    return {
        "dataSetExpectedSourceId": remote_id,
        "dataSetExpectedSourceName": name,
        "dataSetExpectedSourceValue": value,
        "dataSetexpectedSourceExtention": extension,
    }


def answered_variable(remote_id: str, key: str, value: str) -> dict[str, str]:
    """A filter variable in an answer."""
    return {
        "dataSetMetadataType": "V",
        "dataSetRowFilterKey": key,
        "dataSetRowFilterOperator": "=",
        "dataSetRowFilterValue": value,
        "dataSetRowFilterVarId": remote_id,
    }
