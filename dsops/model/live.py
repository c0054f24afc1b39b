"""The live side: objects as a provider's answers show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NaturalKey = tuple[str, ...]
"""The names that identify an object at its provider, parents first: ``("project1", "collateral", "dispute")``."""


@dataclass(frozen=True, slots=True)
class LiveObject:
    """A remote object as read.

    Attributes:
        remote_id: The provider's identifier.
        key: Its natural key.
        attributes: Field path to canonical value. A path that is absent is *unknown*: the answer left it out.
    """

    remote_id: str
    key: NaturalKey
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of one kind in one scope, proven complete.

    Attributes:
        objects: Everything that is there.
        exists: False when the scope itself (the parent) is not there.
        parent_id: The parent's remote id, where reading it needed that.
    """

    objects: tuple[LiveObject, ...]
    exists: bool = True
    parent_id: str = ""
