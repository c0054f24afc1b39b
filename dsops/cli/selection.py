"""Options of the commands that read live objects."""

import math
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dsops.engine import Options

_Function = Callable[..., Any]
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """``90``, ``90s``, ``5m``, ``1h``; in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value))
        if found is None:
            self.fail(f"{value!r} is not a duration like 90s or 5m", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


def full_option(function: _Function) -> _Function:
    """Add the option of the commands that show a plan or drift."""
    return click.option("--full", is_flag=True, help="Show all rows and calls, and what the calls send.")(function)


def timeout_option(function: _Function) -> _Function:
    """Add the option that bounds a whole run."""
    help_ = "End after so long (30m): nothing new begins, and what is in flight is finished."
    return click.option("--timeout", type=Duration(), metavar="TIME", help=help_)(function)


def reading_options(function: _Function) -> _Function:
    """Add the options that say which resources a command is about and how it reads."""
    for option in (
        full_option,
        timeout_option,
        click.option(
            "--parallelism", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most requests at once."
        ),
        click.option(
            "--exclude", "excludes", metavar="PATTERN", multiple=True, help="Not these, nor what depends on them."
        ),
        click.option(
            "--target",
            "targets",
            metavar="PATTERN",
            multiple=True,
            help="Only these (a glob), and what they depend on.",
        ),
    ):
        function = option(function)
    return function


def planning_options(function: _Function) -> _Function:
    """Add the options of the commands that make a plan."""
    for option in (
        click.option(
            "--on-exists",
            type=click.Choice(("adopt", "fail")),
            default="adopt",
            show_default=True,
            help="What to do about a declared object that exists and isn't recorded.",
        ),
    ):
        function = option(function)
    return reading_options(function)


def lock_option(function: _Function) -> _Function:
    """Add the option of the commands that take the lease."""
    option = click.option(
        "--lock-timeout", type=Duration(), default=0.0, metavar="TIME", help="Wait so long for another run to end (5m)."
    )
    return option(function)


def applying_options(function: _Function) -> _Function:
    """Add the options of the commands that write."""
    for option in (
        click.option("--confirm", metavar="PLAN_ID", help="Pass the guards of this very plan."),
        click.option(
            "--on-error",
            type=click.Choice(("continue", "stop")),
            default="continue",
            show_default=True,
            help="Whether to begin anything more once something failed.",
        ),
        click.option("--auto-approve", is_flag=True, help="Don't ask."),
    ):
        function = option(function)
    return lock_option(function)


def options(command: str, given: dict[str, Any], *, destroy: bool = False, full: bool = False) -> "Options":
    """Return the engine's options of what was given."""
    from dsops.engine import Options

    timeout = given.get("timeout")
    return Options(
        command=f"dsops {command}",
        destroy=destroy,
        targets=tuple(given.get("targets", ())),
        excludes=tuple(given.get("excludes", ())),
        parallelism=given.get("parallelism", 10),
        adopt_existing=given.get("on_exists", "adopt") == "adopt",
        confirm=given.get("confirm"),
        stop_on_error=given.get("on_error") == "stop",
        lock_timeout=given.get("lock_timeout", 0.0),
        deadline=math.inf if timeout is None else time.monotonic() + timeout,
        full=full,
        asks=not given.get("auto_approve"),
    )
