"""What the codecs of several providers do alike: believe an answer only when it is proven, read a status, find one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from dsops.model import Call, FailureKind, Flow, FlowFailure, RemoteError

Document = Mapping[str, Any]
_Decoded = TypeVar("_Decoded")

_KIND_OF_STATUS = MappingProxyType(
    {
        400: FailureKind.INVALID,
        401: FailureKind.UNAUTHENTICATED,
        403: FailureKind.FORBIDDEN,
        404: FailureKind.NOT_FOUND,
        409: FailureKind.CONFLICT,
        413: FailureKind.INVALID,
        415: FailureKind.INVALID,
        422: FailureKind.INVALID,
        429: FailureKind.RATE_LIMITED,
    }
)


MOST_LISTED = 1_000_000
"""Objects of one list: a server that has ever more of them is not read until the memory is full."""


def meaning(status: int) -> FailureKind:
    """Return what the HTTP status of a refusal means, where its provider says nothing else."""
    known = _KIND_OF_STATUS.get(status)
    if known is None:
        return FailureKind.UNAVAILABLE if status >= 500 else FailureKind.UNEXPECTED
    return known


def if_there(call: Call) -> Flow:
    """Read one object; returns the response, or None where it is certainly not there."""
    try:
        return (yield call)
    except FlowFailure as failed:
        if failed.failure.kind is FailureKind.NOT_FOUND:
            return None
        raise


def has_id(document: Any, id_field: str) -> bool:
    """Whether a document has what tells its object from every other."""
    remote_id = document.get(id_field) if isinstance(document, dict) else None
    return isinstance(remote_id, str) and remote_id != ""


def checked(value: Any, *types: type) -> Any:
    """Return a value of a document that has one of the types it should have.

    Raises:
        TypeError: It has another.
    """
    if type(value) in types:
        return value
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise TypeError(f"{str(value)[:40]!r} is not {' or '.join(each.__name__ for each in types)}")
    return value


def a_name(value: Any) -> str:
    """Return what a document says is the name of its object.

    Raises:
        TypeError, ValueError: It says nothing, so that the object may have any name.
    """
    name: str = checked(value, str)
    if not name:
        raise ValueError("it has an empty name")
    return name


def the_only(ids: Sequence[str], name: str, where: str) -> str:
    """Return the id of the one dataset with a name; an empty text where there is none.

    Args:
        ids: Of those that have the name.
        name: The name.
        where: Of what they are, in words.

    Raises:
        RemoteError: Several have it.
    """
    if len(ids) > 1:
        raise RemoteError.of(
            f"{len(ids)} datasets of {where} are called {name!r}",
            detail=f"their ids are {', '.join(sorted(ids))}, and nothing tells which one is meant",
            hint="rename or delete the others at the provider",
        )
    return ids[0] if ids else ""


@dataclass(frozen=True, slots=True)
class Answers:
    """Judges the answers of one provider.

    Attributes:
        vendor: ``UiPath``.
        provider: ``uipath``.
        ids: Names of the fields that tell which object a document is about, the most telling first.
    """

    vendor: str
    provider: str
    ids: tuple[str, ...]

    def refuse(self, why: str) -> NoReturn:
        """Refuse an answer that can't be relied on."""
        raise RemoteError.of(
            f"an answer of {self.vendor} can't be relied on: {why}",
            hint=f"nothing is concluded from it; try again, and compare with specs/{self.provider}.openapi.yaml if it "
            "stays so",
        )

    def objects(self, listed: Any, id_field: str, what: str) -> list[Document]:
        """Return a list of an answer, proven to be one of objects with ids, none of which comes twice.

        Raises:
            RemoteError: It isn't.
        """
        if not isinstance(listed, list) or not all(has_id(each, id_field) for each in listed):
            self.refuse(f"it has no list of {what} with ids")
        if len({each[id_field] for each in listed}) != len(listed):
            self.refuse(f"its list of {what} names an id twice")
        return listed

    def decoded(self, decode: Callable[[Document], _Decoded], document: Document) -> _Decoded:
        """Read one object of an answer, or something of it.

        Raises:
            RemoteError: It has not the form that ``specs/<provider>.openapi.yaml`` describes.
        """
        try:
            return decode(document)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as wrong:
            which = next((document[each] for each in self.ids if document.get(each)), None)
            self.refuse(f"the document of {which} is malformed ({type(wrong).__name__}: {wrong})")
