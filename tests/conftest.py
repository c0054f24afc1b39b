"""What every test may ask for. A fixture that only one folder needs lives in that folder."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# No deadline: a timed test fails on a slow machine for nobody's fault (each test has its limit of 120 s anyway).
settings.register_profile("dsops", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("dsops"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dsops"))


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the top folder of the repository."""
    return ROOT


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the person's shell says about dsops, colours and proxies away from the tests."""
    for name in list(os.environ):
        if name.startswith("DSOPS_") or name.lower() in {
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "no_color",
            "force_color",
        }:
            monkeypatch.delenv(name)
