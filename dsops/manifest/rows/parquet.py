"""Parquet: columns as the fields, nested parts as lists of structs. Needs the extra ``parquet``."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from dsops.manifest.rows.base import Located, RowFile
from dsops.manifest.rows.problems import Problems
from dsops.manifest.rows.tidy import is_row, lacks_columns, unknown_names

_BATCH: Final = 256
_KEPT: Final = 64
"""Rows that were asked for and may be asked for again soon."""


class Parquet:
    """A table. Its rows have no lines: where one is told, it is the number of the row, from 1. Null is absent."""

    columns = False

    def scan(self, handle: BinaryIO, file: RowFile, problems: Problems) -> Iterator[Located]:
        """Yield the rows, numbered."""
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            problems.report(
                file.source(1),
                "Parquet can't be read: the library for it is not installed",
                hint="Install dsops with the extra parquet: pip install 'dsops[parquet]'.",
            )
            return
        try:
            for number, document in enumerate(_documents(parquet.ParquetFile(handle), file, problems)):
                if is_row(document, file, number + 1, 1, problems):
                    yield number, number + 1, 1, document
        except (pa.ArrowException, OSError, ValueError, ArithmeticError) as failed:
            said = str(failed).partition("\n")[0]
            problems.report(file.source(1), f"{file.name} is no Parquet file that can be read", detail=f"{said}.")

    def cursor(self, file: RowFile) -> "ParquetCursor":
        """Open a file again."""
        return ParquetCursor(file)


class ParquetCursor:
    """Goes forward from where it stands, and starts over for a row that lies behind."""

    def __init__(self, file: RowFile) -> None:
        """Open nothing yet."""
        self._file = file
        self._rows = self._scan()
        self._next = 0
        self._kept: dict[int, Any] = {}

    def get(self, position: int) -> Any:
        """Return the document of a row by its number."""
        if position in self._kept:
            return self._kept[position]
        if position < self._next:
            self._rows = self._scan()
        for number, _, _, document in self._rows:
            self._next = number + 1
            if number == position:
                if len(self._kept) == _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[position] = document
                return document
        raise ValueError("there is no such row any more")

    def _scan(self) -> Iterator[Located]:
        with self._file.path.open("rb") as handle:
            yield from Parquet().scan(handle, self._file, Problems())


def _documents(table: Any, file: RowFile, problems: Problems) -> Iterator[Any]:
    known = []
    for name in table.schema_arrow.names:
        against = unknown_names(file, name)
        if against:
            problems.report(file.source(1), f"The column {name} is unknown", detail="; ".join(against))
        else:
            known.append(name)
    if not lacks_columns(file, known, 1, problems):
        for batch in table.iter_batches(batch_size=_BATCH, columns=known):
            yield from batch.to_pylist()
