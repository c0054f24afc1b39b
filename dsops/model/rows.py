"""Rows: the keyed collection inside a dataset. Millions of them, so nothing here is one object a row but samples."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

import orjson

from dsops.model.diagnostic import Source

DIGEST_SIZE = 15
"""Bytes of a row's digest: 120 bits, since Python keeps 15 bytes in 48 and 16 in 64."""

Values = tuple[Any, ...]
"""A row, canonical: one JSON value a field, in the order of ``RowCodec.fields``; what is left out is empty."""


class RowMode(StrEnum):
    """How declared rows relate to live ones. SYNC: the same. UPSERT: never deletes. INSERT: never changes either."""

    SYNC = "sync"
    UPSERT = "upsert"
    INSERT = "insert"


class RowAction(StrEnum):
    """What a call does to rows."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class RowItem:
    """A row written inside a manifest.

    Attributes:
        document: The row, in field names of the manifest or of the vendor.
        source: Where it stands.
    """

    document: Mapping[str, Any]
    source: Source


@dataclass(frozen=True, slots=True)
class RowSet:
    """The rows of a resource as its manifest declares them; files are not read yet.

    Attributes:
        mode: How they relate to live ones.
        key: Names of the fields that identify a row.
        files: Paths below the stack folder, with forward slashes, in the order in which they are read.
        items: Rows in the manifest itself; they come after those of the files.
        encoding: Of CSV files; None to detect it.
        delimiter: Of CSV files; None to detect it.
    """

    mode: RowMode
    key: tuple[str, ...]
    files: tuple[str, ...] = ()
    items: tuple[RowItem, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None


class LiveRow(NamedTuple):
    """A row as the provider shows it.

    Attributes:
        remote_id: The provider's identifier.
        values: Canonical values.
    """

    remote_id: str
    values: Values


class RowMark(NamedTuple):
    """What the state holds of a row, and what the journal says a call does to it.

    Attributes:
        key: Digest of its key.
        content: Digest of its values; None for a row that goes.
        written: Whether dsops wrote it; False for one that was found as it is declared.
    """

    key: bytes
    content: bytes | None
    written: bool = True


@dataclass(frozen=True, slots=True)
class RowsPatch:
    """A change of what the state holds of one dataset's rows.

    Attributes:
        holder: The dataset (``rows_holder``).
        put: Marks to save; one whose content is None is dropped.
        clear: Whether everything that is held goes first.
    """

    holder: str
    put: Iterable[RowMark] = ()
    clear: bool = False


@dataclass(frozen=True, slots=True)
class RecordedRows:
    """What a record says of the rows; their digests are kept apart (``RowMark``).

    Attributes:
        mode: As last applied.
        key: Names of the fields that identify a row; digests under another key say nothing.
        count: How many were declared.
        digest: Of all declared rows, once they were wholly applied; empty while they aren't.
    """

    mode: RowMode
    key: tuple[str, ...]
    count: int = 0
    digest: str = ""


class BodyForm(StrEnum):
    """What the JSON of a body with rows is: an array of them; an object that holds them; one row."""

    ARRAY = "array"
    OBJECT = "object"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class RowsBody:
    """A body made of declared rows. It is built again from where they are declared when it is sent.

    Attributes:
        form: What its JSON is.
        numbers: Which rows, by their number among the declared ones, from 0.
        around: For OBJECT: the members beside ``member``.
        member: For OBJECT: name of the member that holds the rows.
        fields: For ROW: the names of just those members of the row's document that are sent; empty for all.
        size: Bytes of the canonical JSON.
        sha256: Its hash, in hex.
    """

    form: BodyForm
    numbers: Sequence[int]
    around: Mapping[str, Any] = field(default_factory=dict)
    member: str = ""
    fields: tuple[str, ...] = ()
    size: int = 0
    sha256: str = ""

    def encode(self, documents: Iterable[Mapping[str, Any]]) -> bytes:
        """Return the body's canonical JSON, given the wire documents of its rows in order."""
        if self.form is BodyForm.ROW:
            (document,) = documents
            names = self.fields or tuple(document)
            return _encoded({name: document[name] for name in names})
        return self.joined(map(_encoded, documents))

    def joined(self, rows: Iterable[bytes]) -> bytes:
        """Return the body's canonical JSON, given that of each of its rows, whole."""
        if self.form is BodyForm.ROW:
            (row,) = rows
            return row
        array = b"[" + b",".join(rows) + b"]"
        if self.form is BodyForm.ARRAY:
            return array
        return _encoded({**self.around, self.member: orjson.Fragment(array)})


