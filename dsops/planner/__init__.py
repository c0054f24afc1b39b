"""Deciding: (declared, live, state, facts about kinds, today) → plan. No I/O, no clock, no chance, no logging.

Belongs here: every "if" about what should happen, guards, the order of calls, the plan's document and file. Does not
belong here: URLs, sockets, terminals, durable state.
"""

from dsops.planner.changes import fingerprint
from dsops.planner.declared import Declared, declare, scope_of
from dsops.planner.document import plan_document, plan_id
from dsops.planner.drift import find_drift
from dsops.planner.inputs import Inputs, Settings
from dsops.planner.matching import LiveIndex
from dsops.planner.observation import Observation, Scope
from dsops.planner.plan import make_plan
from dsops.planner.planfile import SavedPlan, dump_plan, load_plan
from dsops.planner.rows import (
    DeclaredSide,
    ForeignCount,
    RowComparison,
    RowDelta,
    RowIndex,
    RowScript,
    SavedRows,
    edit_script,
)
from dsops.planner.select import select

__all__ = [
    "Declared",
    "DeclaredSide",
    "ForeignCount",
    "Inputs",
    "LiveIndex",
    "Observation",
    "RowComparison",
    "RowDelta",
    "RowIndex",
    "RowScript",
    "SavedPlan",
    "SavedRows",
    "Scope",
    "Settings",
    "declare",
    "dump_plan",
    "edit_script",
    "find_drift",
    "fingerprint",
    "load_plan",
    "make_plan",
    "plan_document",
    "plan_id",
    "scope_of",
    "select",
]
