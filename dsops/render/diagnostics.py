"""Diagnostics for people, programs and GitHub."""

from collections.abc import Sequence

from dsops.model import Diagnostic, Severity, in_order
from dsops.planner.document import diagnostic_document
from dsops.render.document import json_text
from dsops.render.style import Style, printable

_LOOKS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def diagnostics_text(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """Write each diagnostic as a block (what, where, why, what to do): sorted, each once, blank lines between."""
    style = Style(colour)
    return "\n\n".join(_block(each, style) for each in in_order(diagnostics))


def diagnostics_json(diagnostics: Sequence[Diagnostic], *, compact: bool = False) -> str:
    """Write ``{"diagnostics": [...]}``, sorted, each once."""
    return json_text({"diagnostics": [diagnostic_document(each) for each in in_order(diagnostics)]}, compact=compact)


def diagnostics_github(diagnostics: Sequence[Diagnostic], *, folder: str = "") -> str:
    """Write GitHub workflow commands, one a line, that annotate the files of a pull request.

    Args:
        diagnostics: What to say.
        folder: The stack's folder below the top of the repository, with forward slashes; empty when it is the top.
    """
    return "\n".join(_annotation(each, folder) for each in in_order(diagnostics))


def annotation(severity: Severity, title: str, message: str, *, file: str = "", line: int = 0, column: int = 0) -> str:
    """Return one GitHub workflow command."""
    place = {"file": file, "line": str(line or ""), "col": str(column or ""), "title": title}
    properties = ",".join(f"{key}={_property(value)}" for key, value in place.items() if value)
    return f"::{_COMMANDS[severity]} {properties}::{_data(message)}"


def _block(diagnostic: Diagnostic, style: Style) -> str:
    look = _LOOKS[diagnostic.severity]
    lines = [f"{style(_WORDS[diagnostic.severity] + ':', look, 'bold')} {style(printable(diagnostic.summary), 'bold')}"]
    where = [printable(str(each)) for each in (diagnostic.source, diagnostic.address) if each]
    if where:
        lines.append(f"  {style('-->', look)} {'  '.join(where)}")
    lines += [f"  {printable(line)}" for line in diagnostic.detail.splitlines()]
    for index, line in enumerate(diagnostic.hint.splitlines()):
        lines.append(f"  {style('hint:', 'cyan') if index == 0 else '     '} {printable(line)}")
    return "\n".join(lines)


def _annotation(diagnostic: Diagnostic, folder: str) -> str:
    source = diagnostic.source
    address = f"{diagnostic.address}\n" if diagnostic.address else ""
    message = "\n".join(each for each in (address + diagnostic.summary, diagnostic.detail, diagnostic.hint) if each)
    if source is None:
        return annotation(diagnostic.severity, "dsops", message)
    file = f"{folder}/{source.file}" if folder else source.file
    return annotation(diagnostic.severity, "dsops", message, file=file, line=source.line, column=source.column)


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
