"""Proxies: which clients use the ones that the environment names, for what, and that nobody sees their passwords."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from dsops.http import lanes
from dsops.model import DsopsError
from tests.security.test_tls import context
from tests.security.wires import (
    ENVIRONMENT,
    KINDS,
    PROXIES,
    STATE_PASSWORD,
    TOKEN,
    Wired,
    serving,
    told,
    tunnelling,
    without_pauses,
)

KIND = pytest.mark.parametrize("kind", KINDS)
PASSWORD = "canary-proxy-91ab"
BASIC = "bWU6Y2FuYXJ5LXByb3h5LTkxYWI="  # me:canary-proxy-91ab
HOST = "api.example.test"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def _environment(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    without_pauses(monkeypatch)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    lanes._tls.cache_clear()
    yield
    lanes._tls.cache_clear()


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[Wired]:
    with serving(context(authority.issue_cert(HOST, "127.0.0.1"))) as wired:
        yield wired


@KIND
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_what_goes_out_goes_through_it(
    kind: str, variable: str, server: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a tunnel, so that the proxy sees the host and its own password, and nothing of ours."""
    with tunnelling(server.port) as proxy:
        monkeypatch.setenv(variable, f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
        KINDS[kind](f"https://{HOST}", tmp_path)
    (asked,) = proxy.asked
    assert asked.startswith(f"CONNECT {HOST}:443 ")
    assert BASIC in asked
    (seen,) = server.seen
    assert BASIC not in seen
    assert "proxy-authorization" not in seen.lower()
    assert not [secret for secret in (TOKEN, STATE_PASSWORD, "CANARYWIREKEY01") if secret in asked]


@KIND
def test_a_host_is_spared(kind: str, server: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tunnelling(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,other.test")
        KINDS[kind](f"https://127.0.0.1:{server.port}", tmp_path)
    assert (proxy.asked, len(server.seen)) == ([], 1)


@pytest.mark.parametrize("kind", ["api", "download", "state"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_needs_no_sparing(
    kind: str, scheme: str, server: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy could not reach it, and would be shown the credentials."""
    with tunnelling(server.port) as proxy, serving() as plain:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        here = plain if scheme == "http" else server
        KINDS[kind](f"{scheme}://127.0.0.1:{here.port}", tmp_path)
    assert (proxy.asked, len(here.seen)) == ([], 1)


@pytest.mark.parametrize("kind", ["api", "download"])
def test_plain_http_that_was_allowed_goes_through_it_too(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as plain, tunnelling(plain.port) as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
        KINDS[kind](f"http://{HOST}", tmp_path, insecure=True)
    assert len(plain.seen) == len(proxy.asked) == 1


@KIND
@pytest.mark.parametrize(
    "refusal", ["HTTP/1.1 407 you said {auth}", "HTTP/1.1 502 {auth} {auth}", "HTTP/1.1 302 x\r\nlocation: http://x.test/{auth}"]
)  # fmt: skip
def test_a_proxy_that_repeats_its_password(
    kind: str, refusal: str, server: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tunnelling(server.port) as proxy:
        proxy.refusal = refusal
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
        with pytest.raises(DsopsError) as caught:
            KINDS[kind](f"https://{HOST}", tmp_path)
    said = told(caught.value)
    assert server.seen == []
    assert not [secret for secret in (PASSWORD, BASIC, TOKEN, STATE_PASSWORD) if secret in said], said


@KIND
@pytest.mark.parametrize(
    "address", ["gopher://me:{}@127.0.0.1:1", "http://me:{}@127.0.0.1:port", "socks5://me:{}@127.0.0.1:1", "http://me:{}@["]
)  # fmt: skip
def test_an_address_that_is_none(kind: str, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address.format(PASSWORD))
    with pytest.raises(DsopsError) as caught:
        KINDS[kind](f"https://{HOST}", tmp_path)
    assert PASSWORD not in told(caught.value)
