"""The archives of exports, at signed addresses: HEAD, GET, ranges. No secret key is asked for here."""

import hashlib
import hmac
import re
from typing import Any
from urllib.parse import urlencode

from dsops.emulator.exchange import Answer, Incoming, Refusal
from dsops.emulator.vi import archive
from dsops.emulator.vi.service import Ask, Service
from dsops.emulator.vi.shapes import Query
from dsops.emulator.vi.tables import Job, JobKind

PREFIX = "/vi-downloads"
_SIGNING_KEY = b"dsops emulator, Vi: an address is good for what it names, until it expires"
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def signed_url(service: Service, ask: Ask, export: Job) -> dict[str, Any]:
    """Where an archive can be fetched, and until when: counted from now, or by the switch from when it was made."""
    lifetime = round(service.switches.url_lifetime * 1000)
    expires = (service.now() if service.switches.renew_urls else export.finished or 0) + lifetime
    query = urlencode({"expires": expires, "signature": _signature(export.id, str(expires))})
    host = ask.headers.get("host", "127.0.0.1")
    return {"url": f"http://{host}{PREFIX}/{export.id}.zip?{query}", "expiresAt": expires}


def _signature(export_id: str, expires: str) -> str:
    return hmac.new(_SIGNING_KEY, f"{export_id} {expires}".encode(), hashlib.sha256).hexdigest()


def download(service: Service, incoming: Incoming) -> Answer:
    """An archive, or the part of it that is asked for. Raises Refusal 403, 404, 405, 416."""
    if incoming.method not in {"GET", "HEAD"}:
        raise Refusal(405, f"{incoming.method} is not possible here; possible: GET, HEAD.", (("Allow", "GET, HEAD"),))
    export_id = incoming.path.removeprefix(f"{PREFIX}/").removesuffix(".zip")
    _check_signature(service, export_id, Query(incoming.query))
    export = service.tables.job_by_id(JobKind.EXPORT, export_id)
    if export is None or not export.size:
        raise Refusal(404, "There is no such archive.")
    etag = f'"{export.digest[:32]}"'
    headers: tuple[tuple[str, str], ...] = (("Accept-Ranges", "bytes"), ("ETag", etag))
    asked = _asked_range(incoming, export.size, etag)
    status, first, last = (200, 0, export.size - 1) if asked is None else (206, *asked)
    if asked is not None:
        headers = (*headers, ("Content-Range", f"bytes {first}-{last}/{export.size}"))
    length = last - first + 1
    parts = None if incoming.method == "HEAD" else archive.read(service.tables, export, first, last)
    return Answer(status, b"", headers, parts, media_type="application/zip", length=length)


def _check_signature(service: Service, export_id: str, query: Query) -> None:
    expires, signature = query.text("expires") or "", query.text("signature") or ""
    expected = _signature(export_id, expires)
    if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
        raise Refusal(403, "The signature is missing or wrong.")
    if service.now() >= int(expires):
        raise Refusal(403, "The address has expired.")


def _asked_range(incoming: Incoming, size: int, etag: str) -> tuple[int, int] | None:
    """First and last byte that are asked for; None: all, as where a range isn't understood, or is of another file."""
    match = _RANGE.fullmatch(incoming.headers.get("range", ""))
    if match is None or incoming.method == "HEAD" or incoming.headers.get("if-range", etag) != etag:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if first:
        start, end = int(first), min(int(last or size), size - 1)
        if last and int(last) < start:
            return None
    else:
        start, end = max(size - int(last), 0), size - 1
    if start >= size or (not first and int(last) == 0):
        raise Refusal(416, f"The archive has {size} bytes.", (("Content-Range", f"bytes */{size}"),))
    return start, end
