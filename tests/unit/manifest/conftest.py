"""A stack made of text, loaded."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from dsops.manifest import Loaded, load
from dsops.model.assets import asset

SCHEMAS = {
    "uipath/Dataset": asset("schemas", "uipath", "Dataset.json"),
    "uipath/Stream": asset("schemas", "uipath", "Stream.json"),
}

STACK = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: mail}
spec:
  connections:
    cm: {provider: uipath, endpoint: "https://cloud.example.com/acme", token: "${env:TOKEN}"}
"""

Load = Callable[..., Loaded]
Write = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files into a stack folder that has a stack file already."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in {"dsops.yaml": STACK, **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def stack(write: Write) -> Load:
    """Load a stack made of files."""

    def stack(
        files: Mapping[str, str],
        *,
        env: str | None = None,
        variables: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Loaded:
        return load(write(files), env=env, variables=variables or {}, environ=environ or {}, schemas=SCHEMAS)

    return stack


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test with libyaml and without."""
    if request.param == "pure":
        monkeypatch.setattr(yaml, "__with_libyaml__", False)
    elif not yaml.__with_libyaml__:
        pytest.skip("PyYAML was built without libyaml")
    return str(request.param)


@pytest.fixture
def said() -> Callable[[Loaded], list[str]]:
    """Return what a loading says, a line each: place, summary, hint."""

    def said(loaded: Loaded) -> list[str]:
        return [f"{each.source or '-'} {each.summary}" for each in loaded.diagnostics]

    return said
