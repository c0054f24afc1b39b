"""What a command imports: the time before its first line of work, and most of what a short one costs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dsops.cli.run import COMMANDS
from tests.support import TOKEN, RunningEmulator, start_emulator

THIRD_PARTIES = frozenset(
    {
        "click",
        "deepdiff",
        "httpx",
        "jsonschema",
        "jsonschema_rs",
        "msgspec",
        "numpy",
        "obstore",
        "orjson",
        "psycopg",
        "pyarrow",
        "pydantic",
        "rich",
        "sniffio",
        "starlette",
        "uvicorn",
        "yaml",
    }
)
"""Everything dsops depends on, and what deepdiff takes along where it is installed."""

SLOW_STANDARD = frozenset(
    {"asyncio", "importlib.metadata", "multiprocessing", "sqlite3", "ssl", "tempfile", "unittest"}
)
ROOMS = frozenset(
    f"dsops.{room}"
    for room in (
        "emulator",
        "engine",
        "fleet",
        "http",
        "manifest",
        "model",
        "planner",
        "providers",
        "render",
        "state",
        "testing",
    )
)
WATCHED = THIRD_PARTIES | SLOW_STANDARD | ROOMS
PROGRAM = """
import json, sys
from dsops.cli import main
code = main()
sys.stderr.write("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def imported(*args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> set[str]:
    """Run dsops in a fresh interpreter to a good end; return the watched modules that are loaded then."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *args],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules) & WATCHED


@pytest.fixture
def stack(tmp_path: Path, root: Path) -> Path:
    folder = tmp_path / "stack"
    shutil.copytree(root / "examples" / "support-mail", folder, ignore=shutil.ignore_patterns(".dsops"))
    return folder


@pytest.fixture
def env(emulator: RunningEmulator) -> dict[str, str]:
    emulator.start_over()
    return {"DSOPS_VAR_endpoint": emulator.url, "DSOPS_EXAMPLE_TOKEN": TOKEN}


@pytest.fixture(scope="module")
def emulator() -> Iterator[RunningEmulator]:
    with start_emulator() as running:
        yield running


HELP = {"click"}
FACTS = HELP | {"dsops.model", "dsops.planner", "dsops.providers", "dsops.render", "orjson"}
OFFLINE = FACTS | {"dsops.manifest", "jsonschema_rs", "yaml"}
STATE = OFFLINE | {"dsops.state", "sqlite3"}
LIVE = STATE | {"dsops.engine", "dsops.http", "asyncio", "httpx", "sniffio", "ssl", "tempfile"}


def test_the_version_imports_nothing() -> None:
    assert imported("--version") == set()


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_imports_click_alone(command: str) -> None:
    assert imported(*filter(None, [command]), "--help") == HELP


@pytest.mark.parametrize("args", [("schema",), ("providers",)])
def test_facts_about_kinds_need_no_stack_and_only_they_look_for_what_is_installed(args: tuple[str, ...]) -> None:
    assert imported(*args) <= FACTS | {"importlib.metadata", "tempfile"}


def test_a_schema_that_dsops_comes_with_is_found_without_looking_for_others() -> None:
    assert imported("schema", "uipath/Stream") <= FACTS


@pytest.mark.parametrize("args", [("validate",), ("graph",)])
def test_what_is_offline_imports_nothing_that_connects(stack: Path, args: tuple[str, ...]) -> None:
    assert imported(*args, cwd=stack) <= OFFLINE


def test_the_state_is_read_without_the_engine(stack: Path) -> None:
    assert imported("state", "list", cwd=stack) <= STATE


def test_what_is_live_imports_nothing_for_differences_errors_or_terminals(stack: Path, env: dict[str, str]) -> None:
    # No deepdiff, which explains differences; no jsonschema, which words errors; no rich, which moves on a terminal.
    assert imported("apply", "--auto-approve", cwd=stack, env=env) <= LIVE
    assert imported("plan", "--detailed-exitcode", cwd=stack, env=env) <= LIVE
    assert imported("plan", "--format", "json", cwd=stack, env=env) <= LIVE
    assert imported("drift", cwd=stack, env=env) <= LIVE
