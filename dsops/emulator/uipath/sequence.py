"""Positions of streams, and the sequence ids that stand for them.

Three things have a sequence id: a fetched batch, a comment in it, and a reset. Clients must take all of them as opaque.

    batch, comment   microseconds since 1970, number of the upload, a digest over both and the stream's id
    reset            milliseconds since 1970 as eight bytes, little end first: what the vendor's sample holds
"""

import base64
import hashlib
import struct
from dataclasses import dataclass
from typing import Any

from dsops.emulator.exchange import Refusal
from dsops.emulator.uipath.comments import Place
from dsops.emulator.uipath.service import POSITION, Service

_HEAD = struct.Struct("<qq")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a stream stands, in the order of `created_at`: what is behind the place comes next.

    reset_id, reset_at: the sequence id of the last reset, and the microseconds it stands for.
    """

    place: Place
    reset_id: str | None = None
    reset_at: int = 0


def read_position(service: Service, stream: dict[str, Any]) -> Position:
    """Where a stream stands."""
    document = service.store.get(POSITION, stream["dataset_id"], stream["name"])
    return Position(Place(document["at"], document["seq"]), document["reset_id"], document["reset_at"])


def write_position(service: Service, dataset_id: str, name: str, position: Position) -> None:
    """Put a stream somewhere."""
    document = {
        "at": position.place.at,
        "seq": position.place.seq,
        "reset_id": position.reset_id,
        "reset_at": position.reset_at,
    }
    service.store.put(POSITION, dataset_id, name, document)


def sequence_id(stream_id: str, place: Place) -> str:
    """The sequence id of a place, for one stream."""
    head = _HEAD.pack(*place)
    return base64.urlsafe_b64encode(head + _digest(stream_id, head)).decode()


def reset_sequence_id(at: int) -> str:
    """The sequence id that a reset answers."""
    return base64.b64encode(struct.pack("<q", at // 1000)).decode()


def place_of(stream_id: str, position: Position, given: str) -> Place:
    """The place that a sequence id of this stream means. Raises Refusal 400 for any other text."""
    if given == position.reset_id:
        return Place(position.reset_at, -1)
    try:
        raw = base64.b64decode(given, altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    head = raw[: _HEAD.size]
    if len(head) < _HEAD.size or raw != head + _digest(stream_id, head):
        raise Refusal(
            400, "body.sequence_id: is not a sequence id of this stream; take it from a fetch or reset of it."
        )
    return Place(*_HEAD.unpack(head))


def _digest(stream_id: str, head: bytes) -> bytes:
    return hashlib.blake2b(head, digest_size=8, key=stream_id.encode()).digest()
