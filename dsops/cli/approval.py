"""Asking a person."""

import gc
import os
import select
import signal
import sys
from collections.abc import Callable

from dsops.cli.options import Common
from dsops.cli.output import is_terminal, out, report, say
from dsops.cli.plans import sound
from dsops.model import DsopsError, Plan, error
from dsops.render import calls_phrase, plan_text, printable


def can_ask() -> bool:
    """Whether somebody sits before a terminal."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def require_approval(*, auto_approve: bool, hint: str) -> None:
    """Check early that approval can be had.

    Raises:
        DsopsError: There is nobody to ask.
    """
    if not auto_approve and not can_ask():
        raise DsopsError.of("there is no terminal to ask for approval", hint=hint)


def approver(common: Common, *, auto_approve: bool, full: bool, deed: str = "Apply") -> Callable[[Plan], bool]:
    """Return what shows a plan and says whether it is to be done; a plan that isn't sound raises."""

    def approve(plan: Plan) -> bool:
        # What planning made lives as long as the process; what applying makes need not.
        gc.freeze()
        gc.enable()
        if common.format == "text":
            out(plan_text(plan, colour=common.colour, full=full))
        elif not auto_approve:
            say(plan_text(plan, colour=common.colour_stderr, full=full))
        if not sound(plan):
            raise DsopsError(*(plan.diagnostics or (error("not everything could be read"),)))
        report(common, plan.diagnostics)
        if auto_approve or not plan.changes:
            return True
        return ask(f"{deed} this: {calls_phrase(plan)}?")

    return approve


def ask(question: str) -> bool:
    """Ask on stderr; only ``yes`` is yes. Ctrl-C is heard at once, even inside an event loop."""
    # First the handler: whoever has read the question may press Ctrl-C at once, and the loop's own only takes note.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        say(f"\n{printable(question)} Only yes is taken for yes: ", end="")
        answer = _line()
    finally:
        signal.signal(signal.SIGINT, before)
    if not answer.endswith("\n"):
        say("")
    return answer.strip() == "yes"


def _line() -> str:
    """Read a line from stdin, waiting so that no signal is missed.

    A signal that comes after Python last looked for one and before ``read`` blocks would be heard at the next key
    only; one that wakes ``select`` through a pipe is heard whenever it comes.
    """
    heard, wake = os.pipe()
    os.set_blocking(wake, False)
    before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    try:
        while sys.stdin not in select.select([sys.stdin, heard], [], [])[0]:
            os.read(heard, 64)
        return sys.stdin.readline()
    finally:
        signal.set_wakeup_fd(before)
        os.close(heard)
        os.close(wake)
