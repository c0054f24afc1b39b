"""Random schedules of troubles for each provider.

``DSOPS_EXAMPLES=1000`` runs that many with a fresh seed, and a failure tells all that was done, the requests too, and
ends with a blob; ``DSOPS_BLOB`` set to that repeats it. Without either the same few run every time.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, reproduce_failure, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.account import Account, Caller
from tests.machine.geai import Geai
from tests.machine.machine import Machine
from tests.machine.modelarts import Modelarts
from tests.machine.uipath import Uipath
from tests.machine.vi import Vi
from tests.machine.worker import Worker
from tests.support import TOKEN, RunningEmulator
from tests.support.vi import headers as vi_headers

_ASKED = os.environ.get("DSOPS_EXAMPLES", "")
_BLOB = os.environ.get("DSOPS_BLOB", "")
_SETTINGS = settings(
    max_examples=int(_ASKED or 4),
    stateful_step_count=12,
    derandomize=not _ASKED,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


def _run(account: Account, worker: Worker, folder: Path) -> None:
    members = {"account": account, "worker": worker, "base": folder}
    # With one request in flight at a time the same examples take the same way each time.
    machine = type("Machine", (Machine,), {**members, "concurrencies": (1, 1, 4) if _ASKED else (1,)})
    if _BLOB:
        machine = reproduce_failure(hypothesis.__version__, _BLOB.encode())(machine)
    run_state_machine_as_test(machine, settings=_SETTINGS)


_HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.slow
@pytest.mark.timeout(0 if _ASKED else 600)
@pytest.mark.parametrize(
    ("account", "headers"),
    [(Uipath, _HEADERS), (Geai, _HEADERS), (Modelarts, {"X-Auth-Token": TOKEN}), (Vi, vi_headers())],
    ids=("uipath", "geai", "modelarts", "vi"),
)
def test_it_converges_and_touches_nothing_else(
    account: Callable[[Caller], Account],
    headers: Mapping[str, str],
    emulator: RunningEmulator,
    worker: Worker,
    tmp_path: Path,
) -> None:
    with closing(Caller(emulator.url, headers)) as call:
        _run(account(call), worker, tmp_path)
