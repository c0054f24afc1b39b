"""The README's table of operations: every one is described in specs/, and the test that it names exists."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROVIDERS = {
    "UiPath Communications Mining": "uipath",
    "Globant Enterprise AI": "geai",
    "Huawei ModelArts": "modelarts",
    "Datature Vi": "vi",
}
DOCUMENTED = {"uipath": 18, "geai": 22, "modelarts": 1, "vi": 8}
"""How many operations the vendors' documents have."""
ROW = re.compile(r"^\| `(?P<operation>[^`]+)` \| (?P<use>.+) \| `(?P<test>tests/[^`]+)` \|$")
SUITE = "".join(path.read_text() for path in sorted((ROOT / "dsops" / "testing").glob("*.py")))


class Row(NamedTuple):
    """One operation."""

    provider: str
    operation: str
    test: str


def table() -> list[Row]:
    """Return the rows of the table."""
    (section,) = (
        each for each in (ROOT / "README.md").read_text().split("\n## ") if each.startswith("Every operation")
    )
    found, provider = [], ""
    for line in section.splitlines():
        provider = PROVIDERS.get(line.strip("*"), provider)
        if row := ROW.match(line):
            found.append(Row(provider, row["operation"], row["test"]))
    return found


TABLE = table()


@pytest.mark.parametrize("provider", DOCUMENTED)
def test_no_operation_is_left_out(provider: str) -> None:
    operations = [row.operation for row in TABLE if row.provider == provider]
    assert len(operations) == len(set(operations)) == DOCUMENTED[provider]


@pytest.mark.parametrize("row", [each for each in TABLE if each.provider != "vi"], ids=lambda row: row.operation)
def test_an_operation_is_described(row: Row) -> None:
    method, path = row.operation.split()
    document = yaml.safe_load((ROOT / "specs" / f"{row.provider}.openapi.yaml").read_text())
    assert method.lower() in document["paths"][path]


@pytest.mark.parametrize("test", sorted({row.test for row in TABLE}))
def test_a_test_that_is_named_exists(test: str) -> None:
    name, _, function = test.partition("::")
    path = ROOT / name
    assert path.is_file()
    text = path.read_text() + (SUITE if path.parent.name == "testing" else "")
    assert not function or re.search(rf"^ *def {function}\(", text, re.MULTILINE)
