"""The wheel holds everything: installed into an empty environment, dsops works outside of the checkout."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("wheel")]

STACK = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: small}
spec:
  connections:
    mail: {provider: uipath, endpoint: "https://cloud.example.com/acme/prod/reinfer_", token: "${env:TOKEN}"}
---
apiVersion: uipath/v1
kind: Dataset
metadata: {name: collateral}
spec: {project: project1, title: Collateral}
---
apiVersion: uipath/v1
kind: Stream
metadata: {name: dispute}
spec: {dataset: collateral, title: Disputes}
"""


def run(*args: str | Path, cwd: Path) -> str:
    """Run a command away from the checkout and return what it says on stdout."""
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run([str(arg) for arg in args], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def version(installed: Path, folder: Path) -> str:
    return run(installed / "python", "-c", "import dsops; print(dsops.__version__)", cwd=folder).strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of what the repository holds."""
    source, out = tmp_path_factory.mktemp("source") / "dsops", tmp_path_factory.mktemp("dist")
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".git", ".venv", ".dsops", ".*_cache", ".hypothesis", "__pycache__", "dist"),
    )
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out, source, cwd=out)
    return next(out.glob("dsops-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with its emulator into an empty environment and return the folder of its commands."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    run(home / "bin" / "python", "-m", "pip", "install", "--quiet", f"{wheel}[emulator]", cwd=home)
    return home / "bin"


def test_ships_schemas_specs_and_examples_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("schemas", "specs", "examples"):
        ours = {
            f"dsops/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and ".dsops" not in path.parts
        }
        assert ours
        assert ours <= names
    assert "dsops/py.typed" in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"dsops"}
    assert not [name for name in names if ".dsops/" in name or name.endswith(".pyc")]


def test_works_outside_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert str(ROOT) not in run(installed / "python", "-c", "import dsops; print(dsops.__file__)", cwd=tmp_path)
    assert run(installed / "dsops", "--version", cwd=tmp_path).strip().endswith(version(installed, tmp_path))
    (tmp_path / "dsops.yaml").write_text(STACK)
    run(installed / "dsops", "validate", cwd=tmp_path)
    assert "$schema" in run(installed / "dsops", "schema", "uipath/Stream", cwd=tmp_path)


def test_the_demo_needs_nothing(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "dsops", "demo", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []
