"""Addresses of states: what they name, and that no secret is in them, in what they say, or in a failure."""

from pathlib import Path

import pytest

from dsops.model import StateError
from dsops.state import open_store
from dsops.state.address import is_loopback, take_apart

SECRET = "s3cr3t-word"


def opened(address: str, root: Path) -> object:
    return open_store(address, root=root, stack="s", env=None)


def test_an_address_is_taken_apart(tmp_path: Path) -> None:
    place = take_apart("postgres://me@db.example.com:5433/base?schema=mail", tmp_path, ["schema"])
    assert (place.scheme, place.user, place.host, place.port, place.path) == (
        "postgres",
        "me",
        "db.example.com",
        5433,
        "base",
    )
    assert place.query == {"schema": "mail"}
    assert place.credentials() == ("me", "")


@pytest.mark.parametrize("reference", ["${env:STATE_WORD}", "${file:words/state}"])
def test_a_secret_is_found_when_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str) -> None:
    place = take_apart(f"https://me:{reference}@states.example.com/a", tmp_path, [])
    with pytest.raises(StateError, match="The address of the state needs"):
        place.credentials()
    (tmp_path / "words").mkdir()
    (tmp_path / "words/state").write_text(f"{SECRET}\n")
    monkeypatch.setenv("STATE_WORD", SECRET)
    assert place.credentials() == ("me", SECRET)
    assert place.address == f"https://me:{reference}@states.example.com/a"
    assert SECRET not in repr(place)


def test_the_environment_gives_what_the_address_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DSOPS_STATE_USERNAME", "other")
    monkeypatch.setenv("DSOPS_STATE_PASSWORD", SECRET)
    assert take_apart("https://states.example.com/a", tmp_path, []).credentials() == ("other", SECRET)
    assert take_apart("https://me@states.example.com/a", tmp_path, []).credentials() == ("me", SECRET)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "https", "s3"])
def test_a_secret_itself_is_refused_and_not_repeated(tmp_path: Path, scheme: str) -> None:
    with pytest.raises(StateError, match="holds a password itself") as caught:
        opened(f"{scheme}://me:{SECRET}@states.example.com/a", tmp_path)
    assert SECRET not in str(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgres://db/base?shema=mail", "a setting that is not known: shema"),
        ("s3://bucket/a?secret=x", "a setting that is not known: secret"),
        ("postgres://db:port/base", "is no URL"),
        ("https://me:${var.word}@host/a", "a reference that can't be read"),
        ("s3:///a", "names no host or bucket"),
        ("https://", "names no host or bucket"),
        ("gs://bucket/a?account=x", "is not an address of a state"),
        ("ftp://host/a", "is not an address of a state"),
    ],
)
def test_what_is_wrong_with_an_address_is_told(tmp_path: Path, address: str, words: str) -> None:
    with pytest.raises(StateError, match=words):
        open_store(address, root=tmp_path, stack="s", env=None).load()


@pytest.mark.parametrize(
    "address", ["http://states.example.com/a", "s3://bucket/a?endpoint=http://states.example.com&region=x"]
)
def test_nothing_goes_over_a_network_in_the_clear(tmp_path: Path, address: str) -> None:
    with pytest.raises(StateError, match=r"not (reached by an )?encrypted"):
        open_store(address, root=tmp_path, stack="s", env=None).load()


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("db", False), ("10.0.0.1", False)]
)
def test_what_is_here(host: str, here: bool) -> None:
    assert is_loopback(host) is here
