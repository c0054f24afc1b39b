"""Requests to the server: credentials, repeats, what is said when it can't be used."""

import ssl
import time
from collections.abc import Mapping
from typing import Any, Final

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
        self._client = httpx.Client(
            auth=httpx.BasicAuth(user, self._secret) if user or self._secret else None,
            # For plain HTTP one that trusts nobody: reading the authorities takes 20 ms.
            verify=httpx.create_ssl_context() if place.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=place.scheme == "https",  # proxies are for the network
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
            else:
                if answer.status_code not in PASSING:
                    return self._allowed(answer)
                trouble = f"it answers {answer.status_code}"
            if pause is not None:
                time.sleep(pause)
        raise self.unusable(f"The server can't be used: {trouble}.")

    def unusable(self, detail: str, hint: str = "Check the address and the server, then try again.") -> StateError:
        """Return the failure of a state on a server."""
        said = detail.replace(self._secret, "***") if self._secret else detail
        return StateError.of(f"The state {self.where} can't be used", detail=said, hint=hint)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

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


def json_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON map in an answer; an empty one where there is none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _host(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port is None else f"{host}:{place.port}"
