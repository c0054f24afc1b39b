"""The provider interface: codecs that describe calls and read answers. No provider opens a socket."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dsops.model.call import Call, Effect, Failure, Flow, Response
from dsops.model.kind import KindInfo
from dsops.model.live import LiveObject, NaturalKey
from dsops.model.operation import Operation
from dsops.model.resource import Connection
from dsops.model.rows import LiveRow, Values
from dsops.model.values import Reference

Attributes = Mapping[str, Any]
"""Field path to canonical value. An absent path is undeclared (desired) or unknown (live)."""

PARENT_ID = "(parent id)"
"""Among the attributes given to ``Kind.create``: the parent's remote id, known or late (``KindInfo.parent_by_id``)."""

OWN_ID = "(own id)"
"""The same: the id of the object that the first call makes, for those after it (``KindInfo.exclusive``)."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a lookup found.

    Attributes:
        attributes: The resource's attributes with what was looked up filled in.
        note: In words, for the plan; may be empty.
    """

    attributes: Attributes
    note: str = ""


class Kind(Protocol):
    """One kind of resource of a provider. Every method is a pure function; flows do no I/O themselves."""

    @property
    def info(self) -> KindInfo:
        """Facts about the kind."""
        ...

    @property
    def rows(self) -> "RowCodec | None":
        """How its rows are read and written; None for a kind without rows."""
        ...

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Turn a valid ``spec`` into canonical attributes comparable with live ones. Late values pass through."""
        ...

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return the natural key of a resource: its parents' key, then its own name.

        Args:
            name: ``metadata.name``, the provider-side name unless ``spec.name`` says otherwise.
            spec: The manifest's spec.
            parent: The parent's natural key; empty for a kind without one.
        """
        ...

    def parent_key(self, name: str) -> NaturalKey:
        """Read the name of a parent outside the stack (``project1/collateral``).

        Raises:
            ValueError: ``name`` has not the form such names have; the message says which form that is.
        """
        ...

    def listing(self, parent: NaturalKey) -> Flow:
        """Read all objects of the kind below ``parent`` (empty: of the account); returns a ``Listing``."""
        ...

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """Read one object; returns a ``LiveObject``, or None when it is certainly not there.

        Args:
            key: Its natural key.
            remote_id: Its identifier, if it is known; empty otherwise.
        """
        ...

    def lookups(self, attributes: Attributes, key: NaturalKey) -> Flow | None:
        """Ask what planning must know (model tags); returns a ``Lookup``. None when nothing needs asking.

        The flow raises LookupError, in words for the plan, when what is asked for does not exist.
        """
        ...

    def answered(self, key: NaturalKey, response: Response) -> LiveObject | None:
        """Read the object out of the answer to a create or an update; None when the answer does not hold it."""
        ...

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """Return the calls that make the object, in order."""
        ...

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """Return the calls that bring the object's given fields to the given values, in order.

        Args:
            live: The object as it is.
            attributes: Just the fields to send; of an atomic group, all.
        """
        ...

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """Return the calls that delete the object."""
        ...

    def waiting(self, effect: Effect, live: LiveObject) -> Flow | None:
        """Look once whether a write that was answered well has come about; returns a ``Look``.

        Args:
            effect: What the call did.
            live: The object, as answered; for a delete as it was.

        Returns:
            None where an answer means that it has.
        """
        ...

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the ``spec`` that declares the object as it is (the parent's field left out)."""
        ...


class RowCodec(Protocol):
    """How the rows of a kind are read and written. Pure, and called once a row: it must be quick."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of a row's fields, as in manifests, in the order of ``Values``."""
        ...

    @property
    def nested(self) -> frozenset[str]:
        """Those fields that are lists of their own objects at the provider, and can be written by finer calls."""
        ...

    @property
    def part_size(self) -> int:
        """Most bytes of JSON in one upload."""
        ...

    def declared(self, document: Mapping[str, Any]) -> Values:
        """Return the canonical values of a declared row, in field names of the manifest or of the vendor.

        Raises:
            ValueError: It is no such row; the message says all that is wrong, one problem a line.
        """
        ...

    def parsed(self, texts: Sequence[bytes]) -> Sequence[Values] | None:
        """Return what `declared` makes of the JSON texts of rows that are as rows nearly always are; at half the cost.

        None where one takes a closer look: then each is parsed and given to `declared`, which says what is wrong.
        """
        ...

    def live(self, document: Mapping[str, Any]) -> LiveRow:
        """Read a row of an answer.

        Raises:
            ValueError: It is no row.
        """
        ...

    def live_parsed(self, text: bytes) -> Sequence[tuple[str, Values]] | None:
        """Return what `live` makes of each row of a JSON array of rows that are as nearly all are; at half the cost.

        None where one takes a closer look, or the text is no JSON: then it is parsed, and its rows are given to `live`.
        """
        ...

    def document(self, values: Values) -> Mapping[str, Any]:
        """Return what is sent for a row, with all of its fields."""
        ...

    def manifest(self, values: Values) -> Mapping[str, Any]:
        """Return the row in field names of the manifest; empty fields are left out."""
        ...

    def create(self, key: NaturalKey, attributes: Attributes, numbers: Sequence[int]) -> Call:
        """Return the call that makes an object together with rows; size and hash of its body are still empty."""
        ...

    def upload(self, owner: str | Reference, numbers: Sequence[int]) -> Call:
        """Return the call that adds rows to an object; size and hash of its body are still empty."""
        ...

    def update(self, owner: str, row: LiveRow, numbers: Sequence[int], *, nested: bool) -> Call:
        """Return the call that rewrites one row.

        Args:
            owner: Remote id of the object.
            row: The row as it is.
            numbers: Of the declared row: one number.
            nested: Whether nested lists are sent too; otherwise just the other fields.
        """
        ...

    def finer(self, owner: str, live: Mapping[str, Any], values: Values) -> tuple[Call, ...]:
        """Return the calls, the fewest, that bring a live row's nested lists to the given values.

        Args:
            owner: Remote id of the object.
            live: The row's document, with the ids of what is nested in it.
            values: Its values as they are to be.
        """
        ...

    def delete(self, owner: str, row: LiveRow) -> Call:
        """Return the call that deletes one row."""
        ...

    def reading(self, owner: str, row_id: str) -> Flow:
        """Read one row; returns its document, or None when it is not there."""
        ...

    def answered(self, response: Response) -> Mapping[str, Any] | None:
        """Return the row's document in the answer to its update; None when the answer does not hold it."""
        ...

    def accepted(self, response: Response) -> bool:
        """Whether the answer says that the rows will be there, not that they are."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """A call ready to be signed: everything known.

    Attributes:
        method: HTTP method.
        url: Whole URL.
        headers: Header names in lower case. Once signed they hold credentials, and so are not shown.
        body: Bytes to send, or None.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


class Provider(Protocol):
    """A provider: its kinds, its way to sign, its way to say no."""

    @property
    def name(self) -> str:
        """``uipath``."""
        ...

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Kind name to kind."""
        ...

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The words of a command, ``dataset export``, to what it does at this provider: not desired state."""
        ...

    def prepared(self, connection: Connection, call: Call) -> Call:
        """Return a call in the form that the connection's settings ask for; its path and content stay. Pure."""
        ...

    def handshake(self, connection: Connection) -> Flow | None:
        """Ask what must be known before anything else; returns settings (name to value) to add to the connection's.

        Returns:
            None where nothing must.
        """
        ...

    def authenticate(
        self, connection: Connection, secrets: Mapping[str, str], request: Request, now: dt.datetime
    ) -> Request:
        """Return the request signed. Pure; called again at each try.

        Args:
            connection: The account, with the settings that the handshake found.
            secrets: The connection's secrets, resolved.
            request: The request to sign.
            now: The time, in UTC.
        """
        ...

    def failure(self, response: Response) -> Failure | None:
        """Say whether an answer is a failure, and which."""
        ...


class InstalledProvider(Provider, Protocol):
    """A provider that another package brings.

    The files that its kinds name as ``KindInfo.schema`` describe the spec alone; what is around it is added.
    """

    @property
    def connection(self) -> Path:
        """The JSON Schema file of the fields that its connections have besides those that all have."""
        ...
