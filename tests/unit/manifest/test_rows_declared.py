"""``spec.rows``: what it means, which files it names, which YAML files are rows because of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dsops.manifest import Loaded, load
from dsops.model import RowMode, RowSet, Severity
from dsops.model.assets import asset
from tests.unit.manifest.conftest import Write

SCHEMAS = {
    "geai/Dataset": asset("schemas", "geai", "Dataset.json"),
    "uipath/Dataset": asset("schemas", "uipath", "Dataset.json"),
}
STACK = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: evals}
spec:
  variables:
    region: {default: eu}
    files: {default: [rows/a.jsonl, rows/b.csv]}
  connections:
    evals: {provider: geai, endpoint: "https://api.example.com", token: "${env:TOKEN}", project: p-17}
"""
HEAD = "apiVersion: geai/v1\nkind: Dataset\nmetadata: {name: faq}\nspec:\n  rows:\n"
ROW = '{"input": "a", "expectedAnswer": "b"}\n'

Read = Callable[..., Loaded]
Rows = Callable[..., RowSet | None]


@pytest.fixture
def read(write: Write) -> Read:
    """Load a stack with a dataset whose ``rows`` are the text given."""

    def read(rows: str, *names: str, env: str | None = None, **files: str) -> Loaded:
        texts = {"dsops.yaml": STACK, "faq.yaml": HEAD + rows, **dict.fromkeys(names, ROW)}
        texts |= {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
        return load(write(texts), env=env, variables={}, environ={}, schemas=SCHEMAS)

    return read


@pytest.fixture
def rows(read: Read) -> Rows:
    def rows(text: str, *names: str, env: str | None = None, **files: str) -> RowSet | None:
        loaded = read(text, *names, env=env, **files)
        assert loaded.diagnostics == ()
        (resource,) = loaded.resources
        return resource.rows

    return rows


def said(loaded: Loaded) -> list[str]:
    assert all(each.severity is Severity.ERROR for each in loaded.diagnostics)
    return [f"{each.source} {each.summary}" for each in loaded.diagnostics]


def test_defaults(rows: Rows) -> None:
    assert rows("    from: rows/a.jsonl", "rows/a.jsonl") == RowSet(RowMode.SYNC, ("input",), ("rows/a.jsonl",))


def test_all_of_it(rows: Rows) -> None:
    found = rows(
        "    mode: upsert\n    key: [input, contextDocument]\n    from: [rows/b.csv, rows/a.jsonl]\n"
        "    format: {encoding: windows-1252, delimiter: ';'}\n"
        "    items:\n    - {input: a, expectedAnswer: b}\n    - dataSetRowInput: c\n      dataSetRowExpectedAnswer: d\n",
        "rows/a.jsonl", "rows/b.csv",
    )  # fmt: skip
    assert found is not None
    assert (found.mode, found.key) == (RowMode.UPSERT, ("input", "contextDocument"))
    assert found.files == ("rows/b.csv", "rows/a.jsonl")
    assert (found.encoding, found.delimiter) == ("windows-1252", ";")
    assert [(each.document, str(each.source)) for each in found.items] == [
        ({"input": "a", "expectedAnswer": "b"}, "faq.yaml:11:7"),
        ({"dataSetRowInput": "c", "dataSetRowExpectedAnswer": "d"}, "faq.yaml:12:7"),
    ]


def test_a_resource_that_says_nothing_of_rows_has_none(write: Write) -> None:
    files = {"dsops.yaml": STACK, "a.yaml": HEAD.replace("  rows:\n", "  description: x\n")}
    (resource,) = load(write(files), env=None, variables={}, environ={}, schemas=SCHEMAS).resources
    assert resource.rows is None


def test_a_missing_file_is_an_error_at_its_name(read: Read) -> None:
    loaded = read("    from:\n    - rows/a.jsonl\n    - rows/faq.jsnl\n", "rows/a.jsonl", "rows/faq.jsonl")
    assert said(loaded) == ["faq.yaml:8:7 There is no file rows/faq.jsnl"]
    assert loaded.diagnostics[0].hint == "Did you mean faq.jsonl?"


def test_an_overlay_may_change_the_mode_alone(read: Read, tmp_path: Path) -> None:
    over = "apiVersion: geai/v1\nkind: Dataset\nmetadata: {name: faq}\nspec: {rows: {mode: insert}}\n"
    loaded = read("    from: rows/a.jsonl", "rows/a.jsonl", env="prod", env__prod=over)
    assert loaded.diagnostics == ()
    assert loaded.resources[0].rows == RowSet(RowMode.INSERT, ("input",), ("rows/a.jsonl",))
