"""Secrets: found when a request is signed, and kept out of every text."""

import base64
import difflib
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from dsops.model import DsopsError, SecretRef

_LARGEST_FILE = 65536
_MASK = "***"
_LONG_ENOUGH = 8
"""Letters and digits that don't stand together by chance."""
_LONG_WORD = 12
"""Letters that are enough of a secret to be masked wherever they stand."""
_WIDEST = 16
"""Characters that encodings of encodings make of one, at most."""
_WORD = re.compile("[A-Za-z0-9._~-]+")
"""What is the same in URLs, JSON, HTML and Python."""
_CREDENTIAL_WORDS = ("auth", "token", "secret", "key", "cookie", "signature")


RESOLVED: set[str] = set()
"""Every secret that this process has found: for whoever writes down what nobody expected."""


def resolve_secret(ref: SecretRef, root: Path) -> str:
    """Find the value of a secret.

    Args:
        ref: ``${env:NAME}``; or ``${file:PATH}``, a path below the stack folder, of which one newline at the end is
            dropped.
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
    RESOLVED.add(value)
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
    path = root / ref.name
    # Links are followed before it is looked where they lead: whoever wrote the manifests may have made them too.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise DsopsError.of(
            f"The secret {ref} lies outside the stack folder",
            detail="Its path starts at the stack folder and may not leave it, by a link neither.",
            hint="Put the file itself there, or name an environment variable: ${env:NAME}.",
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
        """Take the secret values; each is also looked for as it looks in URLs, JSON, HTML, Python, Base64 and hex."""
        values = {secret for secret in secrets if secret}
        words = {word for secret in values for word in _WORD.findall(secret) if len(word) >= _LONG_WORD}
        forms = {form for secret in values | words for form in (*_forms(secret), *_coded(secret.encode()))}
        # The longest first: of a secret that begins with another one nothing may be left over.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._patterns = [re.compile(pattern, re.DOTALL) for pattern in sorted(map(_words, values)) if pattern]

    def text(self, text: str) -> str:
        """Return ``text`` with ``***`` where a secret stood."""
        for form in self._forms:
            text = text.replace(form, _MASK)
        for pattern in self._patterns:
            text = pattern.sub(_MASK, text)
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


def _coded(sent: bytes) -> Iterator[str]:
    """Yield what Base64 and hex make of a secret, and of one somewhere in what was encoded."""
    if len(sent) < _LONG_ENOUGH:
        return
    yield from (sent.hex(), sent.hex().upper())
    for offset in range(3):
        # Of the first and the last letters some bits are those of what stands around.
        first, last = (0, 2, 3)[offset], (offset + len(sent)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * offset + sent).decode()
            yield whole[first:last]
            if not offset:
                yield whole


def _words(secret: str) -> str:
    """Return a pattern of a secret's words in their order, whatever encodings of encodings made of what is between."""
    words = _WORD.findall(secret)
    if len(words) < 2 or sum(map(len, words)) < _LONG_ENOUGH:
        return ""
    between = [len(each) for each in _WORD.split(secret)[1:-1]]
    gaps = [f".{{1,{_WIDEST * count}}}?" for count in between]
    return "".join(re.escape(word) + gap for word, gap in zip(words, [*gaps, ""], strict=True))


def credentials(plain: Mapping[str, str], signed: Mapping[str, str]) -> tuple[str, ...]:
    """List the credentials among the headers that signing added; a password may have a form of its own (``Basic``)."""
    added = [
        value
        for name, value in signed.items()
        if plain.get(name) != value and any(word in name.lower() for word in _CREDENTIAL_WORDS)
    ]
    return (*added, *(value.partition(" ")[2] for value in added))
