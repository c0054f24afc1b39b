"""``spec.rows``: what it means, which files it names, which YAML files are rows because of it."""

import os
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
        "    items:\n    - {input: a, expectedAnswer: b}\n    - dataSetRowInput: c\n"
        "      dataSetRowExpectedAnswer: d\n",
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


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("rows/*.jsonl", ["rows/a.jsonl", "rows/b.jsonl"]),
        ("./rows//a.jsonl", ["rows/a.jsonl"]),
        ("rows/**/*.jsonl", ["rows/a.jsonl", "rows/b.jsonl", "rows/deep/er/d.jsonl"]),
        ("'**/d.jsonl'", ["rows/deep/er/d.jsonl"]),
        ("rows/**/**/d.jsonl", ["rows/deep/er/d.jsonl"]),
        ("rows/*/*/d.jsonl", ["rows/deep/er/d.jsonl"]),
        ("rows/deep/**", ["rows/deep/er/d.jsonl"]),
        ("rows/[ab].jsonl", ["rows/a.jsonl", "rows/b.jsonl"]),
        ("rows/?.csv", ["rows/c.csv"]),
        ("[rows/*.csv, rows/*.jsonl]", ["rows/c.csv", "rows/a.jsonl", "rows/b.jsonl"]),
        ("[rows/b.jsonl, 'rows/*.jsonl', rows/b.jsonl]", ["rows/b.jsonl", "rows/a.jsonl"]),
        ("rows/.hidden.jsonl", ["rows/.hidden.jsonl"]),
        ("rows/.*.jsonl", ["rows/.hidden.jsonl"]),
        ("'[x].jsonl'", ["[x].jsonl"]),
        ("[]", []),
        ("${var.files}", ["rows/a.jsonl", "rows/b.csv"]),
        ("'rows/${var.region}.csv'", ["rows/eu.csv"]),
    ],
)
def test_files_are_named_by_path_or_pattern(write: Write, named: str, found: list[str]) -> None:
    names = [
        "rows/a.jsonl",
        "rows/b.jsonl",
        "rows/c.csv",
        "rows/deep/er/d.jsonl",
        "rows/.hidden.jsonl",
        "rows/.x/e.jsonl",
    ]
    if "${var" in named:
        names += ["rows/b.csv", "rows/eu.csv"]
    root = write(dict.fromkeys([*names, "[x].jsonl"], ROW))
    write({"dsops.yaml": STACK, "faq.yaml": f"{HEAD}    from: {named}\n"})
    loaded = load(root, env=None, variables={}, environ={}, schemas=SCHEMAS)
    assert loaded.diagnostics == ()
    rows = loaded.resources[0].rows
    assert rows is not None
    assert list(rows.files) == found


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("rows/a.jsnl", "8:11 There is no file rows/a.jsnl"),
        ("row/a.jsonl", "8:11 There is no file row/a.jsonl"),
        ("rows/*.csv", "8:11 rows/*.csv matches no file"),
        ("[rows/a.jsonl, rows/*.csv]", "8:26 rows/*.csv matches no file"),
        ("rows", "8:11 rows is a folder"),
        ("/etc/passwd", "8:11 '/etc/passwd' is no path below the stack folder"),
        ("../a.jsonl", "8:11 '../a.jsonl' is no path below the stack folder"),
        ("rows/../a.jsonl", "8:11 'rows/../a.jsonl' is no path below the stack folder"),
        ('"a\\0b"', "8:11 'a\\x00b' is no path below the stack folder"),
        ('"."', "8:11 '.' is no path below the stack folder"),
        ("notes.txt", "8:11 notes.txt is no file of rows"),
        ("notes.*", "8:11 notes.* can't be"),
        ("faq.yaml", "8:11 faq.yaml holds manifests, and no rows"),
        ("'*.yaml'", "8:11 dsops.yaml holds manifests, and no rows"),
        ("out.jsonl", "8:11 out.jsonl is a link that leads out of the stack folder, or nowhere"),
        ("out/*.jsonl", "8:11 out/a.jsonl is a link that leads out of the stack folder, or nowhere"),
        ("nowhere.jsonl", "8:11 nowhere.jsonl is a link that leads out of the stack folder, or nowhere"),
        ("circle.jsonl", "8:11 circle.jsonl is a link that leads out of the stack folder, or nowhere"),
        ("pipe.jsonl", "8:11 pipe.jsonl is no file"),
        ("x" * 300, f"8:11 {'x' * 300} can't be looked for"),
        ("''", "8:11 spec.rows.from has 0 characters; it needs at least 1"),
        ("8", "8:11 spec.rows.from must be text or a list, not a number"),
    ],
)
def test_what_names_no_file_of_rows(tmp_path: Path, named: str, said: str) -> None:
    root = tmp_path / "stack"
    (root / "rows").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    for path in (root / "rows/a.jsonl", tmp_path / "outside/a.jsonl", root / "notes.txt"):
        path.write_text(ROW)
    (root / "out.jsonl").symlink_to(tmp_path / "outside/a.jsonl")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "nowhere.jsonl").symlink_to("missing.jsonl")
    (root / "circle.jsonl").symlink_to("circle.jsonl")
    os.mkfifo(root / "pipe.jsonl")
    (root / "dsops.yaml").write_text(STACK)
    head = HEAD.replace("  rows:\n", "  description: x\n  rows:\n    mode: sync\n").replace("spec:", "spec: # rows")
    (root / "faq.yaml").write_text(f"{head}    from: {named}\n")
    loaded = load(root, env=None, variables={}, environ={}, schemas=SCHEMAS)
    if named == "notes.*":
        said = "8:11 notes.txt is no file of rows"
    mine = [each for each in said_of(loaded) if each.startswith("faq.yaml")]
    assert mine
    assert mine[0] == f"faq.yaml:{said}"
    assert loaded.resources == ()


