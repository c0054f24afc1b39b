"""Secrets: found when a request is signed, and kept out of every text."""

import difflib
import html
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from dsops.model import DsopsError, SecretRef

_LARGEST_FILE = 65536
_MASK = "***"
_CREDENTIAL_WORDS = ("auth", "token", "secret", "key", "cookie", "signature")


def resolve_secret(ref: SecretRef, root: Path) -> str:
    """Find the value of a secret.

    Args:
        ref: ``${env:NAME}``; or ``${file:PATH}``, a path below the stack folder, or an absolute one such as
            ``/run/secrets/token``, of which one newline at the end is dropped.
        root: The stack folder.

    Raises:
        DsopsError: It is missing, empty, or can't stand in a header. The message names the reference, never a value.
    """
    match ref.scheme:
        case "env":
            value = _from_environment(ref)
        case "file":
            value = _from_file(ref, root)
        case _:
            raise ValueError(f"{ref} has a scheme that manifests do not allow")
    if not value:
        raise DsopsError.of(f"The secret {ref} is empty", hint="Give it a value.")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise DsopsError.of(
            f"The secret {ref} holds a line break or another control character",
            detail="Such a value can't stand in an HTTP header.",
            hint="Store the bare value, in one line.",
        )
    return value


def _from_environment(ref: SecretRef) -> str:
    value = os.environ.get(ref.name)
    if value is None:
        near = difflib.get_close_matches(ref.name, os.environ, 1, 0.8)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise DsopsError.of(
            f"The environment variable {ref.name} is not set",
            detail=f"The stack file names it as {ref}.",
            hint=f"Set it: export {ref.name}=...{meant}",
        )
    return value


def _from_file(ref: SecretRef, root: Path) -> str:
    path = Path(ref.name)
    if not path.is_absolute():
        path = Path(os.path.normpath(root / path))
        if not path.is_relative_to(os.path.normpath(root)):
            raise DsopsError.of(
                f"The secret {ref} lies outside the stack folder",
                detail="A relative path starts at the stack folder and may not leave it.",
                hint="Use an absolute path, such as ${file:/run/secrets/token}.",
            )
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        text = content.decode()
    except OSError as problem:
        raise DsopsError.of(
            f"The secret {ref} can't be read",
            detail=f"{path}: {problem.strerror}.",
            hint="Check the path and its permissions.",
        ) from None
    except UnicodeDecodeError:
        raise DsopsError.of(
            f"The secret {ref} is not UTF-8 text", detail=f"{path}.", hint="Store it as plain text."
        ) from None
    if len(content) > _LARGEST_FILE:
        raise DsopsError.of(
            f"The secret {ref} is larger than 64 kB", detail=f"{path}.", hint="Name the file of the secret."
        )
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


class Redactor:
    """Takes secrets out of texts and documents."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secret values; each is also looked for as it looks in URLs, JSON, HTML and Python."""
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        # The longest first: of a secret that begins with another one nothing may be left over.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def text(self, text: str) -> str:
        """Return ``text`` with ``***`` where a secret stood."""
        for form in self._forms:
            text = text.replace(form, _MASK)
        return text

    def document(self, value: Any) -> Any:
        """Return a JSON document with ``***`` where a secret stood, in keys too."""
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.document(item) for item in value]
            case dict():
                return {self.text(key): self.document(item) for key, item in value.items()}
            case _:
                return value


def _forms(secret: str) -> tuple[str, ...]:
    sent = secret.encode()
    return (
        secret,
        sent.decode("latin-1"),
        repr(secret)[1:-1],
        repr(sent)[2:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
    )


def credentials(plain: Mapping[str, str], signed: Mapping[str, str]) -> tuple[str, ...]:
    """List the credentials among the headers that signing added; a password may have a form of its own (``Basic``)."""
    added = [
        value
        for name, value in signed.items()
        if plain.get(name) != value and any(word in name.lower() for word in _CREDENTIAL_WORDS)
    ]
    return (*added, *(value.partition(" ")[2] for value in added))
