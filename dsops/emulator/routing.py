"""From method and path to an operation: the part that is the same for every provider."""

from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from dsops.emulator.exchange import Refusal


class Routed(Protocol):
    """What an operation must say; a path is written as in specs/: `/datasets/{project}`, `/datasets/id:{id}`."""

    @property
    def method(self) -> str:
        """GET, POST, ..."""

    @property
    def path(self) -> str:
        """The path, with placeholders."""


T = TypeVar("T", bound=Routed)


class Table(Generic[T]):
    """Operations, to be found by what a request asks for. Where two paths fit, the one that stands first counts."""

    def __init__(self, operations: Iterable[T]) -> None:
        self._patterns = [(operation, operation.path.split("/")) for operation in operations]

    def find(self, method: str, raw_path: str, segments: Sequence[str]) -> tuple[T, dict[str, str]]:
        """The operation a request means, and the values in its path. Raises Refusal 404, 405.

        segments: the path, cut at its slashes and decoded, beginning with the empty text before the first slash.
        """
        allowed: list[T] = []
        for operation, pattern in self._patterns:
            params = _match(pattern, segments)
            if params is not None:
                if operation.method == method:
                    return operation, params
                allowed.append(operation)
        if not allowed:
            raise Refusal(404, f"There is nothing at {raw_path}.")
        methods = ", ".join(sorted({operation.method for operation in allowed}))
        raise Refusal(405, f"{method} is not possible at {raw_path}; possible: {methods}.", (("Allow", methods),))


def _match(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    params = {}
    for wanted, part in zip(pattern, parts, strict=True):
        before, brace, name = wanted.partition("{")
        if brace and part and part.startswith(before):
            params[name[:-1]] = part.removeprefix(before)
        elif wanted != part:
            return None
    return params
