"""Where text goes: results to stdout, everything else to stderr, and nowhere at all once nobody reads."""

import os
import stat
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from dsops.cli.options import Common
    from dsops.model import Diagnostic


_LOST: list[str] = []


def prepare() -> None:
    """Let every character be printed: what the terminal's encoding lacks comes as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def out(text: str) -> None:
    """Write a result and a newline to stdout."""
    _write(sys.stdout, text + "\n")


def deliver(lines: bytes) -> bool:
    """Write lines of a result to stdout; says whether they have left: into the pipe, or onto the disk."""
    if sys.stdout is None:
        return False
    try:
        sys.stdout.flush()
        descriptor, rest = sys.stdout.fileno(), memoryview(lines)
        # Not through sys.stdout.buffer: with PYTHONUNBUFFERED it takes only a part when the reader goes, silently.
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fsync(descriptor)
    except OSError as error:
        _give_up(sys.stdout, error)
        return False
    return True


def say(text: str, *, end: str = "\n") -> None:
    """Write to stderr."""
    _write(sys.stderr, text + end)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody sits at a stream; one may be closed, and then is None."""
    return stream is not None and stream.isatty()


def colourful(stream: TextIO | None) -> bool:
    """Whether a stream shows colours, unless the person says otherwise."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


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


def lost() -> str:
    """Return why a result could not be written, or nothing where all of it was."""
    return _LOST[0] if _LOST else ""


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed by whoever started us
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError as error:
        _give_up(stream, error)


def _give_up(stream: TextIO, error: OSError) -> None:
    """Send what follows nowhere: who read has gone (`| head`), or the disk is full. No apply is cut short for that."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if not isinstance(error, BrokenPipeError):
        _LOST.append(error.strerror or str(error))