@dataclass(frozen=True, slots=True)
class RowWrite:
    """What a call does to rows.

    Attributes:
        action: Creates, updates or deletes.
        body: The rows it sends; None for a delete, and for a finer call whose body is in the call itself.
        key: For one row: the digest of its key before the call, in hex; empty for a surplus row, whose key stays.
        becomes: For an update: the digest of its key after the call where that is another; empty otherwise.
        was: For one row that is there: the digest of its values as read, in hex.
        remote_id: For one row that is there: its identifier.
        number: For an update: number of the declared row that it is to become; None otherwise.
        settles: Whether the row is as declared after this call: False for all but the last of several finer calls.
    """

    action: RowAction
    body: RowsBody | None = None
    key: str = ""
    becomes: str = ""
    was: str = ""
    remote_id: str = ""
    number: int | None = None
    settles: bool = True

    @property
    def count(self) -> int:
        """How many rows it concerns."""
        return len(self.body.numbers) if self.body is not None else 1


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of a plan, for whoever reads it.

    Attributes:
        key: Its key as text, cut when long.
        source: Where it is declared.
        remote_id: The provider's identifier, of one that is there.
        fields: What differs, as (field, before, after).
        cause: ``pending``, ``drift`` or ``conflict``; empty for a row that is to be made.
        foreign: Whether dsops never wrote it.
        note: Further words: it is surplus, its key changes.
    """

    key: str
    source: Source | None = None
    remote_id: str = ""
    fields: tuple[tuple[str, Any, Any], ...] = ()
    cause: str = ""
    foreign: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class RowChanges:
    """What a plan does to the rows of one dataset.

    Attributes:
        mode: How declared rows relate to live ones.
        create: How many are made.
        update: How many are changed.
        delete: How many go.
        noop: How many declared rows need nothing.
        live: How many are there.
        left: Live rows that are not as declared and stay so, as the mode wants it.
        foreign: How many of those that are changed or go dsops never wrote.
        drifted: How many rows somebody else changed, added or removed since dsops last wrote them.
        creates: The first of the rows that are made; all with ``--full``.
        updates: The first of those that are changed.
        deletes: The first of those that go.
        fields: How many updates change each field.
        sha256: Over the whole edit script.
    """

    mode: RowMode
    create: int = 0
    update: int = 0
    delete: int = 0
    noop: int = 0
    live: int = 0
    left: int = 0
    foreign: int = 0
    drifted: int = 0
    creates: tuple[RowChange, ...] = ()
    updates: tuple[RowChange, ...] = ()
    deletes: tuple[RowChange, ...] = ()
    fields: Mapping[str, int] = field(default_factory=dict)
    sha256: str = ""

    @property
    def count(self) -> int:
        """How many rows are made, changed or deleted."""
        return self.create + self.update + self.delete


class DeclaredRows(Protocol):
    """The declared rows of one resource, to be read again: the plan holds their numbers, not them."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    def values(self, numbers: Iterable[int]) -> Iterable[Values]:
        """Read rows again, in the order asked for; cheapest in rising order.

        Raises:
            DsopsError: A file is not as it was when it was first read.
        """
        ...

    def source(self, number: int) -> Source:
        """Return where a row is declared."""
        ...


class RowSink(Protocol):
    """Takes live rows as they arrive."""

    def begin(self) -> None:
        """Forget what was taken: the answer is read from its beginning, for the first time or again."""
        ...

    def take(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Take some rows, as the provider wrote them.

        Raises:
            ValueError: One is no row.
        """
        ...


@runtime_checkable
class TextSink(RowSink, Protocol):
    """Takes live rows as text too, which is quicker where they are as rows nearly always are."""

    def parse(self, text: bytes) -> Sequence[tuple[str, Values]] | None:
        """Return the ids and values of a JSON array of rows, and take none yet; None where they are for `take`."""
        ...

    def take_parsed(self, rows: Sequence[tuple[str, Values]], text: bytes) -> None:
        """Take what `parse` made of a text."""
        ...


class LiveRows(Protocol):
    """Documents of live rows that a comparison found to differ, kept outside of memory once there are many."""

    def keep(self, document: Mapping[str, Any]) -> int:
        """Keep a row's document; return a number to get it back by."""
        ...

    def get(self, number: int) -> Mapping[str, Any]:
        """Return a document that was kept."""
        ...


def _encoded(document: Mapping[str, Any]) -> bytes:
    """Return canonical JSON; rows hold no numbers, so that ``values.canonical``, which is slower, says the same."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def content_digest(values: Values) -> bytes:
    """Return what tells one row's values from another's."""
    return hashlib.sha256(orjson.dumps(values)).digest()[:DIGEST_SIZE]


def key_digest(values: Sequence[Any]) -> bytes:
    """Return what identifies a row, given the values of its key fields."""
    return hashlib.sha256(orjson.dumps(values)).digest()[:DIGEST_SIZE]


def rows_holder(type_: str, endpoint: str, remote_id: str) -> str:
    """Return the name under which the state keeps the rows of one object."""
    return f"{type_} {endpoint} {remote_id}"
