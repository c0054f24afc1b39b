"""What should happen about one address: small functions, one question each."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dsops.model import (
    Action,
    Address,
    Attributes,
    Cause,
    Diagnostic,
    FieldDiff,
    LiveObject,
    Reason,
    Record,
    Reference,
    Resource,
    RowMode,
    Stack,
    Verb,
    masked,
    references,
    substitute,
)
from dsops.planner.diff import Difference, compare, ignored_paths
from dsops.planner.inputs import Settings, Subject
from dsops.planner.neighbours import Neighbours
from dsops.planner.records import place_fields, record_after, settings_fields
from dsops.planner.rowplans import RowPlans
from dsops.planner.rows import RowScript

_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Decision:
    """What should happen, before it is put into calls.

    Attributes:
        subject: The address's sides.
        action: What will be done.
        reason: Why.
        send: Fields to send, for create, update, replace and adopt.
        fields: What differs.
        notes: In words.
        after: The record as it will be; None when it goes or stays as it is.
        unverifiable: Declared fields that the provider doesn't return.
        rows: What is done to its rows; None where they are left alone.
    """

    subject: Subject
    action: Action
    reason: Reason
    send: Attributes = field(default_factory=dict)
    fields: tuple[FieldDiff, ...] = ()
    notes: tuple[str, ...] = ()
    after: Record | None = None
    unverifiable: tuple[str, ...] = ()
    rows: RowScript | None = None

    @property
    def keeps_id(self) -> bool:
        """Whether the object that is there now stays the same object."""
        return self.subject.live is not None and self.action not in (Action.CREATE, Action.REPLACE, Action.DELETE)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against deleting, replacing or creating an object.

    Attributes:
        reason: Why it is blocked.
        note: The same in words.
    """

    reason: Reason
    note: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the decisions of one round depend on beside their own three sides.

    Attributes:
        stack: The stack.
        settings: What the person asked for.
        today: For ``ignore.until``.
        failed: Addresses whose lookup failed, and why.
        neighbours: What stands where.
        obstacles: What earlier rounds found against an address.
        decided: The decisions of this round so far; those a decision rests on are made before it.
        ids: Remote ids that are known and will stay.
        rows: What rows need.
        foreign_rows: How many rows of a dataset that is to go this stack never wrote.
    """

    stack: Stack
    settings: Settings
    today: dt.date
    failed: Mapping[Address, Diagnostic]
    neighbours: Neighbours
    obstacles: Mapping[Address, Obstacle]
    decided: Mapping[Address, Decision]
    ids: Mapping[Address, str]
    rows: RowPlans
    foreign_rows: Mapping[Address, int]

    def record(
        self, subject: Subject, resource: Resource, remote_id: str = "", desired: Attributes | None = None
    ) -> Record:
        """Return the record of a resource once it is as declared."""
        rows = self.rows.recorded(subject, resource)
        return record_after(subject, resource, self.stack, remote_id, rows, desired)

    def parent(self, resource: Resource) -> Decision | None:
        """Return the decision about a resource's parent, if the stack declares that."""
        return self.decided.get(resource.parent) if isinstance(resource.parent, Address) else None

    def absent(self, resource: Resource, desired: Attributes) -> tuple[Address, ...]:
        """Return what a resource's values refer to that will not be there to have an id."""
        wanted = dict.fromkeys(each.address for each in references(desired)) if resource.late else {}
        decided = self.decided
        return tuple(
            each
            for each in wanted
            if each in decided and decided[each].action is Action.BLOCKED and decided[each].subject.live is None
        )


