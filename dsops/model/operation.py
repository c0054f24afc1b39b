"""Operations: what a provider can do that is not desired state (list, export, fetch, ...).

An operation describes its calls as a flow, like a kind does; the engine drives it and decides how often. Those that
have pages answer a ``Page`` at a time, and each page says with which arguments the next one is asked for: whoever keeps
these can go on after an interruption.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsops.model.call import Flow
from dsops.model.live import NaturalKey
from dsops.model.look import Look

Arguments = Mapping[str, Any]
"""Argument name to JSON value. An absent name takes the provider's own default."""

Column = tuple[int, str]
"""A column of a flattened document: its rank among the columns, and its name. Columns sort as these do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a listing, as the provider answered it.

    Attributes:
        key: Its natural key.
        document: The answer's document, unchanged.
    """

    key: NaturalKey
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of an operation that has pages.

    Attributes:
        items: What it holds: entries, documents, or what was dealt with.
        next: The arguments that ask for the next page; None on the last one.
    """

    items: tuple[Any, ...]
    next: Arguments | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a queue has for its consumer, from its position on.

    Attributes:
        items: Results, in order.
        position: What to advance to once they are dealt with.
        filtered: How many more were left out by the queue's filter.
        at_end: Whether there was nothing more when it was asked.
    """

    items: tuple[Mapping[str, Any], ...]
    position: str
    filtered: int = 0
    at_end: bool = False

    @property
    def moved(self) -> bool:
        """Whether advancing to its position leaves anything behind."""
        return bool(self.items) or self.filtered > 0


@dataclass(frozen=True, slots=True)
class Job:
    """Something that goes on at the provider after it was begun, as one look shows it.

    Attributes:
        id: Its id: what asks for it again.
        look: How far it is.
        document: The provider's document about it, without secrets.
        address: Where its result is fetched, once it is done. A secret; empty where there is none.
        begun: Whether this look began it.
    """

    id: str
    look: Look
    document: Mapping[str, Any]
    address: str = field(default="", repr=False)
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What an operation would be about.

    Attributes:
        count: How many; None where the provider can't tell.
        sample: Names of the first ones.
    """

    count: int | None
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Portion:
    """What a file of an archive is part of.

    Attributes:
        split: ``training``; empty where it belongs to none.
        asset: The name of the asset that it is; empty where it is none.
        annotations: Whether each of its lines is an annotation.
    """

    split: str = ""
    asset: str = ""
    annotations: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Its calls may be sent again whenever an answer is lost: each reads, or sets a state given whole. One with an
    ``effect`` doesn't, and is sent once.

    Attributes:
        kind: The kind of object it is about: ``Dataset``.
        flow: Natural key and arguments to the flow. Raises ValueError, before any call, for arguments that can't be
            sent; the message says why.
        arguments: The names it takes. One called ``id`` is the object's remote id, which it can't do without; nobody
            gives that by hand.
        orders: For a listing: the arguments that choose its order, which is kept where one of them is given.
        columns: For a listing: the title of each column, and the path of its value in the document.
        cells: For an export: flattens one document into cells of a table.
        unit: For an export: what one item is called.
        row: For an export whose items are rows that stream by: turns one into what is written. Its flow makes the call.
        summary: For one object: what a person wants to know of its document, as labels with words; else all is shown.
        portion: For a download: says what a file of its archive is part of.
        patience: Seconds for which what it begins is awaited.
    """

    kind: str
    flow: Callable[[NaturalKey, Arguments], Flow]
    arguments: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    cells: Callable[[Mapping[str, Any]], Mapping[Column, Any]] | None = None
    unit: str = "object"
    row: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    summary: Callable[[Mapping[str, Any]], Mapping[str, str]] | None = None
    portion: Callable[[str], Portion] | None = None
    patience: float = 300.0
