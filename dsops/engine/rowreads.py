"""Live rows for whoever looks at them: counted, searched, written out. None is kept."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dsops.manifest.rows import write_rows
from dsops.model import DsopsError, RowCodec, canonical

_NAMED = 5


class RowCount:
    """Counts rows (``RowSink``).

    Attributes:
        count: How many came; None while nothing was asked that has rows.
    """

    def __init__(self) -> None:
        """Start with nothing asked."""
        self.count: int | None = None

    def begin(self) -> None:
        """Count from the beginning."""
        self.count = 0

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Count rows."""
        self.count = (self.count or 0) + len(documents)


class RowSearch:
    """Looks for the rows that have an id, or a key as a person reads it (``RowSink``)."""

    def __init__(self, text: str, codec: RowCodec, key: Sequence[str]) -> None:
        """Prepare.

        Args:
            text: The id, or the values of the key fields, ``" | "`` between them.
            codec: Reads the rows.
            key: Names of the fields that identify a row.
        """
        self._text = text
        self._codec = codec
        self._positions = [codec.fields.index(each) for each in key]
        self._key = " and ".join(key)
        self.begin()

    def begin(self) -> None:
        """Forget what was found."""
        self._count = 0
        self._found: list[str] = []

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Look at rows."""
        for document in documents:
            row_id, values = self._codec.live(document)
            if row_id == self._text or key_text([values[each] for each in self._positions]) == self._text:
                self._found.append(row_id)
        self._count += len(documents)

    def only(self, where: str) -> str:
        """Return the id of the row that was found.

        Args:
            where: The dataset, for the error.

        Raises:
            DsopsError: None was, or several.
        """
        if not self._found:
            summary = f"{where} has no row {self._text!r}"
            raise DsopsError.of(
                summary, detail=f"none of its {self._count:,} rows has this {self._key}, or this id, exactly"
            )
        if len(self._found) > 1:
            more = f", and {len(self._found) - _NAMED:,} more" if len(self._found) > _NAMED else ""
            raise DsopsError.of(
                f"{where} has {len(self._found):,} rows {self._text!r}",
                hint=f"give the id of one: {', '.join(self._found[:_NAMED])}{more}",
            )
        return self._found[0]


class RowLines:
    """Writes rows as lines of JSON, as they come (``RowSink``)."""

    def __init__(
        self,
        form: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        begin: Callable[[], None],
        write: Callable[[bytes, int], None],
    ) -> None:
        """Prepare.

        Args:
            form: Turns a row of an answer into what is written.
            begin: Forgets what was written.
            write: Takes lines and their number.
        """
        self._form = form
        self.begin = begin
        self._write = write

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Write rows."""
        self._write(b"".join(write_rows(map(self._form, documents))), len(documents))


def key_text(values: Sequence[Any]) -> str:
    """Return a row's key as a person reads and writes it."""
    return " | ".join(value if isinstance(value, str) else canonical(value).decode() for value in values)