def decide_declared(subject: Subject, resource: Resource, around: Surroundings) -> Decision:
    """Decide about a declared resource."""
    if subject.address in around.failed:
        note = around.failed[subject.address].summary
        return Decision(subject, Action.BLOCKED, Reason.LOOKUP_FAILED, notes=(note,))
    if resource.late:
        subject = dataclasses.replace(subject, desired=_resolved(subject.desired, around.ids))
    parent = around.parent(resource)
    if parent is not None and parent.action is Action.BLOCKED and not parent.subject.in_place:
        note = f"its parent {parent.subject.address} is blocked and isn't there"
        return Decision(subject, Action.BLOCKED, Reason.PARENT_BLOCKED, notes=(note,))
    if absent := around.absent(resource, subject.desired):
        note = f"it refers to {names(map(str, absent))}, which is blocked and isn't there"
        return Decision(subject, Action.BLOCKED, Reason.PARENT_BLOCKED, notes=(note,))
    if subject.live is None:
        return _create(subject, resource, around)
    if parent is not None and parent.action is Action.REPLACE and _below(subject, parent.subject):
        return _made_anew(subject, resource, around, parent)
    if subject.record is None or subject.gone:
        return _adopt(subject, resource, around, subject.live)
    return _update(subject, resource, around, subject.record, subject.live)


def decide_undeclared(subject: Subject, record: Record, around: Surroundings) -> Decision:
    """Decide about a recorded object that isn't declared any more."""
    if subject.live is None:
        return Decision(subject, Action.FORGET, Reason.GONE, notes=("it is not there any more",))
    if record.protect:
        note = "it is protected: declare it with protect: false and apply, then remove it"
        return Decision(subject, Action.BLOCKED, Reason.PROTECTED, notes=(note,))
    if not subject.deletable:
        note = "such an object can't be deleted: it is left alone"
        return Decision(subject, Action.FORGET, Reason.UNDECLARED, notes=(note,))
    if Verb.DELETE not in record.policy:
        return Decision(subject, Action.FORGET, Reason.POLICY, notes=("its policy lacks delete: it is left alone",))
    if obstacle := around.obstacles.get(subject.address):
        return Decision(subject, Action.BLOCKED, obstacle.reason, notes=(obstacle.note,))
    strangers = _strangers(subject, record, around)
    if strangers and not around.settings.confirmed:
        note = f"it holds what this stack didn't record: {strangers}"
        calls = ", ".join(f"{call.method} {call.target}" for call in subject.kind.delete(subject.live))
        passes = f"--confirm with the id of this plan deletes it all the same: {calls}"
        return Decision(subject, Action.BLOCKED, Reason.HOLDS_UNRECORDED, notes=(note, passes))
    return Decision(subject, Action.DELETE, Reason.UNDECLARED, notes=_losses(subject, around))


def _strangers(subject: Subject, record: Record, around: Surroundings) -> str:
    """Name what an object holds that this stack neither recorded nor declares: objects, and rows that it left alone."""
    found = [names("/".join(each.key) for each in around.neighbours.strangers(subject, deletable=True))]
    foreign = around.foreign_rows.get(subject.address, 0)
    if foreign and record.rows is not None and record.rows.mode is not RowMode.SYNC:
        found.append(f"rows ({foreign})")
    return ", ".join(filter(None, found))


def _resolved(desired: Attributes, ids: Mapping[Address, str]) -> Attributes:
    def resolve(reference: Reference) -> str | None:
        return ids.get(reference.address)

    return {path: substitute(value, resolve) for path, value in desired.items()}


def _below(child: Subject, parent: Subject) -> bool:
    """Whether a child stands below an object that is there: what happens to that one happens to it."""
    return (
        child.live is not None
        and parent.live is not None
        and child.home == parent.home
        and child.kind.info.parent_key(child.live.key) in (parent.live.key, parent.key)
    )


def _create(subject: Subject, resource: Resource, around: Surroundings) -> Decision:
    reason = Reason.NOT_RECORDED if subject.record is None else Reason.GONE
    if subject.left is not None:
        reason = Reason.CREATE_ONLY
    if Verb.CREATE not in resource.meta.policy & subject.kind.info.verbs:
        return Decision(subject, Action.BLOCKED, Reason.POLICY, notes=("its policy lacks create",))
    if obstacle := around.obstacles.get(subject.address):
        return Decision(subject, Action.BLOCKED, obstacle.reason, notes=(obstacle.note,))
    return Decision(
        subject,
        Action.CREATE,
        reason,
        send=subject.desired,
        fields=_all_fields(subject),
        notes=(*_moved_from(subject), *_left_alone(subject)),
        after=around.record(subject, resource),
        rows=around.rows.whole(subject),
    )


