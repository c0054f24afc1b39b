"""YAML files that say of nothing what it is: rows, where some ``rows.from`` names them, else mistakes.

Which files hold rows is known only once everything else is read: a manifest may name them, or an overlay, also one of
an environment that wasn't chosen this time, or a manifest's own words that the overlay replaces. So the names are
collected as they are written, and a reference in one may stand for anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsops.manifest import discovery
from dsops.manifest.discovery import File
from dsops.manifest.events import Document, Parsed, parse
from dsops.manifest.expressions import Variable, scan
from dsops.manifest.rows.files import Refused, matching
from dsops.manifest.source import read
from dsops.manifest.variables import Variables
from dsops.model import Diagnostic


@dataclass(frozen=True, slots=True)
class Held:
    """A file that says of nothing what it is.

    Attributes:
        file: Which.
        parsed: What is in it, and what is wrong with that.
    """

    file: File
    parsed: Parsed


@dataclass(slots=True)
class RowNames:
    """What the ``rows.from`` of all documents name, as written."""

    patterns: list[str] = field(default_factory=list)

    def look(self, documents: Iterable[Document]) -> None:
        """Collect what some documents name."""
        for document in documents:
            self.patterns.extend(_named(document.value))

    def files(self, root: Path, variables: Variables) -> set[Path]:
        """Return the files that are meant, for as much as can be said of them."""
        found: set[Path] = set()
        for written in dict.fromkeys(self.patterns):
            for pattern in _meanings(written, variables):
                try:
                    found.update((root / name).resolve() for name in matching(root, pattern))
                except (Refused, OSError, RuntimeError):
                    continue  # said where the manifest is read
        return found


def says_nothing(documents: Iterable[Document]) -> bool:
    """Whether no document of a file says what it is."""
    return not any(
        type(each.value) is dict and ("apiVersion" in each.value or "kind" in each.value) for each in documents
    )


def remaining(held: list[Held], names: RowNames, root: Path, variables: Variables) -> list[Held]:
    """Return those that no ``rows.from`` names, not even one of an overlay that wasn't chosen."""
    held = _without(held, names.files(root, variables)) if held else held
    if held:
        # Read only where a file would be a mistake otherwise.
        others = RowNames()
        for file in discovery.all_overlays(root):
            raw = read(file.path, file.name)
            if not isinstance(raw, Diagnostic):
                others.look(parse(raw, file.name).documents)
        held = _without(held, others.files(root, variables))
    return held


def _without(held: list[Held], rows: set[Path]) -> list[Held]:
    return [each for each in held if each.file.path.resolve() not in rows]


def _named(value: Any) -> Iterator[str]:
    for name in ("spec", "rows", "from"):
        value = value.get(name) if type(value) is dict else None
    yield from (each for each in (value if type(value) is list else [value]) if type(each) is str)


def _meanings(written: str, variables: Variables) -> Iterator[str]:
    """Yield what a path or pattern may mean: with the variables of this run, and with anything in their place."""
    if "${" not in written:
        yield written
        return
    try:
        parts = scan(written)
    except ValueError:
        return  # said where the manifest is read
    values = [variables.values.get(part.name) if isinstance(part, Variable) else None for part in parts]
    if len(parts) == 1 and values[0] is not None:
        value = values[0].value
        yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))
        return
    if len(parts) > 1:
        yield "".join(part if isinstance(part, str) else "*" for part in parts)
    known = [part if isinstance(part, str) else value.text if value else None
             for part, value in zip(parts, values, strict=True)]  # fmt: skip
    if None not in known:
        yield "".join(map(str, known))
