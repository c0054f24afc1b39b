"""Encryption: who the server is, is verified always, by every kind of client; in the clear only to this machine."""

import datetime as dt
import hashlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from dsops.http import lanes
from dsops.manifest.stackfile import _is_here
from dsops.model import DsopsError
from dsops.state.address import is_loopback as is_loopback_for_states
from dsops.state.address import take_apart
from dsops.state.postgres.connection import SETTINGS, _encryption
from tests.security.wires import ENVIRONMENT, KINDS, PROXIES, TOKEN, serving, told, tunnelling, without_pauses

KIND = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (*PROXIES, "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    without_pauses(monkeypatch)
    lanes._tls.cache_clear()
    yield
    lanes._tls.cache_clear()


def context(cert: trustme.LeafCert) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(made)
    return made


def trust(authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@KIND
def test_an_authority_of_ones_own(
    kind: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(authority, tmp_path, monkeypatch)
    with serving(context(authority.issue_cert("127.0.0.1"))) as server:
        KINDS[kind](f"https://127.0.0.1:{server.port}", tmp_path)
    assert len(server.seen) == 1


@KIND
def test_a_folder_of_authorities(
    kind: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "certs"
    folder.mkdir()
    pem = authority.cert_pem.bytes()
    # OpenSSL finds an authority by the hash of its name; `openssl rehash` makes such links.
    for name in (f"{_hash(authority)}.0", "authority.pem"):
        (folder / name).write_bytes(pem)
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    with serving(context(authority.issue_cert("127.0.0.1"))) as server:
        KINDS[kind](f"https://127.0.0.1:{server.port}", tmp_path)
    assert len(server.seen) == 1


def _hash(authority: trustme.CA) -> str:
    """Return OpenSSL's hash of an authority's name: SHA-1 of the name in small letters, turned round."""
    subject = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject
    plain = x509.Name([x509.NameAttribute(each.oid, str(each.value).lower()) for each in subject])
    whole = plain.public_bytes()
    inside = whole[2 if whole[1] < 0x80 else 2 + (whole[1] & 0x7F) :]  # without the head of the sequence
    return hashlib.sha1(inside, usedforsecurity=False).digest()[:4][::-1].hex()


YESTERDAY = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)


@KIND
@pytest.mark.parametrize("wrong", ["nobody's", "expired", "not yet", "another host's", "another authority's"])
def test_who_can_t_show_who_they_are_is_sent_nothing(
    kind: str, wrong: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(authority, tmp_path, monkeypatch)
    other = trustme.CA()
    cert = {
        "nobody's": lambda: other.issue_cert("127.0.0.1"),
        "expired": lambda: authority.issue_cert("127.0.0.1", not_after=YESTERDAY),
        "not yet": lambda: authority.issue_cert("127.0.0.1", not_before=YESTERDAY + dt.timedelta(days=3)),
        "another host's": lambda: authority.issue_cert("other.example.test"),
        "another authority's": lambda: other.create_child_ca().issue_cert("127.0.0.1"),
    }[wrong]()
    if wrong == "nobody's":
        monkeypatch.delenv("SSL_CERT_FILE")
    with serving(context(cert)) as server, pytest.raises(DsopsError) as caught:
        KINDS[kind](f"https://127.0.0.1:{server.port}", tmp_path)
    assert server.seen == []
    assert "certificate" in str(caught.value.diagnostics).lower()
    assert TOKEN not in told(caught.value)


def test_plain_http_elsewhere_is_refused_by_all(tmp_path: Path) -> None:
    for kind, ask in KINDS.items():
        with pytest.raises(DsopsError) as caught:
            ask("http://api.example.test", tmp_path)
        words = str(caught.value.diagnostics)
        assert "in the clear" in words or "plain http" in words or "encrypted" in words, kind


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True), ("127.255.255.254", True), ("localhost", True), ("::1", True),
        ("localhost.evil.test", False), ("evil.localhost", False), ("localhost.", False),
        ("127.0.0.1.evil.test", False),
        ("0.0.0.0", False), ("::", False), ("2130706433", False), ("0x7f000001", False), ("127.1", False),
        ("0177.0.0.1", False), ("128.0.0.1", False), ("10.0.0.1", False), ("169.254.169.254", False), ("", False),
        ("127。0。0。1", False), ("①27.0.0.1", False), ("::ffff:10.0.0.1", False), ("fe80::1", False),
    ],
)  # fmt: skip
def test_what_this_machine_is(host: str, here: bool) -> None:
    """Three rooms ask, which don't know each other: manifests, connections, states."""
    assert [lanes.is_loopback(host), _is_here(host), is_loopback_for_states(host)] == [here] * 3


@pytest.mark.parametrize("kind", ["api", "download", "state"])
def test_a_proxy_that_speaks_tls_is_verified_too(
    kind: str, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(authority, tmp_path, monkeypatch)
    with (
        serving(context(authority.issue_cert("api.example.test"))) as server,
        tunnelling(server.port, context(authority.issue_cert("127.0.0.1"))) as good,
        tunnelling(server.port, context(trustme.CA().issue_cert("127.0.0.1"))) as bad,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{bad.port}")
        with pytest.raises(DsopsError):
            KINDS[kind]("https://api.example.test", tmp_path)
        assert (bad.asked, server.seen) == ([], [])
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{good.port}")
        KINDS[kind]("https://api.example.test", tmp_path)
        assert len(good.asked) == len(server.seen) == 1


def test_a_database_elsewhere_is_verified(tmp_path: Path) -> None:
    def settings(address: str) -> dict[str, str]:
        return _encryption(take_apart(address, tmp_path, SETTINGS))

    assert settings("postgres://db.example.test/x") == {"sslmode": "verify-full", "sslrootcert": "system"}
    assert settings("postgres://10.0.0.1/x?sslrootcert=/ca.pem") == {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}
    assert settings("postgres://127.0.0.1.evil.test/x")["sslmode"] == "verify-full"
    assert settings("postgres://127.0.0.1/x") == {"sslmode": "prefer"}
