"""A document on its way to becoming a resource."""

from dataclasses import dataclass, field
from typing import Any

from dsops.manifest.events import Document
from dsops.manifest.overlay import Overlaid, Spots, merged, nearest
from dsops.manifest.places import Path
from dsops.manifest.words import error
from dsops.model import Address, Diagnostic, Source


@dataclass(slots=True)
class Draft:
    """A document that says what it is, overlays merged in as they come.

    Attributes:
        type: ``Stack`` or ``uipath/Dataset``.
        address: Its address; None for the stack, and for a resource without a usable name.
        value: The whole document.
        places: Where its parts stand.
        source: Where it begins.
        templated: Whether its text may hold references.
        readable: Whether its YAML is; otherwise its name is known and nothing else is looked at.
        resolved: Whether its references are, and ``value`` is what they stand for.
        problems: What is wrong with it.
    """

    type: str
    address: Address | None
    value: dict[str, Any]
    places: Spots
    source: Source
    templated: bool
    readable: bool = True
    resolved: bool = False
    problems: list[Diagnostic] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is known to be wrong with it."""
        return self.readable and not self.problems

    def lay(self, document: Document, *, templated: bool) -> None:
        """Merge an overlay's document into this one."""
        self.value = merged(self.value, document.value)
        self.places = Overlaid(self.places, document.places)
        self.templated = self.templated or templated
        self.readable = self.readable and document.sound

    def report(self, path: Path, summary: str, *, detail: str = "", hint: str = "", at_key: bool = False) -> None:
        """Note an error at a field's value, or at its key."""
        found = nearest(self.places, path)
        where = found[0 if at_key else 1] if found else self.source
        self.problems.append(error(summary, detail=detail, hint=hint, source=where, address=self.address))
