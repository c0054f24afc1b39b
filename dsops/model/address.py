"""Addresses: how a stack names its resources."""

import re
from typing import NamedTuple

NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
_TYPE_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class Address(NamedTuple):
    """``<provider>/<Kind>/<name>``, for example ``uipath/Dataset/collateral``.

    A named tuple, since a plan looks each address up some fifty times, and a tuple is hashed and compared in C.

    Attributes:
        provider: Provider name, ``uipath``.
        kind: Kind name, ``Dataset``.
        name: ``metadata.name`` of the manifest.
    """

    provider: str
    kind: str
    name: str

    @property
    def type(self) -> str:
        """The kind with its provider: ``uipath/Dataset``."""
        return f"{self.provider}/{self.kind}"

    def __str__(self) -> str:
        return f"{self.provider}/{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``provider/Kind/name``.

        Raises:
            ValueError: ``text`` does not have exactly three parts, or one has characters an address may not have.
        """
        parts = text.split("/")
        typed = len(parts) == 3 and _TYPE_PATTERN.fullmatch(parts[0]) and _TYPE_PATTERN.fullmatch(parts[1])
        if not typed or not NAME_PATTERN.fullmatch(parts[2]):
            raise ValueError(f"{text!r} is not an address; an address looks like uipath/Dataset/collateral")
        return cls(*parts)
