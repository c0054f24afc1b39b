"""Live rows on their way into a file under git."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dsops.engine.rows import KeptRows
from dsops.model import RecordedRows, RowCodec, RowMark, RowMode, RowSet, Values, key_digest
from dsops.planner import RowIndex

WriteRows = Callable[[Iterable[Mapping[str, Any]]], Iterable[bytes]]


class RowImport:
    """Takes the rows of one dataset (``RowSink``), in the order in which the provider lists them."""

    def __init__(self, codec: RowCodec) -> None:
        """Start with none."""
        self._codec = codec
        self.begin()

    def begin(self) -> None:
        """Forget what was taken."""
        self._kept = KeptRows()
        self._count = 0

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Keep rows as a manifest would have them."""
        for document in documents:
            self._kept.keep(self._codec.manifest(self._codec.live(document).values))
        self._count += len(documents)

    def __len__(self) -> int:
        return self._count

    def ended(self) -> "ImportedRows":
        """Return the rows, once all were taken, with the key that tells them apart."""
        fields = self._codec.fields
        for key in (fields[:1], fields[:2], fields):
            digests = {key_digest(self._pick(values, key)) for values in self._values()}
            if len(digests) == self._count:
                return ImportedRows(self._codec, key, RowMode.SYNC, list(range(self._count)), self._kept)
        # Some rows are there twice. A manifest can't say so; `upsert` leaves the second ones alone.
        first: dict[bytes, int] = {}
        for number, values in enumerate(self._values()):
            first.setdefault(key_digest(self._pick(values, fields)), number)
        return ImportedRows(self._codec, fields, RowMode.UPSERT, list(first.values()), self._kept)

    def _values(self) -> Iterator[Values]:
        return (self._codec.declared(self._kept.get(number)) for number in range(self._count))

    def _pick(self, values: Values, key: Sequence[str]) -> list[Any]:
        return [values[self._codec.fields.index(each)] for each in key]


class ImportedRows:
    """The rows of an imported dataset.

    Attributes:
        key: Names of the fields that tell them apart.
        mode: ``sync``; ``upsert`` where some rows are there twice.
        numbers: Of the rows to write.
    """

    def __init__(
        self, codec: RowCodec, key: tuple[str, ...], mode: RowMode, numbers: Sequence[int], kept: KeptRows
    ) -> None:
        self.key = key
        self.mode = mode
        self.numbers = numbers
        self._kept = kept
        self._index = RowIndex(RowSet(mode, key), codec)
        for number in numbers:
            self._index.add(codec.declared(kept.get(number)))

    def spec(self, file: str) -> dict[str, Any]:
        """Return ``spec.rows`` of the manifest, with the rows in ``file``."""
        key: Any = self.key[0] if len(self.key) == 1 else list(self.key)
        return {"mode": str(self.mode), "key": key, "from": file}

    def documents(self) -> Iterator[Mapping[str, Any]]:
        """Yield the rows as a manifest has them."""
        return map(self._kept.get, self.numbers)

    def recorded(self) -> RecordedRows:
        """Return what the record says of them."""
        return RecordedRows(self.mode, self.key, len(self._index), self._index.digest)

    def marks(self) -> Iterator[RowMark]:
        """Yield what the state holds of each: dsops wrote none of them."""
        return self._index.marks(written=False)
