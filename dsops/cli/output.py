"""Where text goes: results to stdout, everything else to stderr, and nowhere at all once nobody reads."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from dsops.cli.options import Common
    from dsops.model import Diagnostic


def prepare() -> None:
    """Let every character be printed: what the terminal's encoding lacks comes as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def out(text: str) -> None:
    """Write a result and a newline to stdout."""
    _write(sys.stdout, text + "\n")


def say(text: str, *, end: str = "\n") -> None:
    """Write to stderr."""
    _write(sys.stderr, text + end)


def colourful(stream: TextIO) -> bool:
    """Whether a stream shows colours, unless the person says otherwise."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def report(common: "Common", diagnostics: Sequence["Diagnostic"], *, result: bool = False) -> None:
    """Write diagnostics in the chosen format: to stderr, or to stdout where they are what was asked for."""
    from dsops.render import diagnostics_github, diagnostics_json, diagnostics_text

    if not diagnostics:
        return
    match common.format:
        case "json":
            text = diagnostics_json(diagnostics, compact=not result)
        case "github":
            text = diagnostics_github(diagnostics, folder=common.folder)
        case _:
            text = diagnostics_text(diagnostics, colour=common.colour if result else common.colour_stderr)
    (out if result else say)(text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # Whoever read has gone (`| head`). The command goes on: an apply is not cut short because nobody watches.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
