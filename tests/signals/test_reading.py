"""Commands that only read, or have not begun to write: a signal ends them at once, and nothing is left locked."""

import signal

import pytest

from tests.signals.conftest import Stack

COMMANDS = {
    "plan": ("plan",),
    "drift": ("drift",),
    "import": ("import", "--connection", "mail", "--all", "--into", "got"),
    "apply": ("apply", "--auto-approve"),
    "destroy": ("destroy", "--auto-approve"),
    "listing": ("dataset", "list"),
}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("plan", number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)),
        *((name, signal.SIGTERM) for name in ("import", "drift", "apply", "destroy", "listing")),
    ],
)
def test_a_signal_ends_it_at_once(stack: Stack, name: str, number: int) -> None:
    if name in ("drift", "destroy"):
        stack.run("apply", "--auto-approve").ok()
    stack.emulator.request("DELETE", "/_emulator/requests")
    stack.hold("GET", "/datasets", times=None)
    running = stack.start(*COMMANDS[name])
    stack.emulator.wait_until_held()
    running.send(number)
    done = running.ended().ok(128 + number)
    assert done.out == ""
    assert done.err.endswith("interrupted\n" if number == signal.SIGINT else "terminated\n")
    stack.emulator.release()
    assert all(each["method"] == "GET" for each in stack.emulator.requests())
    assert not (stack.folder / "got").exists()
    stack.check_free()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_who_waits_for_the_lease_goes_and_the_holder_stays(stack: Stack, number: int) -> None:
    stack.hold("PUT", "/datasets", times=None)
    holder = stack.start("apply", "--auto-approve", "--parallelism", "2")
    stack.emulator.wait_until_held(2)
    waiter = stack.start("apply", "--auto-approve", "--lock-timeout", "5m")
    waiter.heard("waiting for the lease")
    waiter.send(number)
    waiter.ended().ok(128 + number)
    stack.emulator.release()
    holder.ended().ok()
    stack.check_free()


def test_a_hangup_that_is_to_be_ignored_is(stack: Stack) -> None:
    """As `nohup dsops apply` wants it."""
    stack.hold("GET", "/datasets", times=None)
    running = stack.start("apply", "--auto-approve", before=("nohup",))
    stack.emulator.wait_until_held()
    running.send(signal.SIGHUP)
    stack.emulator.release()
    running.ended().ok()
    assert len(stack.emulator.datasets()) == 2
