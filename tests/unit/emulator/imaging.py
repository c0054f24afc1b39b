"""The emulator's ModelArts API in process, with one dataset to begin with."""

import asyncio
from typing import Any

import httpx

from dsops.emulator import ModelartsSwitches, Options
from tests.unit.emulator.client import Client

PROJECT = "/v2/emulator-project"
DATASETS = f"{PROJECT}/datasets"
NOWHERE = "0" * 19
NEW: dict[str, Any] = {
    "dataset_name": "animals",
    "dataset_type": 0,
    "data_sources": [{"data_type": 0, "data_path": "/test-obs/classify/input/animals/"}],
    "work_path": "/test-obs/classify/output/",
    "work_path_type": 0,
    "description": "Animals",
}
TRIPLETS: list[dict[str, Any]] = [
    {"name": "person", "type": 103},
    {"name": "place", "type": 103},
    {
        "name": "lives in",
        "type": 102,
        "property": {"@modelarts:from_type": "person", "@modelarts:to_type": "place"},
    },
]
AT_ONCE = ModelartsSwitches(delay=0, version_interval=0)


class Imaging(Client):
    """An emulator; its dataset `animals` has the labels cat and dog. Nothing takes time, unless the options say so."""

    def __init__(self, options: Options | None = None) -> None:
        super().__init__(options or Options(modelarts=AT_ONCE, drop_error=httpx.ReadError))
        self.id = self.make(
            "animals", labels=[{"name": "cat", "property": {"@modelarts:color": "#FFFFF0"}}, {"name": "dog"}]
        )
        self.dataset = f"{DATASETS}/{self.id}"
        self.labels = f"{self.dataset}/data-annotations/labels"
        self.versions = f"{self.dataset}/versions"

    def make(self, name: str, **fields: Any) -> str:
        """Create a dataset; return its id."""
        return str(self.good("POST", DATASETS, {**NEW, "dataset_name": name, **fields}, status=201)["dataset_id"])

    def publish(self, **fields: Any) -> str:
        """Publish a version of `animals`; return its id."""
        return str(self.good("POST", self.versions, fields, status=201)["version_id"])

    def good(self, method: str, path: str, body: Any = None, *, status: int = 200, **options: Any) -> Any:
        response = self.call(method, path, body, **options)
        assert response.status_code == status, response.text
        return response.json() if response.content else None

    def refused(self, status: int, method: str, path: str, body: Any = None, **options: Any) -> str:
        """Code and text of a call that is refused with this status."""
        response = self.call(method, path, body, **options)
        assert response.status_code == status, response.text
        error = response.json()
        assert set(error) == {"error_code", "error_msg"}
        return f"{error['error_code']} {error['error_msg']}"

    def conflict(self, method: str, path: str, body: Any = None) -> str:
        """The code of a call that is refused with 400."""
        return self.refused(400, method, path, body).split()[0].removeprefix("ModelArts.")

    def listed(self, query: str = "") -> list[str]:
        """The names in a list of datasets, in its order."""
        return [each["dataset_name"] for each in self.good("GET", f"{DATASETS}?{query}")["datasets"]]

    def status(self) -> int:
        """Where `animals` stands."""
        return int(self.good("GET", self.dataset)["status"])

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        assert super().call("POST", "/_emulator/clock", {"advance": seconds}).status_code == 200

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "emulator",
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One call, whatever its status."""

        async def ask() -> httpx.Response:
            sent = {**({} if token is None else {"X-Auth-Token": token}), **(headers or {})}
            async with self.http(None) as http:
                return await http.request(method, path, json=body, content=content, headers=sent)

        return asyncio.run(ask())