def _left_alone(subject: Subject) -> tuple[str, ...]:
    if subject.left is None:
        return ()
    return (f"{'/'.join(subject.left.key)}, recorded here before, can't be changed or deleted: it is left alone",)


def _made_anew(subject: Subject, resource: Resource, around: Surroundings, parent: Decision) -> Decision:
    """Follow a parent that is replaced; one that may not stops the parent, in the next round."""
    replaced = subject.record is not None and not subject.gone and subject.deletable
    if resource.meta.protect:
        note = "it is protected, and would go with its parent"
        return Decision(subject, Action.BLOCKED, Reason.PROTECTED, notes=(note,))
    allowed = resource.meta.policy & subject.kind.info.verbs
    if Verb.CREATE not in allowed or (subject.deletable and Verb.DELETE not in allowed):
        note = "it would go with its parent and be made anew, and its policy lacks create or delete"
        return Decision(subject, Action.BLOCKED, Reason.POLICY, notes=(note,))
    if obstacle := around.obstacles.get(subject.address):
        return Decision(subject, Action.BLOCKED, obstacle.reason, notes=(obstacle.note,))
    note = f"it goes with its parent {parent.subject.address} and is made anew"
    return Decision(
        subject,
        Action.REPLACE if replaced else Action.CREATE,
        Reason.PARENT_REPLACED,
        send=subject.desired,
        fields=_all_fields(subject),
        notes=(note, *_losses(subject, around)),
        after=around.record(subject, resource),
        rows=around.rows.whole(subject),
    )


def _adopt(subject: Subject, resource: Resource, around: Surroundings, live: LiveObject) -> Decision:
    info = subject.kind.info
    ignored = ignored_paths(resource.meta.ignore, around.today)
    found = compare(subject.desired, {}, live.attributes, info.fields, ignored)
    rows = around.rows.script(subject)
    if not around.settings.adopt_existing:
        note = "it exists and this stack did not make it; --on-exists adopt takes it over"
        return Decision(subject, Action.BLOCKED, Reason.EXISTS, fields=found.fields, notes=(note,), rows=rows)
    if found.create_only:
        note = f"it exists and differs in {', '.join(found.create_only)}; what this stack didn't make is never replaced"
        return Decision(subject, Action.BLOCKED, Reason.CREATE_ONLY, fields=found.fields, notes=(note,))
    if lacking := _lacks_update(subject, resource, found, rows):
        return lacking
    notes = [f"{path} can't be verified and is taken as declared" for path in found.assumed]
    notes += _left_alone(subject)
    if subject.gone and subject.left is None:
        notes.append("the recorded object is gone; another stands under its name")
    return Decision(
        subject,
        Action.ADOPT,
        Reason.EXISTS,
        send=found.send,
        fields=found.fields,
        notes=tuple(notes),
        after=around.record(subject, resource, live.remote_id, found.desired),
        rows=rows,
    )


def _update(subject: Subject, resource: Resource, around: Surroundings, record: Record, live: LiveObject) -> Decision:
    rows = around.rows.script(subject) if resource.rows else None
    if _agree(subject, resource, around, record, live) and not (rows and rows.count):
        return Decision(subject, Action.NOOP, Reason.UNCHANGED, rows=rows)
    info = subject.kind.info
    ignored = ignored_paths(resource.meta.ignore, around.today)
    found = compare(subject.desired, record.attributes, live.attributes, info.fields, ignored)
    elsewhere = place_fields(subject, record, live)
    if elsewhere or found.create_only:
        return _replace(subject, resource, around, (*elsewhere, *found.fields))
    if lacking := _lacks_update(subject, resource, found, rows):
        return lacking
    obstacle = around.obstacles.get(subject.address)
    if obstacle is not None:  # against its new name: nothing else stands against an update
        return Decision(subject, Action.BLOCKED, obstacle.reason, fields=found.fields, notes=(obstacle.note,))
    after = around.record(subject, resource, live.remote_id, found.desired)
    settings = settings_fields(subject, resource, record, after)
    fields = (*found.fields, *settings)
    action, reason = Action.NOOP, Reason.UNCHANGED
    if subject.moved:
        action, reason = Action.ADOPT, Reason.MOVED
    elif found.send:
        action, reason = Action.UPDATE, Reason.FIELDS_CHANGED
    elif rows and rows.count:
        action, reason = Action.UPDATE, Reason.ROWS_CHANGED
    elif settings:
        action, reason = Action.UPDATE, Reason.SETTINGS_CHANGED
    return Decision(subject, action, reason, found.send, fields, _moved_from(subject), after, found.unverifiable, rows)


