"""What the README shows is what happens: its manifests, its commands, their output, in its order."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import TOKEN, RunningEmulator, run_dsops, start_emulator

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ENDPOINT = re.compile(r"endpoint: \S+")
# Names that every state and every emulator gives anew: cut in the README, and cut here.
GIVEN = re.compile(
    r"^(Plan id) \w{8}.*$|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\.\.\.", re.MULTILINE
)
STREAM = "/api/v1/datasets/project1/collateral/streams/dispute"
LOWERED: dict[str, Any] = {
    "stream": {
        "model": {
            "version": 8,
            "label_thresholds": [
                {"name": ["Dispute"], "threshold": 0.2},
                {"name": ["Dispute", "Valuation"], "threshold": 0.41},
            ],
        }
    }
}
STACK = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: golden}
spec:
  connections:
    evals: {provider: geai, endpoint: "%s", token: "${env:TOKEN}"}
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with start_emulator() as running:
        yield running


def blocks(heading: str, language: str) -> list[str]:
    """The code blocks of one section."""
    (section,) = (each for each in README.read_text().split("\n## ") if each.startswith(f"{heading}\n"))
    return [found["text"] for found in BLOCK.finditer(section) if found["language"] == language]


def commands(heading: str) -> list[list[str]]:
    """Each command of a section, and what it prints."""
    return [part.split("\n", 1) for block in blocks(heading, "console") for part in block.split("$ dsops ")[1:]]


def shown(text: str) -> str:
    return GIVEN.sub(r"\1", text).strip()


def test_the_example_is_what_happens(tmp_path: Path, emulator: RunningEmulator) -> None:
    stack, resources = blocks("An example", "yaml")
    walk = commands("An example")
    assert [command.split()[0] for command, _ in walk] == ["plan", "apply", "plan", "drift", "apply"]
    (tmp_path / "mail.yaml").write_text(resources)
    (tmp_path / "dsops.yaml").write_text(ENDPOINT.sub(f"endpoint: {emulator.url}", stack))
    for command, output in walk:
        if command == "drift":
            emulator.request("POST", STREAM, LOWERED)
        done = run_dsops(*command.split(), cwd=tmp_path, env={"REINFER_TOKEN": TOKEN})
        assert shown(done.ok(2 if command == "drift" else 0).out) == shown(output)


def test_the_rows_are_what_happens(tmp_path: Path, emulator: RunningEmulator) -> None:
    (resource,), (after,) = blocks("Rows are code too", "yaml"), blocks("Rows are code too", "json")
    ((command, output),) = commands("Rows are code too")
    edited = after.splitlines()[0]
    (tmp_path / "rows").mkdir()
    (tmp_path / "faq.yaml").write_text(resource)
    (tmp_path / "dsops.yaml").write_text(STACK % emulator.url)
    before = [
        edited.replace("one hour", "30 minutes"),
        json.dumps({"input": "Do you sell my data?", "expectedAnswer": "No."}),
    ]
    assert before[0] != edited
    for lines, arguments, told in (("\n".join(before), "apply --auto-approve", None), (after, command, output)):
        (tmp_path / "rows" / "faq.jsonl").write_text(lines)
        done = run_dsops(*arguments.split(), cwd=tmp_path, env={"TOKEN": TOKEN}).ok()
        assert told is None or shown(done.out) == shown(told)
