"""A document on a server, replaced only by whoever holds its lock.

The lease is the server's lock, which a session holds from beginning to end, and the lease in the document, which has
the heartbeat that the protocol lacks. The lock's ID follows from its holder, so that whoever may take over knows it. A
write names the ID; the server refuses one whose lock is gone: that is the fence.
"""

import hashlib
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from dsops.model import Holder, StateError
from dsops.state.address import Place
from dsops.state.codec import decode_holder, encode_holder
from dsops.state.document import Overtaken, Sheet
from dsops.state.folders import write_private
from dsops.state.http.wire import Wire
from dsops.state.process import this_process

SETTINGS = ("lockPath", "lockMethod", "unlockMethod", "updateMethod")

_TAKEN: Final = frozenset({409, 412, 423})
_DONE: Final = frozenset({200, 201, 202, 204})


class HttpShelf:
    """Implements `Shelf` over Terraform's http-state protocol."""

    keeps_packs = False

    def __init__(self, place: Place) -> None:
        """Name a server; nothing is sent yet. Raises StateError where that can't be an address."""
        self._wire = Wire(place)
        self.where = self._wire.where
        self._lock_path = place.query.get("lockPath", "")
        self._lock_method = place.query.get("lockMethod", "LOCK")
        self._unlock_method = place.query.get("unlockMethod", "UNLOCK")
        self._update_method = place.query.get("updateMethod", "POST")
        self._lock: dict[str, str] | None = None
        self._stranger: tuple[Holder, dict[str, Any]] | None = None

    def read(self) -> Sheet | None:
        """Return the document, or None where there is none."""
        answer = self._wire.send("GET")
        if answer.status_code in {204, 404} or (answer.status_code == 200 and not answer.content):
            return None
        if answer.status_code != 200:
            raise self._wire.unusable(f"The server answers {answer.status_code}.")
        return Sheet(answer.content, hashlib.sha256(answer.content).hexdigest())

    def write(self, body: bytes, version: str | None) -> str:  # noqa: ARG002 - the lock is what others go by
        """Replace the document, as long as the lock is ours."""
        if self._lock is None or not self._written(body, self._lock["ID"]):
            raise Overtaken
        return hashlib.sha256(body).hexdigest()

    def claim(self, holder: Holder, over: Holder | None) -> Holder | None:
        """Take the lock; that of ``over`` is broken for it. Return who holds it, if that isn't us."""
        lock = _lock_info(holder)
        held = self._locked(lock)
        if held is not None and over is not None and held.get("ID") in self._ids(over):
            self._unlock(held)
            held = self._locked(lock)
        if held is None:
            self._lock, self._stranger = lock, None
            return None
        who = _holder_of(held)
        self._stranger = (who, held)
        return who

    def unclaim(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._unlock(self._lock)
            self._lock = None

    def free(self, holder: Holder) -> None:
        """Take the lock from somebody who has it. Raises Overtaken where somebody else has it by now."""
        if self.claim(this_process("dsops state unlock", seconds=60), holder):
            raise Overtaken

    def try_out(self) -> None:
        """Raise StateError where the server doesn't lock, or lets in a writer who doesn't hold its lock."""
        mine, other = ({**_lock_info(this_process("dsops", seconds=60)), "ID": str(uuid4())} for _ in range(2))
        if self._locked(mine) is not None:
            return  # somebody is just beginning: that it locks is shown
        try:
            if self._locked(other) is None:
                raise self._careless("two hold its lock at once")
            self._must_refuse(other["ID"], "it lets a writer in who doesn't hold the lock")
        finally:
            self._unlock(mine)
        self._must_refuse(mine["ID"], "it lets a writer in whose lock is gone")

    def set_aside(self, folder: Path) -> str:
        """Move the document into a file and return which: here there is no other place."""
        found = self.read()
        path = folder / f"damaged-{uuid4().hex[:8]}"
        try:
            write_private(path, found.body if found else b"")
        except OSError as problem:
            raise self._wire.unusable(f"It can't be kept in {path}: {problem.strerror}.") from problem
        self._wire.send("DELETE")
        return str(path)

    def read_pack(self, name: str) -> bytes | None:
        """Return nothing: rows are in the document."""

    def write_pack(self, name: str, body: bytes) -> None:
        """Refuse: rows are in the document."""
        raise ValueError(f"{name}: there is no room for {len(body)} bytes beside the document")

    def packs(self) -> Iterable[str]:
        """Return nothing: rows are in the document."""
        return ()

    def drop_packs(self, names: Iterable[str]) -> None:
        """Drop nothing: rows are in the document."""

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _written(self, body: bytes, lock: str) -> bool:
        answer = self._wire.send(self._update_method, query={"ID": lock}, body=body)
        if answer.status_code in _DONE:
            return True
        if answer.status_code in _TAKEN:
            return False
        raise self._wire.unusable(f"The server answers {answer.status_code} to a write.")

    def _must_refuse(self, lock: str, otherwise: str) -> None:
        if self._written(b'{"serial":0}', lock):
            self._wire.send("DELETE")
            raise self._careless(otherwise)

    def _locked(self, lock: dict[str, str]) -> dict[str, Any] | None:
        """Take the lock; return what is known of the one that is in the way, or None where it is ours."""
        answer = self._wire.send(self._lock_method, suffix=self._lock_path, body=orjson.dumps(lock))
        if answer.status_code in _DONE:
            return None
        if answer.status_code not in _TAKEN:
            raise self._careless(f"to {self._lock_method} it answers {answer.status_code}")
        held = self._wire.json(answer)
        return None if held.get("ID") == lock["ID"] else held  # ours already: the answer to that was lost

    def _unlock(self, lock: dict[str, Any]) -> None:
        query = {"ID": str(lock.get("ID", ""))} if self._lock_path else None  # GitLab's form
        answer = self._wire.send(self._unlock_method, suffix=self._lock_path, query=query, body=orjson.dumps(lock))
        if answer.status_code not in {*_DONE, *_TAKEN, 404}:  # not ours any more is as good
            raise self._wire.unusable(f"The server answers {answer.status_code} to {self._unlock_method}.")

    def _ids(self, holder: Holder) -> set[str]:
        """Return the IDs that a holder's lock may have."""
        known = {_id_of(holder)}
        if self._stranger and self._stranger[0] == holder:
            known.add(str(self._stranger[1].get("ID")))
        return known

    def _careless(self, what: str) -> StateError:
        return StateError.of(
            f"The state {self.where} can't be kept there: {what}",
            detail="Two commands at once would lose what one of them writes.",
            hint="Check lockPath, lockMethod and unlockMethod in the address, or keep the state elsewhere.",
        )


def _id_of(holder: Holder) -> str:
    """Return the ID of a holder's lock: the same for whoever reads who holds the lease."""
    facts = [holder.who, holder.command, holder.pid, holder.started, holder.boot_id, holder.since]
    return str(UUID(bytes=hashlib.sha256(orjson.dumps(facts)).digest()[:16]))


def _lock_info(holder: Holder) -> dict[str, str]:
    return {
        "ID": _id_of(holder),
        "Operation": holder.command,
        "Info": encode_holder(holder),
        "Who": holder.who,
        "Version": "dsops",
        "Created": datetime.fromtimestamp(holder.since, UTC).isoformat().replace("+00:00", "Z"),
        "Path": "",
    }


def _holder_of(lock: dict[str, Any]) -> Holder:
    """Return who holds a lock: of one that isn't ours, what it says."""
    try:
        return decode_holder(lock["Info"])
    except (KeyError, TypeError, ValueError):
        pass
    try:
        since = datetime.fromisoformat(str(lock.get("Created"))).timestamp()
    except ValueError:
        since = time.time()
    who, command = (str(lock.get(name) or "unknown") for name in ("Who", "Operation"))
    return Holder(who, command, 0, None, None, since, since)
