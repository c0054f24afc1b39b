"""Looking whether something that takes time has come about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a write that takes time has shown.

    Attributes:
        done: Whether it has come about.
        words: What the provider is doing, or what went wrong.
        failed: Whether it won't come about.
    """

    done: bool
    words: str = ""
    failed: bool = False
