"""A copy of the evaluation example in a project of its own; what the tests of rows share."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import TOKEN, Done, RunningEmulator, run_dsops

FAQ = "geai/Dataset/support-faq"
FILE = "rows/support-faq.jsonl"
RETURNS = "geai/Dataset/returns"


@dataclass(frozen=True)
class Golden:
    """The stack's folder and its emulator."""

    folder: Path
    emulator: RunningEmulator
    project: str

    @property
    def env(self) -> dict[str, str]:
        return {
            "DSOPS_VAR_endpoint": self.emulator.url,
            "DSOPS_VAR_project": self.project,
            "DSOPS_EXAMPLE_TOKEN": TOKEN,
        }

    def run(self, *args: str | Path) -> Done:
        return run_dsops(*args, cwd=self.folder, env=self.env)

    def applied(self, *args: str) -> "Golden":
        self.run("apply", "--auto-approve", *args).ok()
        return self

    def edit(self, change: Callable[[list[dict[str, Any]]], object], file: str = FILE) -> None:
        """Read the rows of a file, let them be changed, write them back."""
        path = self.folder / file
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        change(rows)
        path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")

    def declare(self, old: str, new: str, file: str = "datasets.yaml") -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def dataset(self, name: str = "support-faq") -> dict[str, Any]:
        (found,) = (each for each in self.emulator.evaluations(self.project) if each["dataSetName"] == name)
        return found

    def live(self, name: str = "support-faq") -> dict[str, str]:
        """Questions and answers that are there."""
        return {row["dataSetRowInput"]: row["dataSetRowExpectedAnswer"] for row in self.dataset(name)["rows"]}

    def meddle(self, method: str, question: str = "", body: Any = None) -> None:
        """Add, change or delete a row of support-faq as a stranger would."""
        dataset = self.dataset()
        path = f"/dataSetApi/dataSet/{dataset['dataSetId']}/dataSetRow"
        if question:
            (row,) = (each["dataSetRowId"] for each in dataset["rows"] if each["dataSetRowInput"] == question)
            path += f"/{row}"
        self.emulator.request(method, path, body, project=self.project)

    def writes(self, act: Callable[[], object]) -> list[str]:
        """Return method and last words of the path of the writes that ``act`` leads to."""
        before = len(self.emulator.requests())
        act()
        sent = [f"{each['method']} {each['path']}" for each in self.emulator.requests()[before:]]
        return sorted(re.sub(r"/[0-9a-f-]{36}", "", each) for each in sent if not each.startswith("GET"))