def said_of(loaded: Loaded) -> list[str]:
    return [f"{each.source} {each.summary}" for each in loaded.diagnostics]


def test_a_file_is_read_once_however_it_is_named(read: Read, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/link.jsonl").symlink_to("a.jsonl")
    loaded = read("    from: [rows/link.jsonl, 'rows/*']", "rows/a.jsonl")
    assert loaded.diagnostics == ()
    assert loaded.resources[0].rows == RowSet(RowMode.SYNC, ("input",), ("rows/link.jsonl",))


def test_folders_of_other_stacks_and_links_to_folders_are_left_out_of_patterns(read: Read, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/again").symlink_to(".")
    loaded = read("    from: '**/*.jsonl'", "rows/a.jsonl", "other/b.jsonl", other__dsops=STACK)
    assert loaded.diagnostics == ()
    assert loaded.resources[0].rows == RowSet(RowMode.SYNC, ("input",), ("rows/a.jsonl",))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("    mode: sink\n    items: []", 'faq.yaml:6:11 spec.rows.mode can\'t be "sink"'),
        ("    key: inptu\n    items: []", 'faq.yaml:6:10 spec.rows.key can\'t be "inptu"'),
        ("    key: []\n    items: []", "faq.yaml:6:10 spec.rows.key has 0 entries; it needs at least 1"),
        ("    key: [input, input]\n    items: []", 'faq.yaml:6:10 spec.rows.key lists "input" twice'),
        ("    key: [input, x]\n    items: []", 'faq.yaml:6:18 spec.rows.key[1] can\'t be "x"'),
        ("    mode: sync", "faq.yaml:6:5 spec.rows says nothing of rows"),
        ("    items: [a]", "faq.yaml:6:13 spec.rows.items[0] must be a map, not text"),
        ("    items:\n    - input: 42", "faq.yaml:7:14 spec.rows.items[0].input must be text or null, not a number"),
        ("    items:\n    - filterVariables: [{value: 1}]",
         "faq.yaml:7:33 spec.rows.items[0].filterVariables[0].value must be text or null, not a number"),
        ("    items: []\n    format: {delimiter: '-'}", 'faq.yaml:7:25 spec.rows.format.delimiter can\'t be "-"'),
        ("    items: []\n    format: {encoding: utf8}", 'faq.yaml:7:24 spec.rows.format.encoding can\'t be "utf8"'),
        ("    items: []\n    form: a.csv", "faq.yaml:7:5 spec.rows has no field form"),
        ("    items:\n    - input: ${geai/Dataset/other.id}",
         "faq.yaml:7:14 spec.rows.items[0].input can't be ${geai/Dataset/other.id}"),
        ("    from: rows/${geai/Dataset/other.id}.csv",
         "faq.yaml:6:11 spec.rows.from can't be rows/${geai/Dataset/other.id}.csv"),
        ("    items:\n    - input: ${env:HOME}", "faq.yaml:7:14 spec.rows.items[0].input can't be a secret"),
    ],
)  # fmt: skip
def test_mistakes(read: Read, rows: str, said: str) -> None:
    other = "apiVersion: geai/v1\nkind: Dataset\nmetadata: {name: other}\nspec: {}\n"
    loaded = read(rows, zother=other)
    (only,) = said_of(loaded)
    assert only == said
    if "number" in said:
        assert loaded.diagnostics[0].hint.startswith("Quote it")


def test_items_may_hold_variables_and_fields_of_others(read: Read) -> None:
    other = "apiVersion: geai/v1\nkind: Dataset\nmetadata: {name: other}\nspec: {description: d}\n"
    text = "    items:\n    - {input: 'in ${var.region}', expectedAnswer: '${geai/Dataset/other.description}'}\n"
    loaded = read(text, zother=other)
    assert loaded.diagnostics == ()
    rows = loaded.resources[0].rows
    assert rows is not None
    assert rows.items[0].document == {"input": "in eu", "expectedAnswer": "d"}


