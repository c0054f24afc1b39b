"""Options that every command takes, before its name or after."""

import functools
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dsops.cli.output import colourful, report

FORMATS = ("text", "json", "markdown", "github", "dot")
LEVELS = ("debug", "info", "warning", "error")

_Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Common:
    """What the options of every command say.

    Attributes:
        directory: The stack's folder (``-C``), absolute.
        env: Chosen environment, or None.
        variables: ``--var`` by name.
        format: How results are written.
        colour: Whether stdout is coloured.
        colour_stderr: Whether stderr is coloured.
        log_level: The least level of progress that is shown.
        log_format: ``text`` or ``json``.
    """

    directory: Path
    env: str | None
    variables: Mapping[str, str]
    format: str
    colour: bool
    colour_stderr: bool
    log_level: str
    log_format: str

    @property
    def folder(self) -> str:
        """The stack's folder as seen from where the command runs, for annotations; empty when it is that."""
        relative = os.path.relpath(self.directory)
        return "" if relative == "." else Path(relative).as_posix()


def shared(function: _Function) -> _Function:
    """Add the options to a group, where they are shown and not read."""
    for option in reversed(_options(FORMATS, hidden=False)):
        function = option(function)
    return function


def common_options(*formats: str) -> Callable[[_Function], _Function]:
    """Add the options to a command, and call it with a `Common` first.

    Args:
        formats: The formats that the command can write; the first is the default.
    """

    def decorate(function: _Function) -> _Function:
        @click.pass_context
        @functools.wraps(function)
        def command(context: click.Context, /, *args: Any, **kwargs: Any) -> Any:
            for name in _NAMES:
                kwargs.pop(name)
            common = _merged(context, formats)
            context.obj = common
            try:
                return function(common, *args, **kwargs)
            except Exception as error:  # noqa: BLE001 - naming the one wanted costs an import
                return _told(common, error)

        decorated: _Function = command
        for option in reversed(_options(formats, hidden=True)):
            decorated = option(decorated)
        return decorated

    return decorate


def _told(common: Common, error: Exception) -> int:
    """Report an expected failure in the chosen format and return its exit code; anything else goes on as it is."""
    from dsops.model import DsopsError

    if not isinstance(error, DsopsError):
        raise error
    report(common, error.diagnostics)
    return 1


def _merged(context: click.Context, formats: tuple[str, ...]) -> Common:
    """Read the options given anywhere on the line; the later one counts, and variables add up."""
    chain = []
    walker: click.Context | None = context
    while walker is not None:
        chain.append(walker.params)
        walker = walker.parent
    said: dict[str, Any] = {}
    variables: dict[str, str] = {}
    for params in reversed(chain):
        said |= {name: params[name] for name in _NAMES if params.get(name)}
        variables |= dict(params.get("variables") or ())
    chosen = said.get("format", formats[0])
    if chosen not in formats:
        known = ", ".join(formats)
        raise click.UsageError(f"'dsops {context.info_name}' can't be shown as {chosen}; it knows {known}", context)
    plain = bool(said.get("no_color"))
    return Common(
        directory=Path(said.get("directory", ".")).resolve(),
        env=said.get("env"),
        variables=variables,
        format=chosen,
        colour=not plain and chosen == "text" and colourful(sys.stdout),
        colour_stderr=not plain and colourful(sys.stderr),
        log_level=said.get("log_level", "info"),
        log_format=said.get("log_format", "text"),
    )


def _variables(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = []
    for each in given:
        name, equals, value = each.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{each!r} is not NAME=VALUE")
        pairs.append((name, value))
    return tuple(pairs)


def _options(formats: tuple[str, ...], *, hidden: bool) -> tuple[Callable[[_Function], _Function], ...]:
    """Return the options; a command's own help shows the formats it knows, and leaves the rest to `dsops --help`."""
    return (
        click.option("-C", "directory", metavar="DIR", hidden=hidden, help="Folder of the stack; here, if not given."),
        click.option(
            "--env", metavar="NAME", hidden=hidden, help="Environment: merges env/NAME.yaml, has its own state."
        ),
        click.option(
            "--var",
            "variables",
            metavar="K=V",
            multiple=True,
            callback=_variables,
            hidden=hidden,
            help="Sets a variable.",
        ),
        click.option(
            "--format",
            type=click.Choice(formats),
            hidden=hidden and len(formats) == 1,
            help="How the result is written.",
        ),
        click.option(
            "--no-color", is_flag=True, hidden=hidden, help="No colours; the variable NO_COLOR says the same."
        ),
        click.option(
            "--log-level", type=click.Choice(LEVELS), hidden=hidden, help="How much is told on stderr (info)."
        ),
        click.option(
            "--log-format",
            type=click.Choice(("text", "json")),
            hidden=hidden,
            help="Progress as text, or as JSON lines.",
        ),
    )


_NAMES = ("directory", "env", "variables", "format", "no_color", "log_level", "log_format")
