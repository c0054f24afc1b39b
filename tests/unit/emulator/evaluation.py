"""The emulator's GEAI API in process, with one dataset to begin with."""

import asyncio
from typing import Any

import httpx

from dsops.emulator import Options
from tests.unit.emulator.client import Client

API = "/dataSetApi"
ROW = {
    "dataSetRowInput": "What is the capital of France?",
    "dataSetRowExpectedAnswer": "Paris",
    "dataSetRowContextDocument": "",
    "expectedSources": [
        {
            "dataSetExpectedSourceName": "atlas",
            "dataSetExpectedSourceValue": "France: Paris",
            "dataSetexpectedSourceExtention": "txt",
        }
    ],
    "filterVariables": [
        {
            "dataSetMetadataType": "V",
            "dataSetRowFilterKey": "region",
            "dataSetRowFilterOperator": "=",
            "dataSetRowFilterValue": "eu",
        }
    ],
}
PLAIN = {"dataSetRowInput": "q", "dataSetRowExpectedAnswer": "a"}
NOWHERE = "00000000-0000-4000-8000-000000000000"


class Evaluation(Client):
    """An emulator; its dataset `faq` has one row with a source and a variable."""

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options)
        self.faq = self.make("faq", ROW)
        self.dataset = f"{API}/dataSet/{self.faq}"
        shown = self.good("GET", f"{self.dataset}/dataSetRows")[0]
        self.row = f"{self.dataset}/dataSetRow/{shown['dataSetRowId']}"
        self.source = f"{self.row}/dataSetRowExpectedSource/{shown['expectedSources'][0]['dataSetExpectedSourceId']}"
        self.variable = f"{self.row}/dataSetRowFilterVariable/{shown['filterVariables'][0]['dataSetRowFilterVarId']}"

    def make(self, name: str, *rows: dict[str, Any]) -> str:
        """Create a dataset; return its id."""
        body = {"dataSetName": name, "rows": list(rows)}
        return str(self.good("POST", f"{API}/dataSet", body)["dataSetId"])

    def good(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        response = self.call(method, path, body, **options)
        assert response.status_code == 200, response.text
        return response.json() if response.content else None

    def refused(self, status: int, method: str, path: str, body: Any = None, **options: Any) -> str:
        """The descriptions of a call that is refused with this status, one in a line."""
        response = self.call(method, path, body, **options)
        assert response.status_code == status, response.text
        errors = response.json()["errors"]
        assert all(isinstance(error["id"], int) for error in errors)
        return "\n".join(error["description"] for error in errors)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "emulator",
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        files: Any = None,
    ) -> httpx.Response:
        """One call, whatever its status."""
        return asyncio.run(self._call(method, path, token, {"json": body, "content": content, "files": files}, headers))

    async def _call(
        self, method: str, path: str, token: str | None, sent: dict[str, Any], headers: dict[str, str] | None
    ) -> httpx.Response:
        given = {name: value for name, value in sent.items() if value is not None}
        async with self.http(token) as http:
            return await http.request(method, path, headers=headers, **given)

    def inputs(self, dataset: str | None = None) -> list[str]:
        """The inputs of a dataset's rows, in the order of the answer."""
        rows = self.good("GET", f"{dataset or self.dataset}/dataSetRows")
        return [row["dataSetRowInput"] for row in rows]
