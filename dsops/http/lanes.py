"""The way out: connections, TLS and proxies.

Each request in flight has a lane, a transport of one connection: the pool below httpx looks at all its connections at
each event, and in a lane there is one. Microseconds a request (httpx 0.28, 2 cores, a server that answers at once):

    in flight                          1     10     30
    AsyncClient                      691    762   2744
    one transport                    562    637   2532
    two transports                   591    535   1266
    lanes                            535    481    487

With 40 in flight to a server that takes 20 ms, ``AsyncClient`` made 137 requests a second and lanes 804: lanes are
bounded by the connection's ``maxConcurrency`` alone.

Without ``AsyncClient`` there are no cookies and no redirects either; dsops wants neither.
"""

import base64
import functools
import ipaddress
import ssl
import urllib.request
from urllib.parse import urlsplit

from dsops.http.slim import httpx
from dsops.model import Connection, DsopsError

# A server that closes an idle connection while a write is on its way causes a lost answer; most wait 5 s or more.
_KEPT_ALIVE = 4.0
_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_KEPT_ALIVE)


def checked_endpoint(connection: Connection) -> httpx.URL:
    """Return the endpoint, parsed.

    Raises:
        DsopsError: It is no http or https URL of a host, holds credentials, or would send credentials in the clear.
    """
    name = connection.name
    url = _parsed(connection.endpoint)
    if url is None:
        raise DsopsError.of(
            f"The endpoint of connection {name} is no usable URL",
            detail="It needs https://, a host, and may have a path; no query and no fragment.",
            hint="Correct spec.connections in dsops.yaml.",
        )
    if url.userinfo:
        raise DsopsError.of(
            f"The endpoint of connection {name} holds a user name or password",
            detail="Secrets stand in the stack file only as ${env:NAME} or ${file:PATH}.",
            hint="Take what stands before the @ out of the endpoint.",
        )
    if url.scheme == "http" and not (connection.insecure or is_loopback(url.host)):
        raise DsopsError.of(
            f"Connection {name} would send its credentials in the clear",
            detail=f"{connection.endpoint} is plain http to another machine.",
            hint="Use https://, or say insecure: true on the connection if the network is yours.",
        )
    return url


def _parsed(endpoint: str) -> httpx.URL | None:
    try:
        url = httpx.URL(endpoint)
    except httpx.InvalidURL:
        return None
    return url if url.scheme in {"http", "https"} and url.host and not (url.query or url.fragment) else None


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # about 20 ms, so once for all; honours SSL_CERT_FILE and SSL_CERT_DIR


@functools.cache
def _no_tls() -> ssl.SSLContext:
    return ssl.SSLContext(
        ssl.PROTOCOL_TLS_CLIENT
    )  # trusts nobody; given so that httpx doesn't load the authorities for plain http


def _proxy(url: httpx.URL) -> str | None:
    # Never for this machine: a proxy could not reach it, and would be shown the token.
    if is_loopback(url.host) or urllib.request.proxy_bypass(url.netloc.decode()):
        return None
    proxies = urllib.request.getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def proxy_secrets(url: httpx.URL) -> tuple[str, ...]:
    """Return what nobody may see of the proxy to an address: its password, also as it is sent."""
    try:
        proxy = httpx.URL(_proxy(url) or "")
    except httpx.InvalidURL:
        return ()
    sent = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    return (proxy.password, sent) if proxy.userinfo else ()


def _way_in(proxy: str | None) -> httpx.Proxy | None:
    """Return a proxy; one that speaks TLS itself is verified by the same authorities as everybody."""
    if proxy is None:
        return None
    url = httpx.URL(proxy)
    return httpx.Proxy(url, ssl_context=_tls() if url.scheme == "https" else None)


class Lanes:
    """The connections to one endpoint, made when first needed."""

    def __init__(self, name: str, url: httpx.URL, transport: httpx.AsyncBaseTransport | None) -> None:
        """Take the connection's name and endpoint; a ``transport`` given is used by all instead of sockets."""
        self._name = name
        self._url = url
        self._shared = transport
        self._idle: list[httpx.AsyncBaseTransport] = []
        self._broken: list[httpx.AsyncBaseTransport] = []

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see of the way out."""
        return proxy_secrets(self._url)

    async def take(self) -> httpx.AsyncBaseTransport:
        """Return a lane that nobody else uses, the one used last if any is idle."""
        while self._broken:
            await self._broken.pop().aclose()
        return self._idle.pop() if self._idle else self._shared or self._make()

    def give(self, lane: httpx.AsyncBaseTransport, *, broken: bool) -> None:
        """Take a lane back; a broken one is closed later, as this may be a cancellation, which must not wait."""
        if lane is not self._shared:
            (self._broken if broken else self._idle).append(lane)

    async def aclose(self) -> None:
        """Close every connection."""
        while lanes := self._idle + self._broken:
            self._idle, self._broken = [], []
            for lane in lanes:
                await lane.aclose()
        if self._shared:
            await self._shared.aclose()

    def _make(self) -> httpx.AsyncBaseTransport:
        proxy = _proxy(self._url)
        try:
            return httpx.AsyncHTTPTransport(
                verify=_tls() if self._url.scheme == "https" else _no_tls(), limits=_ONE, proxy=_way_in(proxy)
            )
        except (ValueError, httpx.InvalidURL, ImportError):
            # The message of httpx would repeat the proxy's password.
            scheme = urlsplit(proxy or "").scheme or "malformed"
            raise DsopsError.of(
                f"Connection {self._name} can't use the proxy that the environment names",
                detail=f"HTTPS_PROXY, HTTP_PROXY or ALL_PROXY holds a {scheme} address; proxies are http or https.",
                hint="Correct the variable, or name the host in NO_PROXY.",
            ) from None
        except OSError as problem:
            raise DsopsError.of(
                "The certificate authorities can't be loaded",
                detail=f"SSL_CERT_FILE or SSL_CERT_DIR: {problem.strerror}.",
                hint="Correct the variable, or unset it.",
            ) from None
