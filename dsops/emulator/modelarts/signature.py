"""SDK-HMAC-SHA256, the vendor's request signature, checked as its gateway does (specs/modelarts.md, Signing).

    Authorization: SDK-HMAC-SHA256 Access=KEY, SignedHeaders=host;x-sdk-date, Signature=HEX

Which headers are signed is the client's choice: the list in the header counts, not one of ours.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote

from dsops.emulator.exchange import Incoming

ALGORITHM = "SDK-HMAC-SHA256"
TOLERANCE = timedelta(minutes=15)
_FORM = re.compile(
    rf"{ALGORITHM} Access=(?P<access>[^,\s]+), ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?"
    r"Signature=(?P<value>[0-9a-f]{64})"
)
_DATE = "%Y%m%dT%H%M%SZ"
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Signature:
    """What an Authorization header of this scheme says."""

    access_key: str
    headers: tuple[str, ...]
    value: str


def parse_signature(authorization: str) -> Signature | None:
    """The header's parts; None where it has another form."""
    match = _FORM.fullmatch(authorization)
    if match is None:
        return None
    return Signature(match["access"], tuple(match["headers"].split(";")), match["value"])


def problem(incoming: Incoming, signature: Signature, secret_key: str, now: datetime) -> str | None:
    """What is wrong with a signature; None where it is right."""
    headers = {name: _as_signed(value) for name, value in incoming.headers.items()}
    date = headers.get("x-sdk-date", "")
    try:
        moment = datetime.strptime(date, _DATE).replace(tzinfo=UTC)
    except ValueError:
        return "X-Sdk-Date must be there, as 20240102T030405Z"
    if abs(now - moment) > TOLERANCE:
        return f"X-Sdk-Date {date} is more than 15 minutes from the server's time {now:{_DATE}}"
    missing = [name for name in signature.headers if name not in headers]
    if missing:
        return f"signed headers that aren't there: {', '.join(missing)}"
    if "x-sdk-date" not in signature.headers:
        return "x-sdk-date must be among SignedHeaders"
    payload = _payload(incoming.body, headers.get("x-sdk-content-sha256"))
    if payload is None:
        return "X-Sdk-Content-Sha256 isn't the hash of the body"
    text = f"{ALGORITHM}\n{date}\n{_sha256(_canonical(incoming, signature.headers, headers, payload).encode())}"
    expected = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(expected, signature.value) else "the signature isn't that of this request"


def _canonical(incoming: Incoming, signed: tuple[str, ...], headers: Mapping[str, str], payload: str) -> str:
    path = "/".join(_encoded(segment) for segment in unquote(incoming.path).split("/"))
    query = sorted(parse_qsl(incoming.query, keep_blank_values=True))
    return "\n".join(
        [
            incoming.method,
            path if path.endswith("/") else f"{path}/",
            "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in query),
            *(f"{name}:{headers[name].strip()}" for name in signed),
            "",
            ";".join(signed),
            payload,
        ]
    )


def _payload(body: bytes, claimed: str | None) -> str | None:
    """What stands for the body; None where a claimed hash is wrong. An empty body is hashed whatever is claimed."""
    own = _sha256(body)
    if not body or claimed is None or claimed == own:
        return own
    return claimed if claimed == _UNSIGNED else None


def _as_signed(value: str) -> str:
    """A header's text: it is signed as UTF-8, and ASGI hands its bytes over as Latin-1."""
    return value.encode("latin-1").decode(errors="replace")


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
