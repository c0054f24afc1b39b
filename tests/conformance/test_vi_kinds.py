"""The narrated suites of Vi, in `kinds/vi/`; what a step says stands in `test_kinds.py`."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conformance.stage import MARK, Document, Json, Stage, placed
from tests.conformance.test_kinds import walk
from tests.support import RunningEmulator, start_emulator
from tests.support.vi import ORGANIZATION, ask, held_datasets, held_exports

SECRET = f"dtvi_{MARK}".ljust(103, "x")


class Shelves(Stage):
    """A stage whose connection speaks to Vi.

    The paths of its stories are ``shelves``, and ``shelves/1`` for the second export of that dataset.
    """

    def held(self) -> dict[str, Document]:
        """Return every dataset by name; the second of a name is ``name#1``."""
        found: dict[str, Document] = {}
        for each in held_datasets(self.emulator.url):
            if "deleteOp" not in each:
                number = sum(name.partition("#")[0] == each["name"] for name in found)
                found[f"{each['name']}#{number}" if number else each["name"]] = each
        return found

    def exports(self, name: str) -> list[Document]:
        """Return the exports of a dataset, in the order of creation."""
        return held_exports(self.emulator.url, self.held()[name]["datasetId"])

    def ids(self) -> dict[str, str]:
        """Return name to id of what is there, of a dataset its type and name too: ``vqa shelves``."""
        held = self.held()
        made = {
            f"{name}/{number}": each["datasetExportId"]
            for name in held
            for number, each in enumerate(self.exports(name))
        }
        by_type = {f"{each['type']} {name}": each["datasetId"] for name, each in held.items()}
        return {**{name: each["datasetId"] for name, each in held.items()}, **by_type, **made}

    def behind(self, method: str, path: str, body: Json = None) -> None:
        """Do what a stranger would, and wait until it has come about; ``path`` is below the organization."""
        ask(self.emulator.url, method, placed(path, self.ids()), body)
        end = time.monotonic() + 20
        while any("deleteOp" in each for each in held_datasets(self.emulator.url)) or any(
            condition["status"] == "Waiting"
            for name in self.held()
            for each in self.exports(name)
            for condition in each["status"]["conditions"]
        ):
            assert time.monotonic() < end, "it never comes about"
            time.sleep(0.02)

    def is_live(self, path: str, wanted: Json) -> None:
        """Check the fields that are named, of an export those of its specification; None: it is not there."""
        name, _, number = path.partition("/")
        held = self.held()
        if not number:
            found = held.get(name)
        else:
            exports = self.exports(name) if name in held else []
            found = exports[int(number)]["spec"] if int(number) < len(exports) else None
        assert (found is None) == (wanted is None), f"{path}: {found}"
        assert found is None or {field: found[field] for field in wanted} == wanted


@pytest.fixture(scope="module")
def shelves_emulator() -> Iterator[RunningEmulator]:
    with start_emulator("--vi-delay", "0.05") as running:
        yield running


@pytest.mark.parametrize(
    "story", sorted((Path(__file__).parent / "kinds" / "vi").glob("*.yaml")), ids=lambda path: path.stem
)
def test_each_state_is_reached_and_then_stays(story: Path, shelves_emulator: RunningEmulator, tmp_path: Path) -> None:
    shelves_emulator.start_over()
    settings = {"organization": ORGANIZATION}
    stage = Shelves(
        tmp_path / "shelves", shelves_emulator, token=SECRET, name="shelves", provider="vi", settings=settings
    )
    walk(yaml.safe_load(story.read_text(encoding="utf-8")), stage)
    stage.leaves_no_secret()
