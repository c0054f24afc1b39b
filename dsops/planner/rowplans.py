"""What is to be done to the rows of each dataset, computed once for all rounds of deciding."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from dsops.model import Address, RecordedRows, Resource
from dsops.planner.diff import ignored_paths
from dsops.planner.inputs import Inputs, Subject
from dsops.planner.rows import DeclaredSide, RowScript, edit_script, whole_script

ROWS = "rows"
"""The path of rows in ``metadata.ignore``."""


@dataclass(frozen=True, slots=True)
class RowPlans:
    """The rows of the resources whose rows are compared.

    Attributes:
        sides: Their declared rows.
        scripts: What the rows need of those datasets that are there.
    """

    sides: Mapping[Address, DeclaredSide] = field(default_factory=dict)
    scripts: Mapping[Address, RowScript] = field(default_factory=dict)

    def script(self, subject: Subject) -> RowScript | None:
        """Return what the rows need of a dataset that stays; None where rows are left alone."""
        return self.scripts[subject.address] if subject.address in self.sides else None

    def whole(self, subject: Subject) -> RowScript | None:
        """Return what the rows need of a dataset that is made; None where rows are left alone."""
        side = self.sides.get(subject.address)
        return whole_script(side.index) if side else None

    def recorded(self, subject: Subject, resource: Resource) -> RecordedRows | None:
        """Return what the record will say of the rows; where they are ignored, what it says now."""
        if resource.rows is None:
            return None
        side = self.sides.get(subject.address)
        if side is None:
            return subject.record.rows if subject.record and not subject.gone else None
        return RecordedRows(resource.rows.mode, resource.rows.key, len(side.index), side.index.digest)


def plan_rows(inputs: Inputs, subjects: Mapping[Address, Subject]) -> RowPlans:
    """Compute what the rows of each dataset need."""
    sides = {
        address: side for address, side in inputs.rows.items() if not _ignored(subjects[address].resource, inputs.today)
    }
    scripts = {
        address: _script(inputs, subjects[address], side)
        for address, side in sides.items()
        if subjects[address].live is not None and address in inputs.observation.rows
    }
    return RowPlans(sides, scripts)


def _script(inputs: Inputs, subject: Subject, side: DeclaredSide) -> RowScript:
    codec = subject.kind.rows
    if codec is None:
        raise ValueError(f"{subject.address} is of a kind without rows")
    record = subject.record.rows if subject.record is not None and not subject.gone else None
    known = record is not None and record.key == side.index.rows.key
    recorded = side.recorded if known else {}
    return edit_script(inputs.observation.rows[subject.address], codec, side.declared, recorded, known=known)


def _ignored(resource: Resource | None, today: dt.date) -> bool:
    return resource is None or ROWS in ignored_paths(resource.meta.ignore, today)
