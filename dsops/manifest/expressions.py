"""What stands between ``${`` and ``}``."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from dsops.model import SecretRef

_TOKEN = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ENVIRONMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIELD = re.compile(r"[^/\s]+/[^/\s]+/[^/]+")
_FORMS = "Write ${var.name}, ${provider/Kind/name.field}, ${env:NAME} or ${file:PATH}; $${ stands for ${ itself."


@dataclass(frozen=True, slots=True)
class Variable:
    """``${var.name}``."""

    name: str


@dataclass(frozen=True, slots=True)
class FieldRef:
    """``${provider/Kind/name.field}``; where the name ends and the field begins depends on which names there are.

    Attributes:
        type: ``provider/Kind``.
        rest: ``name.field``.
    """

    type: str
    rest: str

    def __str__(self) -> str:
        return f"${{{self.type}/{self.rest}}}"


Part = str | Variable | FieldRef | SecretRef


def scan(text: str) -> list[Part]:
    """Split text into plain text and references; a text that is one reference gives a list of one.

    Raises:
        ValueError: Something between ``${`` and ``}`` is no reference. Its arguments are the summary and the hint.
    """
    parts: list[Part] = []
    plain = ""
    end = 0
    for token in _TOKEN.finditer(text):
        plain += text[end : token.start()]
        end = token.end()
        if token[0] == "$${":
            plain += "${"
            continue
        if plain:
            parts.append(plain)
            plain = ""
        parts.append(_reference(token[1]))
    plain += text[end:]
    return [*parts, plain] if plain or not parts else parts


def _reference(inside: str | None) -> Part:
    if inside is None:
        raise ValueError("A reference is not closed", "Close it with }; write $${ if ${ itself is meant.")
    body = inside.strip()
    if body.startswith("var."):
        if not _VARIABLE.fullmatch(body[4:]):
            raise ValueError("A reference names no variable", "A variable's name has letters, digits, _ and -.")
        return Variable(body[4:])
    scheme, colon, name = body.partition(":")
    if colon and scheme in {"env", "file"} and "/" not in scheme:
        return _secret(scheme, name)
    if _FIELD.fullmatch(body) and "." in body.split("/", 2)[2]:
        provider, kind, rest = body.split("/", 2)
        return FieldRef(f"{provider}/{kind}", rest)
    raise ValueError("A reference can't be read", _FORMS)


def _secret(scheme: str, name: str) -> SecretRef:
    if scheme == "env" and not _ENVIRONMENT.fullmatch(name):
        raise ValueError("A reference names no environment variable", "Its name has letters, digits and _.")
    if scheme == "file":
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts:
            raise ValueError(
                "A secret's file lies outside the stack folder",
                "Name a path below the folder of dsops.yaml, without .. in it.",
            )
    return SecretRef(scheme, name)
