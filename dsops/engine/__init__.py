"""The only room with effects on the world: reads live state, runs calls, recovers, and keeps the records.

Belongs here: anything that awaits more than one room. Does not belong here: what should happen (planner), what a
wire looks like (providers), how a socket behaves (http), how a person is told (render).
"""

from dsops.engine.apply import apply, apply_saved, plan, store_of
from dsops.engine.drift import drift
from dsops.engine.importing import Imported, import_all, import_one
from dsops.engine.options import Applied, Emit, Options, Planned, Workspace
from dsops.engine.rows import check_rows

__all__ = [
    "Applied",
    "Emit",
    "Imported",
    "Options",
    "Planned",
    "Workspace",
    "apply",
    "apply_saved",
    "check_rows",
    "drift",
    "import_all",
    "import_one",
    "plan",
    "store_of",
]
