from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.http import resolve_secret
from dsops.http.secret import Redactor, credentials
from dsops.model import DsopsError, SecretRef
from tests.unit.http.server import CANARY


def refused(ref: SecretRef, root: Path) -> str:
    """Resolve what can't be resolved, and return all that is said about it."""
    with pytest.raises(DsopsError) as caught:
        resolve_secret(ref, root)
    diagnostic = caught.value.diagnostics[0]
    assert caught.value.__cause__ is None
    return f"{diagnostic.summary} {diagnostic.detail} {diagnostic.hint}"


def test_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEMO_TOKEN", CANARY)
    assert resolve_secret(SecretRef("env", "DEMO_TOKEN"), tmp_path) == CANARY


def test_a_variable_not_set_is_named_with_one_that_is_near(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEMO_TOKEN", CANARY)
    said = refused(SecretRef("env", "DEMO_TOKENS"), tmp_path)
    assert "DEMO_TOKENS is not set" in said
    assert "${env:DEMO_TOKENS}" in said
    assert "Did you mean DEMO_TOKEN?" in said
    assert CANARY not in said


@pytest.mark.parametrize(("content", "value"), [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), (" a ", " a "), ("é\n", "é")])
@pytest.mark.parametrize("absolute", [False, True])
def test_a_file_loses_one_newline(tmp_path: Path, content: str, value: str, absolute: bool) -> None:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "token"
    path.write_bytes(content.encode())
    assert resolve_secret(SecretRef("file", str(path) if absolute else "sub/../sub/token"), tmp_path) == value


@pytest.mark.parametrize("name", ["../token", "sub/../../token", "."])
def test_a_relative_path_stays_below_the_stack(tmp_path: Path, name: str) -> None:
    (tmp_path / "stack").mkdir()
    (tmp_path / "token").write_text(CANARY)
    said = refused(SecretRef("file", name), tmp_path / "stack")
    assert f"${{file:{name}}}" in said
    assert CANARY not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"canary\n\n", "line break"),
        (b"can\nary", "line break"),
        (b"canary\x00", "line break"),
        (b"canary\x7f", "line break"),
        (b"canary\xff", "not UTF-8"),
        (b"canary" * 20000, "larger than 64 kB"),
    ],
)
def test_what_no_header_could_hold_is_refused_unseen(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "token").write_bytes(content)
    said = refused(SecretRef("file", "token"), tmp_path)
    assert words in said
    assert "${file:token}" in said
    assert "canary" not in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    said = refused(SecretRef("file", "token"), tmp_path)
    assert str(tmp_path / "token") in said
    assert "No such file" in said


def test_an_empty_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEMO_TOKEN", "")
    assert "is empty" in refused(SecretRef("env", "DEMO_TOKEN"), tmp_path)


def test_a_secret_is_masked_in_every_form_it_may_take() -> None:
    redactor = Redactor([CANARY])
    for text in (
        f"a {CANARY} b",
        "https://x.test/?t=canary-7f%223%2Fa%20b%2B%25%C3%A9",
        "https://x.test/?t=canary-7f%223%2Fa+b%2B%25%C3%A9",
        'canary-7f\\"3/a b+%\\u00e9',
        repr([CANARY, "'"]),
    ):
        assert "canary" not in redactor.text(text)
        assert "***" in redactor.text(text)


def test_of_two_secrets_with_one_beginning_nothing_is_left() -> None:
    assert Redactor(["abc", "abcdef"]).text("abcdef abc") == "*** ***"


def test_a_document_is_masked_throughout() -> None:
    document = {"a": [f"x{CANARY}", {CANARY: None}], "n": 1, "t": True}
    assert Redactor([CANARY]).document(document) == {"a": ["x***", {"***": None}], "n": 1, "t": True}


@given(st.lists(st.text(min_size=1), max_size=4), st.lists(st.text(), max_size=6))
def test_no_secret_survives(secrets: list[str], texts: list[str]) -> None:
    text = "".join(piece for pair in zip(texts, [*secrets, "", ""], strict=False) for piece in pair)
    masked = Redactor(secrets).text(text)
    # A secret such as "*" is part of the mask itself.
    assert not any(secret in masked for secret in secrets if secret not in masked.replace(secret, "") + "***")


def test_only_credentials_among_the_added_headers_are_masked() -> None:
    plain = {"accept": "a", "host": "h"}
    signed = {**plain, "authorization": "Basic dTpw", "x-auth-token": "t1", "project-id": "p-17"}
    assert set(credentials(plain, signed)) == {"Basic dTpw", "dTpw", "t1", ""}
