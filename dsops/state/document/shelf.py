"""Where a document lies, as its store supplies it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dsops.model import Holder


class Overtaken(Exception):
    """Somebody else wrote the document, or took the lock, since we looked."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document as it was read.

    Attributes:
        body: Its JSON.
        version: What to name when it is to be replaced.
    """

    body: bytes
    version: str


class Shelf(Protocol):
    """A place for one document, and for packs of rows beside it. Whatever fails raises StateError."""

    @property
    def where(self) -> str:
        """Its address, for people."""
        ...

    @property
    def keeps_packs(self) -> bool:
        """Whether rows may lie beside the document; if not they are in it."""
        ...

    def read(self) -> Sheet | None:
        """Return the document, or None where there is none."""
        ...

    def write(self, body: bytes, version: str | None) -> str:
        """Replace the document of a version, or make it where there was none (None); return the new version.

        Raises:
            Overtaken: It is not that version any more: nothing was written.
        """
        ...

    def claim(self, holder: Holder, over: Holder | None) -> Holder | None:
        """Lock the place, where it has locks, before the lease is taken; ``over`` is a holder who may be overtaken.

        Returns:
            Who holds the lock; None where it is ours, or where there are no locks.
        """
        ...

    def unclaim(self) -> None:
        """Give the lock back."""
        ...

    def free(self, holder: Holder) -> None:
        """Take the lock from somebody who has it. Raises Overtaken where somebody else has it by now."""
        ...

    def try_out(self) -> None:
        """Raise StateError if the place doesn't keep to what dsops relies on. Called before the first document."""
        ...

    def set_aside(self, folder: Path) -> str:
        """Move the document, whatever it is, out of the way, into ``folder`` if need be; return where it is."""
        ...

    def read_pack(self, name: str) -> bytes | None:
        """Return a pack, or None where there is none."""
        ...

    def write_pack(self, name: str, body: bytes) -> None:
        """Keep a pack under a name that was never used."""
        ...

    def packs(self) -> Iterable[str]:
        """Return the names of all packs."""
        ...

    def drop_packs(self, names: Iterable[str]) -> None:
        """Drop packs; those that are not there are no trouble."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
