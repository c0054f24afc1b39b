"""Where text goes: results to stdout, everything else to stderr, and nowhere at all once nobody reads."""

import os
import re
import stat
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from dsops.cli.options import Common
    from dsops.model import Diagnostic


_LOST: list[str] = []

# The looks of `dsops.render.style`: of what begins with an escape nothing else is ours.
_LOOKS = re.compile(r"(\x1b\[(?:[012]|3[1-6])(?:;[12]|;3[1-6])*m)")
# A line on which a build server would act: GitHub's `::command::`, and `##[command]`, which Azure and TeamCity name.
_COMMAND = re.compile(r"^\s*::|##\w*\[")


def prepare() -> None:
    """Let every character be printed: what the terminal's encoding lacks comes as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def harmless(text: str, *, looks: bool = False, commands: bool = False) -> str:
    """Return lines with everything escaped that a terminal or a build server would obey.

    Renderers have escaped what providers and manifests name. This is for what anybody forgot: at the only door.

    Args:
        text: Lines.
        looks: Whether they may be coloured.
        commands: Whether they may speak to a build server: annotations.
    """
    if not _suspicious(text.replace("\n", ""), text, commands=commands):
        return text
    return "\n".join(
        _disarmed(line, looks=looks, commands=commands) if _suspicious(line, line, commands=commands) else line
        for line in text.split("\n")
    )


def _suspicious(seen: str, lines: str, *, commands: bool) -> bool:
    return not seen.isprintable() or (not commands and ("::" in lines or "##" in lines))


def _disarmed(line: str, *, looks: bool, commands: bool) -> str:
    pieces = _LOOKS.split(line) if looks else [line]  # every second one is a look
    plain = "".join(each if index % 2 else _visible(each) for index, each in enumerate(pieces))
    return plain if commands else _COMMAND.sub(lambda found: _hidden(found[0]), plain)


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    from dsops.render import printable

    return printable(text)


def _hidden(start: str) -> str:
    """Write the sign that begins a command as an escape."""
    sign = start.strip()[0]
    return start.replace(sign, f"\\x{ord(sign):02x}", 1)


def out(text: str, *, commands: bool = False) -> None:
    """Write a result and a newline to stdout; ``commands`` as in `harmless`."""
    _write(sys.stdout, harmless(text, looks=colourful(sys.stdout), commands=commands) + "\n")


def deliver(lines: bytes) -> bool:
    """Write lines of JSON to stdout; says whether they have left: into the pipe, or onto the disk.

    What a terminal would obey is written as JSON's escapes, which mean the same.
    """
    if sys.stdout is None:
        return False
    lines = _harmless_json(lines)
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


def _harmless_json(lines: bytes) -> bytes:
    text = lines.decode()
    if not _suspicious(text.replace("\n", ""), text, commands=False):
        return lines
    from dsops.render import visible_json

    return visible_json(text).encode()


def say(text: str, *, end: str = "\n", commands: bool = False) -> None:
    """Write to stderr; ``commands`` as in `harmless`."""
    _write(sys.stderr, harmless(text, looks=colourful(sys.stderr), commands=commands) + end)


def redraw(text: str) -> None:
    """Write one line to a terminal in the place of the line before."""
    _write(sys.stderr, f"\r{harmless(text)}\x1b[K")


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
    write = out if result else say
    match common.format:
        case "json":
            text = diagnostics_json(diagnostics, compact=not result)
        case "github":
            write(diagnostics_github(diagnostics, folder=common.folder), commands=True)
            return
        case _:
            text = diagnostics_text(diagnostics, colour=common.colour if result else common.colour_stderr)
    write(text)


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
