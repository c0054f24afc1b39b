"""What dsops tells a person about something wrong or worth knowing."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dsops.model.address import Address


class Severity(StrEnum):
    """How bad it is. An ``error`` stops the command, a ``warning`` and an ``info`` do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a manifest.

    Attributes:
        file: Path relative to the stack folder, with forward slashes.
        line: Counted from 1.
        column: Counted from 1, in characters.
    """

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem or note.

    Attributes:
        severity: Error, warning or info.
        summary: What is wrong, one line, without the place.
        detail: Why; empty when the summary says it all.
        hint: What to do, with "did you mean" where a name is near; may be empty.
        source: Where in the manifests, if it is there.
        address: Which resource it concerns, if one.
    """

    severity: Severity
    summary: str
    detail: str = ""
    hint: str = ""
    source: Source | None = None
    address: Address | None = None

    @property
    def is_error(self) -> bool:
        """Whether the command may not go on."""
        return self.severity is Severity.ERROR

    @property
    def sort_key(self) -> tuple[object, ...]:
        """By place, then address, then text: the order in which diagnostics are shown."""
        where = (self.source.file, self.source.line, self.source.column) if self.source else ("", 0, 0)
        return (*where, str(self.address or ""), self.severity, self.summary, self.detail)


def error(
    summary: str, *, detail: str = "", hint: str = "", source: Source | None = None, address: Address | None = None
) -> Diagnostic:
    """Return a diagnostic that stops the command."""
    return Diagnostic(Severity.ERROR, summary, detail, hint, source, address)


def warning(
    summary: str, *, detail: str = "", hint: str = "", source: Source | None = None, address: Address | None = None
) -> Diagnostic:
    """Return a diagnostic that is shown and does not stop the command."""
    return Diagnostic(Severity.WARNING, summary, detail, hint, source, address)


def note(
    summary: str, *, detail: str = "", hint: str = "", source: Source | None = None, address: Address | None = None
) -> Diagnostic:
    """Return a diagnostic that only informs."""
    return Diagnostic(Severity.INFO, summary, detail, hint, source, address)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort diagnostics for showing, each once."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda each: each.sort_key))