def test_a_dataset_may_be_declared_to_have_no_rows(rows: Rows) -> None:
    assert rows("    items: []") == RowSet(RowMode.SYNC, ("input",))


YAML_ROWS = "- {input: a, expectedAnswer: b}\n"
OVERLAY = "apiVersion: geai/v1\nkind: Dataset\nmetadata: {name: faq}\nspec: {rows: {from: rows/prod.yaml}}\n"


@pytest.mark.parametrize("env", [None, "prod", "test"])
@pytest.mark.parametrize("text", [YAML_ROWS, "input: a\nexpectedAnswer: b\n", "- [\n", "a\0b", ""])
def test_yaml_files_of_rows_are_no_manifests_whichever_environment_names_them(
    read: Read, env: str | None, text: str
) -> None:
    loaded = read(
        "    from: rows/base.yaml", env=env, rows__base=text, rows__prod=text, env__prod=OVERLAY,
        env__test=OVERLAY.replace("{from: rows/prod.yaml}", "{mode: upsert}"),
    )  # fmt: skip
    assert loaded.diagnostics == ()
    found = loaded.resources[0].rows
    assert found is not None
    assert found.files == ("rows/prod.yaml" if env == "prod" else "rows/base.yaml",)


def test_a_variable_in_a_name_stands_for_anything(read: Read) -> None:
    loaded = read("    from: rows/${var.region}.yaml", rows__eu=YAML_ROWS, rows__us=YAML_ROWS)
    assert loaded.diagnostics == ()
    assert loaded.resources[0].rows == RowSet(RowMode.SYNC, ("input",), ("rows/eu.yaml",))


def test_a_name_that_is_a_variable_is_that_of_this_run(write: Write) -> None:
    files = {
        "dsops.yaml": STACK.replace("rows/b.csv", "rows/b.yaml"), "faq.yaml": f"{HEAD}    from: ${{var.files}}\n",
        "rows/a.jsonl": ROW, "rows/b.yaml": YAML_ROWS,
    }  # fmt: skip
    assert load(write(files), env=None, variables={}, environ={}, schemas=SCHEMAS).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (YAML_ROWS, "rows/other.yaml:1:1 This document is a list"),
        ("input: a\n", "rows/other.yaml:1:1 This document has no apiVersion"),
        ("- [\n", "rows/other.yaml:2:1 A value is missing, or a [ or { is not closed"),
    ],
)
def test_yaml_that_nothing_names_is_a_mistake(read: Read, text: str, said: str) -> None:
    loaded = read("    from: rows/base.yaml", rows__base=YAML_ROWS, rows__other=text, env__prod=OVERLAY)
    assert said_of(loaded)[0].split(" ", 1)[1] == said.split(" ", 1)[1]
    assert "rows/other.yaml" in said_of(loaded)[0]


def test_a_broken_file_of_rows_hides_no_mistake_elsewhere(read: Read) -> None:
    other = "apiVersion: geai/v1\nkind: Dataset\nmetadata: {name: b}\nspec: {type: '${geai/Dataset/x.type}'}\n"
    assert said_of(read("    from: rows/base.yaml", rows__base="- [\n", b=other)) == [
        "b.yaml:4:14 The stack has no geai/Dataset/x"
    ]


def test_a_kind_without_rows_takes_none(read: Read) -> None:
    other = "apiVersion: uipath/v1\nkind: Dataset\nmetadata: {name: b}\nspec: {project: p, rows: {from: x.yaml}}\n"
    assert "b.yaml:4:20 spec has no field rows" in said_of(read("    items: []", b=other))


CONNECTION = '    evals: {provider: geai, endpoint: "https://api.example.com", token: "${env:TOKEN}", project: p-17}'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            CONNECTION.replace("p-17", "p-17, upload: raw, timeout: 60, settle: 5, insecure: false, maxConcurrency: 2"),
            "",
        ),
        (CONNECTION.replace("p-17", "p-17, upload: form"), 'spec.connections.evals.upload can\'t be "form"'),
        (CONNECTION.replace("p-17", "17"), "spec.connections.evals.project must be text, not a number"),
        (CONNECTION.replace("project: p-17", "projct: p-17"), "spec.connections.evals has no field projct"),
        (CONNECTION.replace("${env:TOKEN}", "secret"), "spec.connections.evals.token holds a secret itself"),
        (CONNECTION.replace(', token: "${env:TOKEN}"', ""), "spec.connections.evals.token is missing"),
    ],
)
def test_connections(write: Write, written: str, said: str) -> None:
    loaded = load(
        write({"dsops.yaml": STACK.replace(CONNECTION, written)}), env=None, variables={}, environ={}, schemas=SCHEMAS
    )
    assert [each.summary for each in loaded.diagnostics] == ([said] if said else [])
    if not said:
        assert loaded.stack is not None
        assert dict(loaded.stack.connections["evals"].settings) == {"project": "p-17", "upload": "raw"}
