"""What is wrong with rows: each with its place, so many of them, and then a count."""

from dataclasses import dataclass, field
from typing import Final

from dsops.manifest.words import error
from dsops.model import Diagnostic, Source

MOST: Final = 50
"""Problems that are listed for one resource."""


@dataclass(slots=True)
class Problems:
    """Collects problems.

    Attributes:
        diagnostics: The first of them.
        count: How many there are.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    count: int = 0
    _beyond: Source | None = None

    def report(self, source: Source, summary: str, *, detail: str = "", hint: str = "") -> None:
        """Note one."""
        self.count += 1
        if self.count <= MOST:
            self.diagnostics.append(error(summary, detail=detail, hint=hint, source=source))
        elif self.count == MOST + 1:
            self._beyond = source

    def row(self, source: Source, refused: ValueError) -> None:
        """Note a row that its codec refuses, in words that give one problem a line."""
        first, *others = str(refused).splitlines() or ["nothing is known of why"]
        self.report(source, f"This is no row: {first}", detail="; ".join(others))

    def listed(self) -> tuple[Diagnostic, ...]:
        """Return them, with the count of those that are left out."""
        rest = self.count - MOST
        if rest <= 0:
            return tuple(self.diagnostics)
        words = "problem" if rest == 1 else "problems"
        hint = "Repair those that are listed first."
        return *self.diagnostics, error(f"{rest:,} more {words} from here on", hint=hint, source=self._beyond)