def _agree(subject: Subject, resource: Resource, around: Surroundings, record: Record, live: LiveObject) -> bool:
    """Whether all three sides say the same: in most plans most do, and they are done with at once."""
    return (
        subject.desired.items() <= live.attributes.items()
        and live.key == subject.key
        and record == around.record(subject, resource, live.remote_id)
    )


def _moved_from(subject: Subject) -> tuple[str, ...]:
    return (f"moved from {subject.record.address}",) if subject.moved and subject.record else ()


def _lacks_update(subject: Subject, resource: Resource, found: Difference, rows: RowScript | None) -> Decision | None:
    """Block what needs the verb update, where the policy or the kind lacks it."""
    if Verb.UPDATE in resource.meta.policy & subject.kind.info.verbs or not (found.send or (rows and rows.count)):
        return None
    note = "its policy lacks update"
    return Decision(subject, Action.BLOCKED, Reason.POLICY, fields=found.fields, notes=(note,), rows=rows)


def _replace(subject: Subject, resource: Resource, around: Surroundings, fields: tuple[FieldDiff, ...]) -> Decision:
    losses = _losses(subject, around)
    blocked = _why_not_replace(subject, resource, around.obstacles.get(subject.address))
    if blocked is not None:
        reason, note = blocked
        return Decision(subject, Action.BLOCKED, reason, fields=fields, notes=(note, *losses))
    return Decision(
        subject,
        Action.REPLACE,
        Reason.CREATE_ONLY,
        send=subject.desired,
        fields=fields,
        notes=(*_moved_from(subject), *losses),
        after=around.record(subject, resource),
        rows=around.rows.whole(subject),
    )


def _why_not_replace(subject: Subject, resource: Resource, obstacle: Obstacle | None) -> tuple[Reason, str] | None:
    if resource.meta.protect:
        return Reason.PROTECTED, "it is protected, and this change can only be made by replacing it"
    if not resource.meta.replace:
        return Reason.CREATE_ONLY, "this change can only be made by replacing it: metadata.replace: allowed lets it"
    if not {Verb.CREATE, Verb.DELETE} <= resource.meta.policy & subject.kind.info.verbs:
        return Reason.POLICY, "replacing needs create and delete, and its policy lacks one"
    return None if obstacle is None else (obstacle.reason, obstacle.note)


def _losses(subject: Subject, around: Surroundings) -> tuple[str, ...]:
    """Say in words what goes with the object."""
    lost = subject.kind.info.lost_on_delete
    notes = [f"lost: {lost}"] if lost else []
    below = [str(child.address) for child in around.neighbours.children(subject.address) if child.live is not None]
    below += ["/".join(each.key) + " (not recorded)" for each in around.neighbours.strangers(subject)]
    if below:
        notes.append(f"goes with it: {names(below)}")
    if foreign := around.foreign_rows.get(subject.address):
        notes.append(f"goes with it: rows this stack never wrote ({foreign})")
    return tuple(notes)


def names(all_names: Iterable[str]) -> str:
    """Return the first names, sorted, and how many more there are."""
    listed = sorted(all_names)
    rest = len(listed) - _NAMES_SHOWN
    return ", ".join(listed[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _all_fields(subject: Subject) -> tuple[FieldDiff, ...]:
    return tuple(FieldDiff(path, None, masked(value), Cause.PENDING) for path, value in subject.desired.items())
