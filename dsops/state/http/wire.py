"""Requests to the server: credentials, repeats, what is said when it can't be used."""

import json
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

import httpx

from dsops.model import StateError
from dsops.state.address import Place, is_loopback

PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each repeat of a request that got no answer, or one that says to come again."""

PASSING: Final = frozenset({429, 500, 502, 503, 504})


class Wire:
    """Speaks to one address. Every request may be repeated: each says the same whenever it arrives."""

    def __init__(self, place: Place) -> None:
        """Prepare; nothing is sent yet.

        Raises:
            StateError: The address isn't encrypted though it leads away, or a reference in it leads nowhere.
        """
        self.where = f"{place.scheme}://{_host(place)}/{place.path}"
        if place.scheme == "http" and not is_loopback(place.host):
            raise StateError.of(
                f"The state {self.where} is not reached by an encrypted connection",
                detail="http:// is for this machine itself.",
                hint="Write https://.",
            )
        user, self._secret = place.credentials()
        sent = b64encode(f"{user}:{self._secret}".encode()).decode()
        self._secrets = [sent, self._secret] if self._secret else []
        tls = self._authorities(place)
        self._client = httpx.Client(
            auth=httpx.BasicAuth(user, self._secret) if user or self._secret else None,
            transport=self._way_out(place, tls),
            trust_env=False,  # what the environment says of proxies and authorities is looked up here
            timeout=httpx.Timeout(60.0, connect=10.0),
            headers={"user-agent": "dsops"},
        )

    def send(
        self, method: str, *, suffix: str = "", query: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> httpx.Response:
        """Return the answer to a request, whatever its status, if it isn't one of those that pass.

        Raises:
            StateError: There is none, or it says that the credentials aren't enough.
        """
        headers = {"content-type": "application/json"} if body is not None else {}
        trouble = ""
        for pause in (*PAUSES, None):
            try:
                answer = self._client.request(
                    method, f"{self.where}{suffix}", params=query or None, content=body, headers=headers
                )
            except (httpx.HTTPError, httpx.InvalidURL) as problem:
                trouble = f"{type(problem).__name__}: {problem}"
                if _why_untrusted(problem):
                    raise self._untrusted(problem) from None
            else:
                if answer.status_code not in PASSING:
                    return self._allowed(answer)
                trouble = f"it answers {answer.status_code}"
            if pause is not None:
                time.sleep(pause)
        raise self.unusable(f"The server can't be used: {trouble}.")

    def unusable(self, detail: str, hint: str = "Check the address and the server, then try again.") -> StateError:
        """Return the failure of a state on a server."""
        said = self._masked(detail)
        return StateError.of(f"The state {self.where} can't be used", detail=said, hint=hint)

    def json(self, answer: httpx.Response) -> dict[str, Any]:
        """Return the JSON map in an answer, without our credentials; an empty one where there is none."""
        try:
            found = json.loads(self._masked(answer.text))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _authorities(self, place: Place) -> ssl.SSLContext:
        """Return whom to trust; for plain HTTP nobody, since reading the authorities takes 20 ms."""
        try:
            return httpx.create_ssl_context() if place.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        except OSError as problem:
            raise self.unusable(
                f"The certificate authorities can't be loaded: {problem.strerror}.",
                hint="Correct SSL_CERT_FILE or SSL_CERT_DIR, or unset it.",
            ) from None

    def _way_out(self, place: Place, tls: ssl.SSLContext) -> httpx.HTTPTransport:
        """Return a transport; through the proxy that the environment names, unless the server is this machine."""
        found = None if is_loopback(place.host) or proxy_bypass(_host(place)) else _proxy_for(place.scheme)
        try:
            proxy = httpx.Proxy(found, ssl_context=tls if found.startswith("https:") else None) if found else None
            if proxy and proxy.raw_auth:
                sent = b64encode(b":".join(proxy.raw_auth)).decode()
                self._secrets += [sent, proxy.raw_auth[1].decode()]
            return httpx.HTTPTransport(verify=tls, proxy=proxy)
        except (ValueError, httpx.InvalidURL, ImportError):  # whose words repeat the proxy's password
            raise self.unusable(
                "HTTPS_PROXY or ALL_PROXY holds no address of a proxy that can be used: http:// or https://.",
                hint="Correct the variable, or name the host in NO_PROXY.",
            ) from None

    def _untrusted(self, problem: Exception) -> StateError:
        return self.unusable(
            f"The server's certificate is not trusted: {_why_untrusted(problem)}.",
            hint="If its authority is your own, name it: SSL_CERT_FILE=/path/to/authority.pem.",
        )

    def _allowed(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code in {401, 403}:
            raise self.unusable(
                f"The server refuses the credentials ({answer.status_code}).",
                hint="Check user and password: in the address, or DSOPS_STATE_USERNAME and DSOPS_STATE_PASSWORD.",
            )
        if answer.is_redirect:
            raise self.unusable(
                "The server sends elsewhere, and credentials don't go along.", hint="Write the final address."
            )
        return answer


def _proxy_for(scheme: str) -> str:
    proxies = getproxies()
    found = proxies.get(scheme) or proxies.get("all") or ""
    return found if not found or "://" in found else f"http://{found}"


def _why_untrusted(problem: BaseException | None) -> str:
    """Return what is wrong with a certificate; empty where that isn't the problem."""
    while problem is not None:
        if isinstance(problem, ssl.SSLCertVerificationError):
            return problem.verify_message
        problem = problem.__cause__ or problem.__context__
    return ""


def _host(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port is None else f"{host}:{place.port}"
