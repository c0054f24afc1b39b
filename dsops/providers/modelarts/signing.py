"""SDK-HMAC-SHA256, the vendor's signature of requests (``specs/modelarts.md``, signing).

::

    HEX       = HMAC-SHA256(secret key, ALGORITHM LF date LF SHA256(canonical))
    canonical = METHOD LF path LF query LF name:value LF (each signed header) LF signed headers LF SHA256(body)
"""

import dataclasses
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from dsops.model import Request

ALGORITHM = "SDK-HMAC-SHA256"
_SIGNED = ("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token")
_DATE = "%Y%m%dT%H%M%SZ"


def signed(request: Request, secrets: Mapping[str, str], now: dt.datetime) -> Request:
    """Return the request with its date and signature.

    Args:
        request: The request, with ``host``.
        secrets: ``accessKey``, ``secretKey``, and ``securityToken`` where the keys are temporary ones.
        now: The time, in UTC; servers take 15 minutes more or less.
    """
    headers = {**request.headers, "x-sdk-date": now.strftime(_DATE)}
    if "securityToken" in secrets:
        headers["x-security-token"] = secrets["securityToken"]
    dated = dataclasses.replace(request, headers=headers)
    names = [name for name in _SIGNED if name in headers]
    value = authorization(dated, names, secrets["accessKey"], secrets["secretKey"])
    return dataclasses.replace(dated, headers={**headers, "authorization": value})


def authorization(request: Request, names: Iterable[str], access_key: str, secret_key: str) -> str:
    """Return the ``Authorization`` header of a request that has its date, over some of its headers."""
    listed = ";".join(sorted(names))
    text = f"{ALGORITHM}\n{request.headers['x-sdk-date']}\n{_sha256(_canonical(request, listed).encode())}"
    value = hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={listed}, Signature={value}"


def _canonical(request: Request, listed: str) -> str:
    parts = urlsplit(request.url)
    path = "/".join(_encoded(segment) for segment in unquote(parts.path).split("/"))
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    return "\n".join(
        (
            request.method,
            path if path.endswith("/") else f"{path}/",
            "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in query),
            *(f"{name}:{request.headers[name].strip()}" for name in listed.split(";")),
            "",
            listed,
            _sha256(request.body or b""),
        )
    )


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
