"""The frame of every command: help, usage errors, options before and after, what is imported."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dsops import __version__
from dsops.cli.commands.state import COMMANDS as STATE_COMMANDS
from dsops.cli.run import COMMANDS
from tests.cli.conftest import Stack
from tests.support import run_dsops

HEAVY = (
    "httpx",
    "jsonschema",
    "jsonschema_rs",
    "deepdiff",
    "asyncio",
    "yaml",
    "importlib.metadata",
    "rich",
    "orjson",
    "starlette",
    "dsops.model",
    "dsops.engine",
    "dsops.render",
)


def modules_after(*args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> set[str]:
    """Run dsops in a fresh interpreter and return the names of all modules that are loaded at its end."""
    program = (
        "import json, sys\n"
        f"sys.argv = ['dsops', *{list(args)!r}]\n"
        "from dsops.cli import main\n"
        "main()\n"
        "sys.stderr.write(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stderr))


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("plan", "--help"), ("state", "--help")])
def test_help_and_version_import_nothing_heavy(args: tuple[str, ...]) -> None:
    assert modules_after(*args) & set(HEAVY) == set()


def test_version_does_not_even_import_click() -> None:
    assert "click" not in modules_after("--version")


def test_a_plan_of_nothing_imports_no_display_and_no_explanation(stack: Stack) -> None:
    stack.applied()
    loaded = modules_after("plan", cwd=stack.folder, env=stack.env)
    assert loaded & {"rich.live", "deepdiff", "jsonschema", "starlette", "uvicorn", "importlib.metadata"} == set()
    assert {"dsops.engine", "httpx"} <= loaded


def test_version_is_told_wherever_it_is_asked() -> None:
    assert run_dsops("--version").ok().out == f"dsops {__version__}\n"
    assert run_dsops("-C", ".", "--version").ok().out == f"dsops {__version__}\n"


def test_help_names_every_command_with_its_summary() -> None:
    told = run_dsops("--help").ok().out
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name} " in told
        assert summary in told


@pytest.mark.parametrize("name", [(name,) for name in COMMANDS] + [("state", name) for name in STATE_COMMANDS])
def test_every_command_has_help_with_an_example(name: tuple[str, ...]) -> None:
    told = run_dsops(*name, "--help").ok()
    assert f"dsops {' '.join(name)}" in told.out.split("Example:")[1]
    assert told.out.endswith("dsops --help\n") or name == ("state",)
    assert told.err == ""


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("nonsense",), "there is no command 'nonsense'"),
        (("pln",), "Did you mean 'plan'?"),
        (("state", "lst"), "Did you mean 'list'?"),
        (("plan", "--nonsense"), "--nonsense"),
        (("plan", "--parallelism", "0"), "--parallelism"),
        (("plan", "--format", "yaml"), "yaml"),
        (("--format", "dot", "plan"), "can't be shown as dot"),
        (("plan", "--var", "novalue"), "'novalue' is not NAME=VALUE"),
        (("apply", "--lock-timeout", "soon"), "'soon' is not a duration"),
        (("apply", "it.plan", "--target", "x"), "as it is"),
        (("--env", "prod", "apply", "it.plan"), "as it is"),
        (("show",), "PLANFILE"),
        (("state", "rm"), "ADDRESS"),
        (("schema", "uipath/Dateset"), "Did you mean uipath/Dataset?"),
    ],
)
def test_a_wrong_usage_exits_1_and_says_why(args: tuple[str, ...], told: str) -> None:
    done = run_dsops(*args).ok(1)
    assert done.out == ""
    assert told in done.err
    assert done.err.startswith("error: ")


def test_no_command_at_all_shows_the_help_on_stderr() -> None:
    done = run_dsops().ok(1)
    assert done.out == ""
    assert "Usage: dsops" in done.err


def test_an_option_counts_before_and_after_the_command() -> None:
    document = run_dsops("providers", "--format", "json").ok().json
    assert run_dsops("--format", "json", "providers").ok().json == document
    assert run_dsops("--format", "text", "providers", "--format", "json").ok().json == document
    assert {"geai/Dataset", "uipath/Dataset", "uipath/Stream"} <= set(document)
    assert document["geai/Dataset"]["rows"]["fields"][:2] == ["input", "expectedAnswer"]


def test_results_survive_a_reader_that_goes_away() -> None:
    program = f"{sys.executable} -m dsops schema | head -c 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {program}"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.out if hasattr(done, "out") else done.stdout, done.stderr) == (0, "{", "")


def test_a_terminal_without_utf8_gets_escapes(tmp_path: Path) -> None:
    folder = tmp_path / "stück"
    folder.mkdir()
    done = run_dsops("init", cwd=folder, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}).ok()
    assert "st\\xfcck/dsops.yaml" in done.out


def test_schema_prints_what_is_shipped(root: Path) -> None:
    every = run_dsops("schema").ok().json
    assert every["Stack"] == json.loads((root / "schemas" / "Stack.json").read_text())
    assert run_dsops("schema", "uipath/Stream").ok().json == every["uipath/Stream"]


def test_providers_tell_what_cannot_be_changed() -> None:
    told = run_dsops("providers").ok().out
    assert "create-only:    modelFamily, hasSentiment" in told
    assert "parent:         uipath/Dataset, named by dataset" in told


def test_emulator_on_a_taken_port_is_an_error(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_dsops("emulator", "--port", str(taken.getsockname()[1])).ok(1)
    assert "cannot listen" in done.err
