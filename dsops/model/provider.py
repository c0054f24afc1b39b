"""The provider interface: codecs that describe calls and read answers. No provider opens a socket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dsops.model.call import Call, Failure, Flow, Response
from dsops.model.kind import KindInfo
from dsops.model.live import LiveObject, NaturalKey
from dsops.model.operation import Operation
from dsops.model.resource import Connection

Attributes = Mapping[str, Any]
"""Field path to canonical value. An absent path is undeclared (desired) or unknown (live)."""


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

    def reading(self, key: NaturalKey) -> Flow:
        """Read one object; returns a ``LiveObject``, or None when it is certainly not there."""
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

    def update(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """Return the calls that bring the object's given fields to the given values, in order.

        Args:
            key: Natural key of the object.
            attributes: Just the fields to send; of an atomic group, all.
        """
        ...

    def delete(self, key: NaturalKey) -> tuple[Call, ...]:
        """Return the calls that delete the object."""
        ...

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the ``spec`` that declares the object as it is (the parent's field left out)."""
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

    def authenticate(self, connection: Connection, secrets: Mapping[str, str], request: Request) -> Request:
        """Return the request signed. Pure; called again at each try.

        Args:
            connection: The account.
            secrets: The connection's secrets, resolved.
            request: The request to sign.
        """
        ...

    def failure(self, response: Response) -> Failure | None:
        """Say whether an answer is a failure, and which."""
        ...
