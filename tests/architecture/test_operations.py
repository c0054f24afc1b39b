"""Operations and commands are two sides of one thing: each has the other, a kind, and a line in the README."""

from pathlib import Path

import pytest

from dsops.cli.commands.dataset import COMMANDS as DATASET
from dsops.cli.commands.stream import COMMANDS as STREAM
from dsops.providers import provider, provider_names

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {f"{group} {name}" for group, commands in (("dataset", DATASET), ("stream", STREAM)) for name in commands}


@pytest.mark.parametrize("name", provider_names())
def test_an_operation_is_about_a_kind_of_its_provider_and_called_like_its_command(name: str) -> None:
    for words, operation in provider(name).operations.items():
        assert operation.kind in provider(name).kinds
        assert words.split()[0] == operation.kind.lower()
        assert words in COMMANDS


def test_a_command_is_an_operation_of_some_provider() -> None:
    assert {words for name in provider_names() for words in provider(name).operations} == COMMANDS


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_the_readme_has_it_in_its_table(words: str) -> None:
    group, name = words.split()
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith(f"| `dsops {group} ")]
    assert any(f"`{name}`" in row or f"`dsops {words}`" in row for row in rows)
