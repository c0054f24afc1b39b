"""What the README shows is what happens: its manifests, its commands, their output, in its order."""

import re
from pathlib import Path
from typing import Any

from tests.support import TOKEN, run_dsops, start_emulator

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
ENDPOINT = re.compile(r"endpoint: \S+")
PLAN_ID = re.compile(r"^(Plan id \w{8}).*$", re.MULTILINE)
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


def blocks(language: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(README.read_text()) if found["language"] == language]


def shown(text: str) -> str:
    """Cut plan ids: they name the state they were made on, and every state has its own."""
    return PLAN_ID.sub("Plan id", text).strip()


def test_what_the_readme_shows_is_what_happens(tmp_path: Path) -> None:
    stack, resources = blocks("yaml")
    commands = [part.split("\n", 1) for block in blocks("console") for part in block.split("$ dsops ")[1:]]
    assert [command.split()[0] for command, _ in commands] == ["plan", "apply", "plan", "drift", "apply"]
    (tmp_path / "mail.yaml").write_text(resources)
    with start_emulator() as emulator:
        (tmp_path / "dsops.yaml").write_text(ENDPOINT.sub(f"endpoint: {emulator.url}", stack))
        for command, output in commands:
            if command == "drift":
                emulator.request("POST", STREAM, LOWERED)
            done = run_dsops(*command.split(), cwd=tmp_path, env={"REINFER_TOKEN": TOKEN})
            assert shown(done.ok(2 if command == "drift" else 0).out) == shown(output)
