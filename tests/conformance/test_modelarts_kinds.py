"""The narrated suites of ModelArts, in `kinds/modelarts/`; what a step says stands in `test_kinds.py`."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conformance.stage import CANARY, Document, Json, Stage, placed
from tests.conformance.test_kinds import walk
from tests.support import RunningEmulator
from tests.support.modelarts import ask, held_datasets, held_versions
from tests.testing.subjects import emulator as running_emulator

PROJECT = "p-17"
PERMISSIONS = [f"modelarts:dataset:{verb}" for verb in ("list", "get", "create", "update", "delete")]


class Zoo(Stage):
    """A stage whose connection speaks to ModelArts; the paths of its stories are ``animals`` and ``animals/V001``."""

    def ids(self) -> dict[str, str]:
        """Return name to id of what is there."""
        found = {name: each["dataset_id"] for name, each in self.held().items()}
        versions = {f"{name}/{each}": document for name in found for each, document in self._versions(name).items()}
        return {**found, **{path: document["version_id"] for path, document in versions.items()}}

    def held(self) -> dict[str, Document]:
        """Return every dataset by name, as the API shows it."""
        return held_datasets(self.emulator.url, project=PROJECT)

    def _versions(self, name: str) -> dict[str, Document]:
        return held_versions(self.emulator.url, name, project=PROJECT)

    def behind(self, method: str, path: str, body: Json = None) -> None:
        """Do what a stranger would, and wait until it has come about; ``path`` is below the datasets."""
        placed_body = {
            key: placed(value, self.ids()) if isinstance(value, str) else value for key, value in (body or {}).items()
        }
        ask(self.emulator.url, method, f"/datasets{placed(path, self.ids())}", placed_body or None, project=PROJECT)
        while any(each["status"] != 1 for each in self.held().values()):
            time.sleep(0.02)

    def is_live(self, path: str, wanted: Json) -> None:
        """Check the fields that are named; None: it is not there."""
        name, _, version = path.partition("/")
        held = self.held()
        found = held.get(name)
        if version:
            found = self._versions(name).get(version) if name in held else None
        assert (found is None) == (wanted is None), f"{path}: {found}"
        for field, value in (wanted or {}).items():
            assert found is not None
            assert self._shown(field, found.get(field)) == value

    @staticmethod
    def _shown(field: str, value: Json) -> Json:
        """Return labels as name to properties; other fields as they are."""
        if field != "labels":
            return value
        return {each["name"]: each["property"] for each in value}


@pytest.fixture(scope="module")
def zoo_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    tokens = {CANARY: {"permissions": PERMISSIONS}, "emulator": {"permissions": PERMISSIONS}}
    folder = tmp_path_factory.mktemp("zoo")
    with running_emulator(folder, tokens, "--version-interval", "0", "--modelarts-delay", "0.05") as running:
        yield running


@pytest.mark.parametrize(
    "story", sorted((Path(__file__).parent / "kinds" / "modelarts").glob("*.yaml")), ids=lambda path: path.stem
)
def test_each_state_is_reached_and_then_stays(story: Path, zoo_emulator: RunningEmulator, tmp_path: Path) -> None:
    zoo_emulator.start_over()
    settings = {"project": PROJECT}
    stage = Zoo(tmp_path / "zoo", zoo_emulator, name="zoo", provider="modelarts", settings=settings)
    walk(yaml.safe_load(story.read_text(encoding="utf-8")), stage)
    stage.leaves_no_secret()
