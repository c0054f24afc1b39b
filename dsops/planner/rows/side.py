"""What planning the rows of one dataset needs beside what differs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsops.model import DeclaredRows, LiveRows, RowMark
from dsops.planner.rows.index import RowIndex


@dataclass(frozen=True, slots=True)
class DeclaredSide:
    """The declared rows of one dataset, and where to find what was read of the live ones.

    Attributes:
        index: Keys and digests of all declared rows.
        declared: The rows, to be read again.
        kept: Documents of live rows that differ.
        recorded: What the state holds of the rows that differ (``RowDelta.keys``), under the same key fields; empty
            where it holds none.
    """

    index: RowIndex
    declared: DeclaredRows
    kept: LiveRows
    recorded: Mapping[bytes, RowMark] = field(default_factory=dict)
