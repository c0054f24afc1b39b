import json
from pathlib import Path

import pytest

from dsops.emulator import Options, SetupError
from dsops.emulator.uipath import OPERATIONS, Operation
from tests.unit.emulator.client import DATASET, STREAMS, Client

EVERY = sorted({permission for operation in OPERATIONS for permission in operation.permissions})
NEEDED = [(operation, permission) for operation in OPERATIONS for permission in operation.permissions]


def client_with(path: Path, **tokens: list[str]) -> Client:
    path.write_text(json.dumps({token: {"permissions": permissions} for token, permissions in tokens.items()}))
    return Client(Options(tokens=path))


def concrete(operation: Operation) -> str:
    values = {"project": "p", "dataset": "d", "stream": "s", "tag": "t", "id": "0123456789abcdef", "source": "m"}
    return operation.path.format_map(values)


@pytest.mark.parametrize(("operation", "permission"), NEEDED, ids=lambda value: str(value)[:60])
def test_each_permission_of_each_operation_is_needed_and_named(
    tmp_path: Path, operation: Operation, permission: str
) -> None:
    others = [each for each in EVERY if each != permission]
    client = client_with(tmp_path / "tokens.json", almost=others, all=EVERY)
    assert f'"{permission}"' in client.refused(403, operation.method, concrete(operation), {}, token="almost")
    assert client.call(operation.method, concrete(operation), {}, token="all").status_code in {200, 400, 404}


@pytest.mark.parametrize("token", [None, "", "unknown", "EMULATOR"])
def test_without_a_known_token_nothing_is_told(client: Client, token: str | None) -> None:
    client.with_dataset()
    assert "Bearer" in client.refused(401, "GET", DATASET, token=token)
    client.refused(401, "GET", "/api/v1/datasets/no/such/path", token=token)
    client.refused(401, "DELETE", DATASET, token=token)
    client.good("GET", DATASET)


def test_a_refused_write_writes_nothing(tmp_path: Path) -> None:
    client = client_with(tmp_path / "tokens.json", reader=["View labels", "View streams"]).with_dataset()
    client.refused(403, "PUT", STREAMS, {"stream": {"name": "dispute"}}, token="reader")
    assert client.call("GET", STREAMS, token="reader").json()["streams"] == []


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"s3cret": {}}', '{"s3cret": ["View labels"]}', '{"s3cret": {"permissions": [1]}}', None],
)
def test_a_wrong_tokens_file_stops_the_start_without_telling_tokens(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "tokens.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SetupError) as caught:
        Client(Options(tokens=path))
    assert str(path) in str(caught.value)
    assert "s3cret" not in str(caught.value)
