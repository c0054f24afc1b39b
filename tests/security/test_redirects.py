"""Redirects carry no credentials anywhere: calls and states follow none, downloads have none and stay encrypted."""

import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from dsops.http import lanes
from dsops.model import DsopsError
from tests.security.wires import ENVIRONMENT, KINDS, PROXIES, TOKEN, Wired, serving, told, without_pauses

SECRETS = [value for name, value in ENVIRONMENT.items() if "canary" in value.lower()]
STATUS = pytest.mark.parametrize("status", [301, 302, 303, 307, 308])


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    without_pauses(monkeypatch)


@pytest.fixture
def elsewhere() -> Iterator[Wired]:
    with serving() as wired:
        yield wired


@STATUS
@pytest.mark.parametrize("kind", ["api", "state"])
@pytest.mark.parametrize("where", ["http://127.0.0.1:{port}/x", "//localhost:{port}/x", "/same"])
def test_credentials_stay(kind: str, status: int, where: str, elsewhere: Wired, tmp_path: Path) -> None:
    """Neither to another port, nor to another name of the same machine, nor on the same server."""
    sent = where.format(port=elsewhere.port)
    with serving(status=status, location=sent) as server, pytest.raises(DsopsError) as caught:
        KINDS[kind](f"http://127.0.0.1:{server.port}", tmp_path)
    assert (len(server.seen), elsewhere.seen) == (1, [])
    said = told(caught.value)
    assert "redirect" in said or "sends elsewhere" in said
    assert not [each for each in SECRETS if each in said]


@STATUS
def test_an_object_store_signs_nothing_for_others(status: int, elsewhere: Wired, tmp_path: Path) -> None:
    """Its library follows reads, and can't be told not to; what it sends there has no key and no signature."""
    with serving(status=status, location=f"http://127.0.0.1:{elsewhere.port}/x") as server, suppress(DsopsError):
        KINDS["objects"](f"http://127.0.0.1:{server.port}", tmp_path)
    for word in ("authorization", "canarywirekey01", "signature"):
        assert word not in "".join(elsewhere.seen).lower()


@STATUS
def test_a_download_follows_without_anything(status: int, elsewhere: Wired, tmp_path: Path) -> None:
    """Signed addresses lead on to others as a matter of course; there is nothing but the address to send."""
    with serving(status=status, location=f"http://127.0.0.1:{elsewhere.port}/there") as server:
        KINDS["download"](f"http://127.0.0.1:{server.port}", tmp_path)
    (seen,) = elsewhere.seen
    for word in ("authorization", "cookie", "referer", TOKEN):
        assert word not in seen.lower()


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{port}/x", "http://api.example.test/x", "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x",
     "https://me:pw@127.0.0.1:{port}/", "javascript:1", "http://169.254.169.254/latest/"],
)  # fmt: skip
def test_a_download_leads_to_nothing_worse(
    location: str, elsewhere: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From https never to http, not to this machine either; never to what isn't the web."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    lanes._tls.cache_clear()
    try:
        sent = location.format(port=elsewhere.port)
        with serving(tls, status=302, location=sent) as server, pytest.raises(DsopsError) as caught:
            KINDS["download"](f"https://127.0.0.1:{server.port}", tmp_path)
    finally:
        lanes._tls.cache_clear()
    assert (len(server.seen), elsewhere.seen) == (1, [])
    assert TOKEN not in told(caught.value)


def test_a_circle_ends(tmp_path: Path) -> None:
    with serving(status=302, location="/again") as server, pytest.raises(DsopsError) as caught:
        KINDS["download"](f"http://127.0.0.1:{server.port}", tmp_path)
    assert "other addresses" in str(caught.value.diagnostics)
    assert len(server.seen) == 6
