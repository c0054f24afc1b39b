"""The emulator's Vi API in process, with one dataset of two pictures to begin with."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from dsops.emulator import Options, ViSwitches
from tests.support.vi import headers
from tests.unit.emulator.client import Client

WORKSPACE = "/workspaces/acme"
DATASETS = f"{WORKSPACE}/datasets"
DATASET = f"{DATASETS}/acme_shelves01"
EXPORTS = f"{DATASET}/datasetExports"
PRUNES = f"{DATASET}/deleteManyAssetsSessions"
NOWHERE = f"{DATASETS}/acme_nowhere"
NEW: dict[str, Any] = {
    "name": "shop",
    "owner": "acme",
    "description": "D",
    "type": "vqa",
    "content": "Image",
    "localization": "Datature/Multi",
    "dataLocalization": "Datature/Multi",
    "status": 0,
    "tags": {},
}
FULL: dict[str, Any] = {"spec": {"format": "ViFull", "options": {"normalized": True, "splitRatio": None}}}
ERRORS: dict[str, Any] = {
    "spec": {"filter": '{"status": "error"}', "metadataQuery": None, "ruleQuery": None, "strictQuery": None}
}
SEED = """
vi:
  datasets:
    - name: shelves
      organization: acme
      id: shelves01
      description: Shelf photos
      assets:
        - filename: one.png
          customMetadata: {camera: front, row: 1}
          annotations:
            - caption: a box on a shelf
              groundedPhrases:
                - phrase: box
                  startTokenIndex: 1
                  endTokenIndex: 2
                  bounds: [[0.125, 0.25], [0.5, 0.25], [0.5, 0.75], [0.125, 0.75]]
            - caption: a shelf
              groundedPhrases: []
        - filename: two.png
          width: 10
          height: 8
          status: error
          customMetadata: {camera: top, row: 2}
"""


class Workspace(Client):
    """An emulator that is asked for the datasets of one organization."""

    def __init__(self, options: Options, organization: str = "emulator") -> None:
        super().__init__(options)
        self.organization = organization

    def good(self, method: str, path: str, body: Any = None, *, status: int = 200, **options: Any) -> Any:
        response = self.call(method, path, body, **options)
        assert response.status_code == status, response.text
        return response.json()

    def refused(self, status: int, method: str, path: str, body: Any = None, **options: Any) -> str:
        """The message of a call that is refused with this status."""
        response = self.call(method, path, body, **options)
        assert response.status_code == status, response.text
        error = response.json()
        assert set(error) == {"message"}
        return str(error["message"])

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        content: bytes | None = None,
        sent: dict[str, str] | None = None,
    ) -> httpx.Response:
        """One call, whatever its status. sent: headers in place of those of an ordinary client."""

        async def ask() -> httpx.Response:
            usual = headers(self.organization) if token is None else headers(self.organization, token)
            async with self.http(None) as http:
                return await http.request(
                    method, path, json=body, content=content, headers=usual if sent is None else sent
                )

        return asyncio.run(ask())


class Shelving(Workspace):
    """An emulator with the seed above. Nothing takes time, unless the switches say so."""

    def __init__(self, folder: Path, switches: ViSwitches | None = None, **options: Any) -> None:
        seed = folder / "shelves.yaml"
        seed.write_text(SEED)
        chosen = switches or ViSwitches(delay=0)
        super().__init__(Options(**{"seed": seed, "vi": chosen, "drop_error": httpx.ReadError, **options}), "acme")

    def names(self, query: str = "") -> list[str]:
        """The names on a page of datasets."""
        return [each["name"] for each in self.good("GET", f"{DATASETS}?{query}")["items"]]

    def count(self, **query: str) -> int:
        """How many assets of the dataset are meant."""
        asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        return int(self.good("GET", f"{DATASET}/assets:count?{asked}")["count"])

    def export(self, **options: Any) -> dict[str, Any]:
        """An export that was just made."""
        export_format = options.pop("format", "ViFull")
        spec = {"format": export_format, "options": {"normalized": True, "splitRatio": None, **options}}
        export: dict[str, Any] = self.good("POST", EXPORTS, {"spec": spec}, status=201)
        return export

    def fetch(self, url: str, method: str = "GET", **sent: str) -> httpx.Response:
        """What is at an address, asked for without any headers but these."""
        return self.call(method, url, sent={name.replace("_", "-"): value for name, value in sent.items()})

    def advance(self, seconds: float) -> None:
        """Move the clock on."""
        assert self.call("POST", "/_emulator/clock", {"advance": seconds}).status_code == 200


def statuses(document: dict[str, Any]) -> dict[str, str]:
    """The conditions of what goes on."""
    return {each["condition"]: each["status"] for each in document["status"]["conditions"]}
