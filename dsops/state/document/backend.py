"""A document as the thread of a session uses it: one conditional write a save, whatever the save holds."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from dsops.model import Holder, LeaseLost, RowMark, RowsPatch
from dsops.state.document.document import FORMAT, Document, encode
from dsops.state.document.layers import Layer, fold, packed
from dsops.state.document.reader import Reader, Vanished, unusable
from dsops.state.document.shelf import Overtaken
from dsops.state.entries import Delta, Keep, Lease, Snapshot, Stamp
from dsops.state.lease import RENEWALS_PER_LEASE, lost


class DocumentBackend:
    """Implements `Backend` over a `Shelf`; made, used and closed by one thread.

    The lease is in the document, and every write of it, save, heartbeat or taking, is conditional on the version read
    or written before: of two writers one fails, and finds in the document who was faster.
    """

    def __init__(self, reader: Reader, *, lease_seconds: float, keep: Keep | None) -> None:
        """Read the document; raises as `StateStore.load`."""
        self.poll = min(1.0, lease_seconds / 20)
        self.linger = min(0.5, lease_seconds / 10)
        self._lease_seconds = lease_seconds
        self._keep_whole = keep
        self._shelf = reader.shelf
        self._reader = reader
        self._document = Document()
        self._version: str | None = None
        self._blocked: Holder | None = None
        self._beat_at = 0.0
        self._packs = 0
        self._untidy = False
        self.look()

    def look(self) -> Lease:
        """Return the lease as it is; where only a lock is held, with the holder of that."""
        found = self._reader.find()
        if found is None:
            self._document, self._version = Document(), None
        else:
            self._document, self._version = found[0], found[1].version
        lease = self._document.lease
        blocked, self._blocked = self._blocked, None  # told once: whether it still is, the next taking finds out
        if lease.holder or not blocked:
            return lease
        return replace(lease, holder=blocked, seconds=lease.seconds or self._lease_seconds)

    def take(self, seen: Lease, holder: Holder, seconds: float) -> Lease | None:
        """Take the lease if it is still as ``seen``, else return None; upgrade a document of an older format."""
        if self._version is None:
            self._shelf.try_out()
        self._blocked = self._shelf.claim(holder, seen.holder)
        if self._blocked:
            return None
        try:
            taken = self._taken(seen, Lease(seen.token + 1, seen.heartbeat + 1, seconds, holder))
        except Overtaken:
            taken = None
        except BaseException:
            self._shelf.unclaim()
            raise
        if taken is None:
            self._shelf.unclaim()
        return taken

    def renew(self, lease: Lease, until: float) -> None:
        """Count one heartbeat. Raises LeaseLost."""
        document = self._ours(lease)
        if document.lease.holder:
            document.lease = replace(document.lease, holder=replace(document.lease.holder, until=until))
        self._save(document)

    def release(self, lease: Lease) -> None:
        """Give the lease back if it is still ours, and drop packs that nobody can need any more."""
        if self._document.lease.token == lease.token and self._document.lease.holder:
            document = self._document.copy()
            document.lease = replace(document.lease, holder=None)
            try:
                self._write(document)
            except Overtaken:
                return
            if self._untidy:
                self._sweep(lease.token)
        self._shelf.unclaim()

    def read(self, lease: Lease) -> Snapshot:  # noqa: ARG002 - other stores need it
        """Return the whole, as it was when the lease was taken: nobody else can have written since."""
        found = self._document
        return Snapshot(self._reader.state(found), dict(found.runs), found.last_intent, frozenset(found.rows))

    def commit(self, lease: Lease, before: Stamp, after: Stamp, delta: Delta) -> None:
        """Make a delta durable, all or nothing, while the lease is ours and the stamp is ``before``."""
        document = self._ours(lease)
        if document.stamp != before:
            raise unusable(
                self._shelf.where,
                f"It was changed while this command held its lease: serial {before.serial} became "
                f"{document.stamp.serial}.",
                hint="Find out who writes there; then run the command again.",
            )
        document.stamp = after
        document.stack, document.env = self._reader.stack, self._reader.env
        document.apply(delta)
        if delta.clear:
            self._forget(document, document.rows.values())
            document.rows.clear()
        for patch in delta.rows:
            self._patch(document, patch, lease)
        document.lease = self._document.lease  # a save of many rows has raised the heartbeat meanwhile
        self._save(document)

    def close(self) -> None:
        """Let go of connections."""
        self._shelf.close()

    def _taken(self, seen: Lease, ours: Lease) -> Lease | None:
        """Write a lease into the document if it is still as ``seen``. Raises Overtaken where somebody is faster."""
        now = self.look()
        if (now.token, now.heartbeat) != (seen.token, seen.heartbeat):
            return None
        self._upgrade()
        document = self._document.copy()
        document.lease = ours
        self._write(document)
        return ours

    def _upgrade(self) -> None:
        """Keep what a document of an older format holds: every write is of today's."""
        if self._keep_whole and self._document.format < FORMAT and (whole := self._reader.whole(self._document)):
            self._keep_whole(whole)

    def _ours(self, lease: Lease) -> Document:
        """Return a copy of the document to change. Raises LeaseLost."""
        if self._document.lease.token != lease.token or self._document.lease.holder is None:
            raise lost(self._document.lease.holder)
        return self._document.copy()

    def _save(self, document: Document) -> None:
        """Write a document that holds our lease, with a new heartbeat. Raises LeaseLost."""
        document.lease = replace(document.lease, heartbeat=document.lease.heartbeat + 1)
        try:
            self._write(document)
        except Overtaken as overtaken:
            self.look()
            if self._version is None:
                raise LeaseLost.of(
                    f"The state {self._shelf.where} was removed while this command held its lease",
                    detail="What this command wrote there is lost.",
                    hint="Put it back if you can; then run the command again: what exists is adopted.",
                ) from overtaken
            raise lost(self._document.lease.holder) from overtaken

    def _write(self, document: Document) -> None:
        document.saves = self._document.saves + 1
        self._version = self._shelf.write(encode(document), self._version)
        self._document = document
        self._beat_at = time.monotonic()

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _patch(self, document: Document, patch: RowsPatch, lease: Lease) -> None:
        """Add a layer of what a patch changes, folded with those below that aren't much larger."""
        layers = document.rows.get(patch.holder, ())
        if patch.clear:
            self._forget(document, [layers])
            layers = ()
        pack = packed(self._beating(patch.put, lease), patch.holder)
        if pack:
            while layers and 2 * len(pack) >= layers[-1].size:
                pack = fold([self._below(document, layers[-1]), pack])
                self._forget(document, [layers[-1:]])
                layers = layers[:-1]
            if not layers:
                pack = fold([pack], bottom=True)
        if pack:
            layers = (*layers, self._keep(document, pack, lease))
        document.rows.pop(patch.holder, None)
        if layers:
            document.rows[patch.holder] = layers

    def _beating(self, marks: Iterable[RowMark], lease: Lease) -> Iterator[RowMark]:
        """Yield marks; where that takes long, the lease is renewed meanwhile: nothing else keeps others away."""
        for mark in marks:
            if time.monotonic() - self._beat_at > lease.seconds / RENEWALS_PER_LEASE:
                self.renew(lease, time.time() + lease.seconds)
            yield mark

    def _below(self, document: Document, layer: Layer) -> bytes:
        try:
            return self._reader.pack(document, layer)
        except Vanished as vanished:
            raise self._reader.damaged(f"its rows in {vanished} are missing") from vanished

    def _keep(self, document: Document, pack: bytes, lease: Lease) -> Layer:
        self._packs += 1
        self._untidy = self._shelf.keeps_packs
        layer = Layer(f"{lease.token}-{self._packs}", len(pack))
        if self._shelf.keeps_packs:
            self._shelf.write_pack(layer.name, pack)
        else:
            document.packs[layer.name] = pack
        return layer

    def _forget(self, document: Document, gone: Iterable[Sequence[Layer]]) -> None:
        for each in (each for layers in gone for each in layers):
            if document.packs.pop(each.name, None) is None:
                self._untidy = True

    def _sweep(self, token: int) -> None:
        """Drop the packs that no document names any more.

        A pack's name begins with the token of whoever wrote it. Those of our token and of earlier ones that our last
        document doesn't name are nobody's: earlier holders can't write any more, and later ones name only what is in
        our document, or their own.
        """
        named = {each.name for layers in self._document.rows.values() for each in layers}
        gone = [name for name in self._shelf.packs() if name not in named and _token(name) <= token]
        self._shelf.drop_packs(gone)


def _token(name: str) -> int:
    text = name.partition("-")[0]
    return int(text) if text.isdecimal() else 2**63
