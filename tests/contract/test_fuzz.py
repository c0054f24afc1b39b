"""Schemathesis against a real emulator: whatever is asked, in form or not, the answer is one that is described.

For each operation it makes up requests that fit the description and requests that don't, with names that exist and
with names that don't. The account is put back before each of them, so a failure needs nothing but its own request.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.contract.openapi import GEAI, MODELARTS, UIPATH, VI
from tests.support import TOKEN, RunningEmulator, start_emulator
from tests.support.geai import held_datasets
from tests.support.modelarts import held_datasets as held_imagesets
from tests.support.vi import ORGANIZATION, headers, held_dataset

load_all_checks()
ASKED = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "ignored_auth",
    ]
)
DESCRIPTIONS = {"uipath": UIPATH, "geai": GEAI, "modelarts": MODELARTS, "vi": VI}
SCHEMAS = {name: schemathesis.openapi.from_dict(each.document) for name, each in DESCRIPTIONS.items()}
OPERATIONS = [(name, method, path) for name, each in DESCRIPTIONS.items() for method, path in sorted(each.operations)]
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HEADERS = {"uipath": BEARER, "geai": BEARER, "modelarts": {"X-Auth-Token": TOKEN}, "vi": headers()}
UIPATH_NAMES = {
    "project": "generated",
    "dataset": "mail-00000",
    "stream": "stream-00000",
    "source": "mailbox-00000-inbox",
    "tag": "live",
}
EXAMPLES = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    made = "comments=6,datasets=1,streams=2,geai-rows=3,modelarts-datasets=1,vi-assets=3"
    with start_emulator("--generate", made) as running:
        yield running


@pytest.fixture(scope="module")
def existing(emulator: RunningEmulator) -> dict[str, str]:
    """What stands in paths, by placeholder; a reset changes none of it."""
    dataset = held_datasets(emulator.url)["generated"]
    row = dataset["rows"][0]
    images = held_imagesets(emulator.url)["images-00000"]
    return UIPATH_NAMES | {
        "dataSetId": dataset["dataSetId"],
        "dataSetRowId": row["dataSetRowId"],
        "dataSetExpectedSourceId": row["expectedSources"][0]["dataSetExpectedSourceId"],
        "dataSetRowFilterVarId": row["filterVariables"][0]["dataSetRowFilterVarId"],
        "project_id": "emulator-project",
        "dataset_id": images["dataset_id"],
        "version_id": images["current_version_id"],
        "label_name": "cat",
        "organizationId": ORGANIZATION,
        "datasetId": held_dataset(emulator.url, "shelves-00000")["datasetId"],
    }


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False  # no proxy that the environment names
        yield made


def cases(operation: Any, existing: dict[str, str]) -> st.SearchStrategy[Any]:
    """Requests for one operation, good and bad. Headers are those of an ordinary client: ProjectId would hide all."""
    names = {parameter.name for parameter in operation.path_parameters}
    known = {name: existing[name] for name in names & set(existing)}
    kinds = [operation.as_strategy(headers={}), operation.as_strategy(path_parameters=known, headers={})]
    if operation.body:
        kinds.append(operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=known, headers={}))
    return st.one_of(kinds)


@pytest.mark.parametrize(("provider", "method", "path"), OPERATIONS)
def test_every_answer_is_described(
    emulator: RunningEmulator,
    session: requests.Session,
    existing: dict[str, str],
    provider: str,
    method: str,
    path: str,
) -> None:
    seen = set()

    @EXAMPLES
    @given(case=cases(SCHEMAS[provider][path][method], existing))
    def ask(case: Any) -> None:
        session.post(f"{emulator.url}/_emulator/reset").raise_for_status()
        answer = case.call_and_validate(base_url=emulator.url, session=session, headers=HEADERS[provider], checks=ASKED)
        seen.add(answer.status_code)

    ask()
    assert seen & {200, 201, 204, 404, 422}, "nothing got past the first checks"
