"""Rows: what differs between declared and live ones, the fewest calls that close the gap, and what a plan says of them.

Belongs here: everything that looks at single rows. Only keys, digests and what differs is held; rows themselves pass
through. Does not belong here: files (the rows are given), wire names (the codec's), decisions about the dataset itself.
"""

from dsops.planner.rows.calls import RowCalls, Target
from dsops.planner.rows.compare import ForeignCount, LiveMark, RowComparison, RowDelta
from dsops.planner.rows.index import RowIndex
from dsops.planner.rows.saved import SavedRows
from dsops.planner.rows.script import RowScript, RowUpdate, edit_script, whole_script
from dsops.planner.rows.side import DeclaredSide
from dsops.planner.rows.write import row_changes, row_writes

__all__ = [
    "DeclaredSide",
    "ForeignCount",
    "LiveMark",
    "RowCalls",
    "RowComparison",
    "RowDelta",
    "RowIndex",
    "RowScript",
    "RowUpdate",
    "SavedRows",
    "Target",
    "edit_script",
    "row_changes",
    "row_writes",
    "whole_script",
]
