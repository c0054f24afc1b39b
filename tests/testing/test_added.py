"""What specs/adding-a-provider.md tells works: its code, installed as it stands there, passes the suite."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = re.compile(r"^```\w+ file=(?P<file>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def home(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the files of the page, and install them as pip does: a folder on the path with metadata in it."""
    folder = tmp_path_factory.mktemp("notes")
    page = (root / "specs" / "adding-a-provider.md").read_text(encoding="utf-8")
    for found in BLOCK.finditer(page):
        path = folder / found["file"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(found["text"], encoding="utf-8")
    project = (folder / "pyproject.toml").read_text(encoding="utf-8")
    (point,) = re.findall(r'^notes = "(.*)"$', project, re.MULTILINE)
    metadata = folder / "notes_provider-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: notes-provider\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[dsops.providers]\nnotes = {point}\n", encoding="utf-8")
    return folder


def run(home: Path, root: Path, *args: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, args)],
        cwd=cwd or home,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(home), str(root)))},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def test_it_passes_the_suite(home: Path, root: Path) -> None:
    done = run(home, root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_notes.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d\d+ passed", done.stdout.splitlines()[-1])


MUTANTS = {
    "a listing that is none counts as empty": (
        'raise RemoteError.of("the answer has no list of notes")',
        "return Listing(())",
        "odd_answers",
    ),
    "any failure counts as absence": (
        "if failed.failure.kind is FailureKind.NOT_FOUND:",
        "if failed.failure:",
        "failure_of_a_read",
    ),
    "what is gone is an error": (
        "404: FailureKind.NOT_FOUND",
        "404: FailureKind.INVALID",
        "what_is_gone",
    ),
    "an update sends what did not change": (
        "body=dict(attributes), effect=Effect.UPDATE, settles=settles",
        'body=dict(attributes), effect=Effect.UPDATE, settles=("tag", "text")',
        "an_update_sends",
    ),
    "the secret stands in the address": (
        "return dataclasses.replace(request, headers=headers)",
        "return dataclasses.replace(request, headers=headers, url=request.url + '?' + secrets['token'])",
        "signing_is_pure",
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_provider_with_a_mistake_does_not_pass(home: Path, root: Path, tmp_path: Path, mutant: str) -> None:
    right, wrong, caught_by = MUTANTS[mutant]
    broken = tmp_path / "broken"
    shutil.copytree(home, broken, ignore=shutil.ignore_patterns("__pycache__"))
    module = broken / "notes_provider" / "__init__.py"
    text = module.read_text(encoding="utf-8")
    assert right in text
    module.write_text(text.replace(right, wrong), encoding="utf-8")
    done = run(broken, root, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", caught_by, "test_notes.py")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed" in done.stdout


def test_it_is_listed_with_its_kinds_and_schemas(home: Path, root: Path) -> None:
    assert "notes/Note" in run(home, root, "-m", "dsops", "providers").stdout
    assert '"const": "notes/v1"' in run(home, root, "-m", "dsops", "schema", "notes/Note").stdout
    assert '"const": "notes"' in run(home, root, "-m", "dsops", "schema", "Stack").stdout
    assert "notes/Note" not in run(root, root, "-m", "dsops", "providers").stdout


def test_its_stack_is_valid_and_checked(home: Path, root: Path, tmp_path: Path) -> None:
    text = (home / "stack.yaml").read_text(encoding="utf-8")
    stack = tmp_path / "dsops.yaml"
    stack.write_text(text, encoding="utf-8")
    done = run(home, root, "-m", "dsops", "validate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for right, wrong, told in (
        ("text: buy some", "txt: buy some", "txt"),
        ("${env:NOTES_TOKEN}", "literal-secret", "token"),
        ("kind: Note\n", "kind: Nota\n", "Note"),
        ("provider: notes", "provider: nodes", "nodes"),
        ("{name: milk}", "{name: milk, policy: [read]}", "policy"),
    ):
        assert right in text
        stack.write_text(text.replace(right, wrong), encoding="utf-8")
        done = run(home, root, "-m", "dsops", "validate", cwd=tmp_path)
        assert done.returncode == 1
        assert told in done.stdout + done.stderr
        assert "literal-secret" not in done.stdout + done.stderr


def test_without_the_package_it_is_unknown(root: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "dsops.yaml").write_text((home / "stack.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    done = run(root, root, "-m", "dsops", "validate", cwd=tmp_path)
    assert done.returncode == 1
    assert "There is no apiVersion notes/v1" in done.stdout + done.stderr


def test_a_provider_that_cannot_be_loaded_is_an_error_with_the_reason(root: Path, home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    metadata = broken / "broken-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[dsops.providers]\nnotes = nowhere:Notes\n", encoding="utf-8")
    (tmp_path / "dsops.yaml").write_text((home / "stack.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    done = run(broken, root, "-m", "dsops", "validate", cwd=tmp_path)
    assert done.returncode == 1
    assert "the provider 'notes' of broken can't be loaded" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
