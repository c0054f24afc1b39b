"""Rows at work: the declared ones are read once and checked, the live ones compared as they arrive."""

import weakref
from array import array
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import orjson

from dsops.engine.options import Workspace
from dsops.manifest.rows import RowReader
from dsops.model import (
    Address,
    Diagnostic,
    DsopsError,
    Resource,
    RowCodec,
    in_order,
)
from dsops.planner import RowComparison, RowIndex
from dsops.providers import kind_of

_IN_MEMORY = 32 * 1024 * 1024
"""Bytes of differing live rows that are kept in memory; more of them go into a file without a name."""


class KeptRows:
    """Live rows that differ from what is declared (``LiveRows``): a plan of a million changes must fit into memory."""

    def __init__(self) -> None:
        """Start with none."""
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it lives as long as the plan
        weakref.finalize(self, self._file.close)
        self._ends = array("Q", [0])

    def keep(self, document: Mapping[str, Any]) -> int:
        """Keep a row's document; return its number."""
        self._file.seek(self._ends[-1])
        self._ends.append(self._ends[-1] + self._file.write(orjson.dumps(document)))
        return len(self._ends) - 2

    def get(self, number: int) -> Mapping[str, Any]:
        """Return a document that was kept."""
        self._file.seek(self._ends[number])
        document: dict[str, Any] = orjson.loads(self._file.read(self._ends[number + 1] - self._ends[number]))
        return document


@dataclass(frozen=True, slots=True)
class RowsAtHand:
    """The rows of one resource during a run.

    Attributes:
        codec: Reads and writes them.
        index: The declared ones, by key.
        declared: The declared ones, to be read again.
        kept: Live ones that differ.
        comparison: Compares live ones as they arrive.
        diagnostics: What is wrong with the declared ones.
    """

    codec: RowCodec
    index: RowIndex
    declared: RowReader
    kept: KeptRows
    comparison: RowComparison
    diagnostics: tuple[Diagnostic, ...] = ()


def read_rows(workspace: Workspace, chosen: AbstractSet[Address]) -> dict[Address, RowsAtHand]:
    """Read the declared rows of the chosen resources.

    Raises:
        DsopsError: Rows that are none, or equal keys: all of them, as far as they are listed.
    """
    found = {each.address: _read(workspace, each) for each in _with_rows(workspace) if each.address in chosen}
    problems = [problem for each in found.values() for problem in each.diagnostics]
    if any(problem.is_error for problem in problems):
        raise DsopsError(*in_order(problems))
    return found


def check_rows(workspace: Workspace) -> tuple[Diagnostic, ...]:
    """Read all declared rows, and return what is wrong with them."""
    return in_order(problem for each in _with_rows(workspace) for problem in _read(workspace, each).diagnostics)


def _with_rows(workspace: Workspace) -> Iterator[Resource]:
    return (each for each in workspace.resources if each.rows is not None)


def _read(workspace: Workspace, resource: Resource) -> RowsAtHand:
    codec, rows = kind_of(resource.address.type).rows, resource.rows
    if codec is None or rows is None:
        raise ValueError(f"{resource.address} has no rows")
    index, kept = RowIndex(rows, codec), KeptRows()
    root = Path(workspace.stack.root)
    reader = RowReader(rows, root, codec.declared, parsed=codec.parsed, largest=codec.part_size)
    diagnostics = reader.read(index.add)
    return RowsAtHand(codec, index, reader, kept, RowComparison(index, codec, kept), diagnostics)
