"""A document in a bucket, replaced only on condition: If-None-Match and If-Match (generations at Google's).

::

    <prefix>/state.json.gz      the document
    <prefix>/rows/<name>        packs of rows
    <prefix>/probe-<random>     for an instant, before the first document
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore import store as stores
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from dsops.model import Holder, StateDamaged, StateError
from dsops.state.address import Place, is_loopback
from dsops.state.document import Overtaken, Sheet

SETTINGS = ("endpoint", "region", "account")

_STATE: Final = "state.json.gz"
_ROWS: Final = "rows/"
_MISSING: Final = (NotFoundError, FileNotFoundError)
"""The library raises the one or the other."""
_STORES: Final[dict[str, Any]] = {"s3": stores.S3Store, "gs": stores.GCSStore, "az": stores.AzureStore}
_NAMES: Final = {"account": "account_name"}
_RETRIES: Final[Any] = {
    "max_retries": 6,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2},
}
_UNTRUSTED: Final = re.compile(r"InvalidCertificate\(\s*(\w+)")
"""What the library says of a certificate stands in the debugging part of its words alone."""
_REFUSED: Final = re.compile(r"(.*?status code: \d+[A-Za-z ]*)", re.DOTALL)
_CODE: Final = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
_GOOD_ENOUGH: Final = 1
"""How hard gzip tries: a tenth of the size, for some milliseconds a save."""


class ObjectShelf:
    """Implements `Shelf` over a bucket."""

    keeps_packs = True

    def __init__(self, place: Place) -> None:
        """Name a bucket and what the names in it begin with. Credentials are the environment's, as its vendor has them.

        Raises:
            StateError: That can't be an address.
        """
        self.where = place.address.partition("?")[0]
        self._store = self._opened(place)

    def read(self) -> Sheet | None:
        """Return the document, or None where there is none."""
        with self._explaining():
            try:
                found = obstore.get(self._store, _STATE)
            except _MISSING:
                return None
            packed = bytes(found.bytes())
            version = _version(found.meta)
        try:
            return Sheet(gzip.decompress(packed), version)
        except (OSError, EOFError, zlib.error) as problem:
            raise StateDamaged.of(
                f"The state {self.where} can't be used",
                detail=f"It is damaged: {problem}. Nothing was changed.",
                hint="Restore a backup with: dsops state restore, or an older version of the object.",
            ) from problem

    def write(self, body: bytes, version: str | None) -> str:
        """Replace the document of a version, or make it where there was none."""
        packed = gzip.compress(body, _GOOD_ENOUGH, mtime=0)
        with self._explaining():
            try:
                return self._put(_STATE, packed, version)
            except (AlreadyExistsError, PreconditionError, *_MISSING) as refused:
                if version is None and isinstance(refused, _MISSING):
                    raise  # there is no bucket
                # An answer may have been lost and the request repeated: then our own write stands in the way.
                found = self.read()
                if found and found.body == body:
                    return found.version
                raise Overtaken from refused

    def claim(self, holder: Holder, over: Holder | None) -> None:
        """Lock nothing: here each write stands for itself."""

    def unclaim(self) -> None:
        """Unlock nothing."""

    def free(self, holder: Holder) -> None:
        """Unlock nothing."""

    def try_out(self) -> None:
        """Raise StateError where the store ignores conditions, as some do that speak S3's language."""
        name = f"probe-{uuid4().hex}"
        with self._explaining():
            first = self._put(name, b"1", None)
            try:
                for version in (None, json.dumps({"e_tag": '"0123456789abcdef0123456789abcdef"', "version": "1"})):
                    with suppress(AlreadyExistsError, PreconditionError, *_MISSING):
                        self._put(name, b"2", version)
                        raise _ignores_conditions(self.where)
                self._put(name, b"3", first)
            finally:
                obstore.delete(self._store, name)

    def set_aside(self, folder: Path) -> str:  # noqa: ARG002 - there is room in the bucket
        """Move the document out of the way and return where it is."""
        name = f"{_STATE}.damaged-{uuid4().hex[:8]}"
        with self._explaining():
            obstore.copy(self._store, _STATE, name)
            obstore.delete(self._store, _STATE)
        return f"{self.where}/{name}"

    def read_pack(self, name: str) -> bytes | None:
        """Return a pack, or None where there is none."""
        with self._explaining():
            try:
                return bytes(obstore.get(self._store, _ROWS + name).bytes())
            except _MISSING:
                return None

    def write_pack(self, name: str, body: bytes) -> None:
        """Keep a pack under a name that was never used."""
        with self._explaining():
            obstore.put(self._store, _ROWS + name, body)

    def packs(self) -> Iterable[str]:
        """Return the names of all packs."""
        with self._explaining():
            found = obstore.list(self._store, _ROWS).collect()
        return [each["path"].rpartition("/")[2] for each in found]

    def drop_packs(self, names: Iterable[str]) -> None:
        """Drop packs; those that are not there are no trouble."""
        with self._explaining():
            for name in names:
                with suppress(*_MISSING):
                    obstore.delete(self._store, _ROWS + name)

    def close(self) -> None:
        """Keep nothing: connections belong to the library's pool."""

    def _put(self, name: str, body: bytes, version: str | None) -> str:
        mode: Any = "create" if version is None else json.loads(version)
        return _version(obstore.put(self._store, name, body, mode=mode, use_multipart=False))

    def _opened(self, place: Place) -> Any:
        endpoint = place.query.get("endpoint", "")
        host = urlsplit(endpoint)
        if host.scheme == "http" and not is_loopback(host.hostname or ""):
            raise StateError.of(
                f"The endpoint of the state {self.where} is not encrypted",
                detail="http:// is for this machine itself.",
                hint="Write https://.",
            )
        given = {
            "client_options": {"allow_http": host.scheme == "http", "timeout": "60s", "connect_timeout": "10s"},
            "retry_config": _RETRIES,
            **({"prefix": place.path} if place.path else {}),
            **{_NAMES.get(name, name): value for name, value in place.query.items()},
        }
        try:
            return _STORES[place.scheme](place.host, **given)
        except (BaseError, ValueError, TypeError) as problem:
            raise StateError.of(
                f"{place.address!r} is not an address of a state",
                detail=f"{_told(problem)}.",
                hint="Write for example  state: s3://bucket/prefix?region=eu-west-1",
            ) from problem

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError) as problem:
            raise self._unusable(
                problem, "Give the credentials of the environment the right to read, write, list and delete there."
            ) from problem
        except (BaseError, OSError) as problem:
            raise self._unusable(
                problem, "Check the address, the network and the credentials, then try again."
            ) from problem

    def _unusable(self, problem: Exception, hint: str) -> StateError:
        return StateError.of(f"The state {self.where} can't be used", detail=f"{_told(problem)}.", hint=hint)


def _version(found: Any) -> str:
    return json.dumps({name: found[name] for name in ("e_tag", "version") if found.get(name)})


def _told(problem: Exception) -> str:
    """Return what the library says, on one line, without the queries of URLs: they may be signed."""
    text, _, source = str(problem).partition("\n\nDebug source")
    if wrong := _UNTRUSTED.search(source):
        return f"the server's certificate is not trusted ({wrong[1]}); name an authority of your own in SSL_CERT_FILE"
    if refused := _REFUSED.match(text):
        # What the server says besides may repeat what it was sent.
        code = _CODE.search(text)
        text = refused[1] + (f" ({code[1]})" if code else "")
    line = " ".join(text.split())
    return re.sub(r"\?[^\s\"')]*", "", line)[:300].rstrip(".")


def _ignores_conditions(where: str) -> StateError:
    return StateError.of(
        f"The state {where} can't be kept there: the store ignores conditions",
        detail="An object was replaced although the request said that it must not be. Two commands at once would lose "
        "what one of them writes.",
        hint="Use a store with conditional writes (If-Match, If-None-Match), or PostgreSQL, or SQLite.",
    )
