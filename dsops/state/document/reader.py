"""Reading a document and its rows, for those who hold a lease and those who don't."""

from collections.abc import Iterable, Mapping

from dsops.model import EMPTY_STATE, RowMark, State, StateDamaged, StateError
from dsops.state.belonging import check_owner
from dsops.state.document.document import Document, Newer, Unreadable, decode
from dsops.state.document.layers import Layer, chosen, fold
from dsops.state.document.shelf import Sheet, Shelf
from dsops.state.entries import Whole
from dsops.state.marks import Marks


class Vanished(Exception):
    """A pack went while the document that names it was read: there is a newer document."""


class Reader:
    """Reads from a shelf what belongs to a stack."""

    def __init__(self, shelf: Shelf, *, stack: str, env: str | None) -> None:
        """Keep the shelf, and whose the document must be."""
        self.shelf = shelf
        self.stack = stack
        self.env = env

    def find(self) -> tuple[Document, Sheet] | None:
        """Return the document and its bytes; None where there is none.

        Raises:
            StateError: It can't be read, is damaged, of a newer format, or another stack's.
        """
        sheet = self.shelf.read()
        if sheet is None:
            return None
        document = self.decoded(sheet)
        if document.stack is not None:
            check_owner(self.shelf.where, (document.stack, document.env), (self.stack, self.env))
        return document, sheet

    def decoded(self, sheet: Sheet) -> Document:
        """Return the document in a sheet. Raises StateError."""
        try:
            return decode(sheet.body)
        except Newer as newer:
            raise unusable(
                self.shelf.where,
                f"A newer dsops wrote it: {newer}. Nothing was changed.",
                hint="Upgrade dsops.",
            ) from newer
        except Unreadable as problem:
            raise self.damaged(str(problem)) from problem

    def damaged(self, what: str) -> StateError:
        """Return the failure of a state whose content is not what dsops wrote."""
        return StateDamaged.of(
            f"The state {self.shelf.where} can't be used",
            detail=f"It is damaged: {what}. Nothing was changed.",
            hint="Restore a backup with: dsops state restore; without one rebuild the records with: dsops import",
        )

    def state(self, document: Document) -> State:
        """Return the state in a document. Raises StateError."""
        try:
            return document.state(self.damaged)
        except (KeyError, TypeError, ValueError) as problem:
            raise self.damaged(f"an address or intent can't be read ({problem!r})") from problem

    def whole(self, document: Document) -> Whole | None:
        """Return all that is held; None before the first write. Raises as `marks`."""
        state = self.state(document)
        if state is EMPTY_STATE:
            return None
        rows = {holder: self.marks(document, holder, None) for holder in sorted(document.rows)}
        return Whole(state, dict(document.runs), document.last_intent, tuple(document.history), rows)

    def marks(self, document: Document, holder: str, keys: Iterable[bytes] | None) -> Mapping[bytes, RowMark]:
        """Return what is held of one object's rows.

        Raises:
            Vanished: A newer document has taken the place of this one.
            ValueError: A key is no digest.
        """
        layers = document.rows.get(holder, ())
        pack = fold([self.pack(document, each) for each in layers], bottom=len(layers) > 1) if layers else b""
        return Marks(pack if keys is None else chosen(pack, keys), holder, self.damaged)

    def pack(self, document: Document, layer: Layer) -> bytes:
        """Return a pack. Raises Vanished, or StateError where it isn't what was written."""
        body = document.packs.get(layer.name)
        if body is None:
            body = self.shelf.read_pack(layer.name)
        if body is None:
            raise Vanished(layer.name)
        if len(body) != layer.size:
            raise self.damaged(f"of the rows in {layer.name} {len(body)} bytes of {layer.size} are there")
        return body


def unusable(where: str, detail: str, *, hint: str) -> StateError:
    """Return the failure of a state in a document."""
    return StateError.of(f"The state {where} can't be used", detail=detail, hint=hint)
