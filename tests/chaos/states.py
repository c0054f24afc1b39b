"""Where states are kept while dsops is killed: a file beside the stack, or a server of our own."""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.support.buckets import CREDENTIALS, address, running_seaweed
from tests.support.postgres import running_postgres


@dataclass(frozen=True, slots=True)
class States:
    """Where.

    Attributes:
        address: Returns the address of a state that nobody has used yet; None for the file beside the stack.
    """

    address: Callable[[], str | None]


@contextmanager
def _sqlite() -> Iterator[States]:
    yield States(lambda: None)


@contextmanager
def _postgres() -> Iterator[States]:
    with running_postgres() as server:
        numbers = itertools.count(1)
        yield States(lambda: f"{server.address}?schema=chaos{next(numbers)}")


@contextmanager
def _s3() -> Iterator[States]:
    os.environ.update(CREDENTIALS)
    with running_seaweed() as url:
        numbers = itertools.count(1)
        yield States(lambda: address(url, f"chaos{next(numbers)}"))


STATES: Mapping[str, Callable[[], AbstractContextManager[States]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
    "s3": _s3,
}
"""Kinds of stores by name."""
