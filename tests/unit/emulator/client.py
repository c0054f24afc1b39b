"""An emulator in process, asked over ASGI as a client would ask it over a socket."""

import asyncio
from typing import Any

import httpx

from dsops.emulator import Options, create_app

URL = "http://emulator"
DATASET = "/api/v1/datasets/project1/collateral"
STREAMS = f"{DATASET}/streams"


class Client:
    """One emulator, and calls to it."""

    def __init__(self, options: Options | None = None) -> None:
        self.app = create_app(options or Options(drop_error=httpx.ReadError))

    def http(self, token: str | None = "emulator") -> httpx.AsyncClient:
        """A client for tests that are coroutines themselves."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=URL, headers=headers)

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = "emulator", content: bytes | None = None
    ) -> httpx.Response:
        """One call, whatever its status."""

        async def ask() -> httpx.Response:
            async with self.http(token) as http:
                return await http.request(method, path, json=body, content=content)

        return asyncio.run(ask())

    def good(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call that succeeds."""
        response = self.call(method, path, body)
        assert response.status_code == 200, response.text
        document = response.json()
        assert document.get("status", "ok") == "ok"
        return document

    def refused(self, status: int, method: str, path: str, body: Any = None, **options: Any) -> str:
        """The message of a call that is refused with this status."""
        response = self.call(method, path, body, **options)
        assert response.status_code == status, response.text
        document = response.json()
        assert document["status"] == "error"
        return str(document["message"])

    def with_dataset(self, **fields: Any) -> "Client":
        """The same, holding the dataset project1/collateral."""
        self.good("PUT", DATASET, {"dataset": fields})
        return self

    def with_stream(self, **fields: Any) -> "Client":
        """The same, holding the stream dispute too."""
        self.with_dataset()
        self.good("PUT", STREAMS, {"stream": {"name": "dispute", **fields}})
        return self

    def faults(self, *rules: dict[str, Any]) -> None:
        """Put fault rules in force."""
        assert self.call("POST", "/_emulator/faults", list(rules)).status_code == 200
