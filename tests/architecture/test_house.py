"""The rules of the house that no linter knows: sizes, charters, words."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "dsops"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MOST_LINES = 400
MOST_FUNCTION_LINES = 50

# What belongs to one machine or one account, not to a project.
FOREIGN = re.compile(r"/work/|/home/(?!me/)[a-z]|/root/|/Users/[a-z]|(?<![\w.-])shared/|pypi\.|eyJhbGciOi")


def named(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(ROOT)))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def exported(tree: ast.Module) -> list[str] | None:
    """Return what ``__all__`` lists, or None without one."""
    for node in tree.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=value)
                | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
            ):
                return [str(name) for name in ast.literal_eval(value)]
    return None


def tracked() -> list[Path]:
    """List what is in the repository, or, in an unpacked source archive without one, what lies in its folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    folders = ("dsops", "schemas", "specs", "examples", "tests")
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


@named(MODULES)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES, "too long a file: split it by idea"
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in functions(ast.parse(text))
        if node.end_lineno is not None and node.end_lineno - node.lineno >= MOST_FUNCTION_LINES
    }
    assert long == {}, "too long a function: name its steps"


@named([path for path in MODULES if path.name == "__init__.py"])
def test_a_package_has_a_charter_and_lists_what_it_exports(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "a package says in its docstring what belongs there and what doesn't"
    names = exported(tree)
    assert names is not None, "a package lists its exports in __all__"
    defined = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    defined |= {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    defined |= {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert set(names) <= defined, "__all__ lists what isn't there"
    assert len(set(names)) == len(names), "__all__ lists something twice"


@named(MODULES)
def test_a_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@named([path for path in MODULES if not path.is_relative_to(PACKAGE / "cli")])
def test_nothing_prints_outside_cli(path: Path) -> None:
    prints = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "input"}
    ]
    assert prints == []


@named(TESTS)
def test_tests_patch_none_of_our_functions(path: Path) -> None:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(module="unittest.mock"):
                found |= {alias.name for alias in node.names} - {"ANY", "patch"}  # patch.dict serves for os.environ
            case ast.Import():
                found |= {alias.name for alias in node.names if alias.name == "unittest.mock"}
            case ast.Call(func=ast.Name(id="patch")):
                found.add("patch()")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="patch"), attr="object" | "multiple" as name)):
                found.add(f"patch.{name}()")
    assert found == set()


def test_speaks_of_no_machine_and_no_account() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in tracked()
        if path != Path(__file__) and path.suffix not in {".png", ".gif", ".db"}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_the_version_costs_nothing_to_read() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_the_rooms_import_downwards_only() -> None:
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    done = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
