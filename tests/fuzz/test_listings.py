"""A listing with one item that is none: nothing is concluded from it, least of all that something is missing.

For every kind of every provider, with the real engine, an emulator, and a proxy between the two that spoils an item.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dsops.model import DsopsError
from dsops.testing import ProviderSuite
from dsops.testing.lifecycle import created
from dsops.testing.proxy import Wrong, proxied
from dsops.testing.reading import same
from dsops.testing.trial import CONNECTION, Trial
from tests.testing import test_geai, test_modelarts, test_uipath, test_vi

SUITES: dict[str, type[ProviderSuite]] = {
    "geai": test_geai.TestGeai,
    "modelarts": test_modelarts.TestModelArts,
    "uipath": test_uipath.TestUiPath,
    "vi": test_vi.TestVi,
}
SPOILT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "null": lambda _: None,
    "no names": lambda item: {name: value for name, value in item.items() if "name" not in name.lower()},
    "numbers for texts": lambda item: {name: 7 if isinstance(value, str) else value for name, value in item.items()},
}


def listed(content: bytes) -> tuple[Any, list[Any]]:
    """Return an answer and the list of objects that it is or holds; an empty list where it is none."""
    document = json.loads(content or b"null")
    lists = [document, *document.values()] if isinstance(document, dict) else [document]
    return document, next((each for each in lists if isinstance(each, list) and each and isinstance(each[0], dict)), [])


@pytest.mark.parametrize("name", SUITES)
def test_a_listing_with_a_spoilt_item_concludes_nothing(name: str, tmp_path: Path) -> None:
    suite = SUITES[name]
    (tmp_path / "server").mkdir()
    with suite.running(tmp_path / "server") as subject, proxied(subject.url) as proxy:
        for number, case in enumerate(suite.cases):
            subject.reset(subject.url)
            trial = Trial(tmp_path / f"stack-{number}", subject, proxy)
            created(trial, case)
            trial.forget_everything()
            # What isn't recorded is looked for in listings alone: it is there, and must not be made again.
            before = len(proxy.seen)
            assert all(each.action.value == "adopt" for each in trial.plan().changes)
            reads = {each.target: each.answer for each in proxy.seen[before:] if listed(each.answer)[1]}
            assert reads, case.kind
            writes = len(proxy.writes)
            for target, answer in reads.items():
                for what, spoil in SPOILT.items():
                    document, items = listed(answer)
                    whole = items[-1]
                    items[-1] = spoil(whole)
                    if items[-1] == whole:
                        continue
                    proxy.fail(Wrong(200, json.dumps(document).encode()), same(target), times=None)
                    with pytest.raises(DsopsError) as refused:
                        pytest.fail(f"{case.kind}, {target}, {what}: {trial.apply()}")
                    told = [f"{each.summary} {each.detail}" for each in refused.value.diagnostics]
                    assert any(f"{CONNECTION}: GET" in each for each in told), told
                    proxy.heal()
            assert len(proxy.writes) == writes
