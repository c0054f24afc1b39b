"""Interrupts: the first drains, the second abandons; what is in flight is in the journal either way."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Interrupt:
    """Which signal came, if one did."""

    signal: int | None = None


@contextmanager
def draining(stop: Callable[[str], None]) -> Iterator[Interrupt]:
    """Let the first SIGINT, SIGTERM or SIGHUP call ``stop`` with the reason; the second cancels the task.

    A SIGHUP that was to be ignored (`nohup`) is.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    interrupt = Interrupt()

    def caught(number: int) -> None:
        if interrupt.signal is None:
            interrupt.signal = number
            stop("interrupted")
        elif task is not None:
            task.cancel()

    before = {each: signal.getsignal(each) for each in _CAUGHT}
    if before[signal.SIGHUP] is signal.SIG_IGN:
        del before[signal.SIGHUP]
    for each in before:
        loop.add_signal_handler(each, caught, each)
    try:
        yield interrupt
    finally:
        for each, handler in before.items():
            loop.remove_signal_handler(each)  # which leaves the system's default behind
            signal.signal(each, handler)
