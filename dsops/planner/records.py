"""What a record will say, and how that differs from what it says."""

from dsops.model import (
    Address,
    Attributes,
    Cause,
    FieldDiff,
    LiveObject,
    Record,
    RecordedRows,
    Resource,
    Stack,
    masked,
)
from dsops.planner.inputs import Subject


def record_after(
    subject: Subject,
    resource: Resource,
    stack: Stack,
    remote_id: str,
    rows: RecordedRows | None,
    desired: Attributes | None = None,
) -> Record:
    """Return the record of a declared resource once it is as declared.

    Args:
        subject: Its sides.
        resource: Its declaration.
        stack: The stack.
        remote_id: Empty until known.
        rows: What the record will say of its rows.
        desired: The fields that it will have; None for the declared ones.
    """
    return Record(
        address=subject.address,
        connection=subject.connection,
        endpoint=stack.connections[subject.connection].account,
        remote_id=remote_id,
        key=subject.key,
        parent=resource.parent if isinstance(resource.parent, Address) else None,
        depends_on=resource.depends_on,
        attributes=subject.desired if desired is None else desired,
        protect=resource.meta.protect,
        policy=resource.meta.policy,
        replace=resource.meta.replace,
        schema_version=subject.kind.info.schema_version,
        rows=rows,
    )


def place_fields(subject: Subject, record: Record, live: LiveObject) -> tuple[FieldDiff, ...]:
    """Name the parts of the natural key, and the connection, that differ: an object can't be moved there.

    A name that can be changed is none of them: it is a field like others.
    """
    found = []
    if record.connection != subject.connection:
        found.append(FieldDiff("metadata.connection", record.connection, subject.connection, Cause.PENDING))
    if live.key != subject.key:
        info = subject.kind.info
        above, above_new = info.parent_key(live.key), info.parent_key(subject.key)
        if above != above_new and info.parent_field:
            found.append(FieldDiff(info.parent_field, "/".join(above), "/".join(above_new), Cause.PENDING))
        own = list(zip(info.own_key, live.key[len(above) :], subject.key[len(above_new) :], strict=True))
        fixed = own[:-1] if info.renamable else own
        found += [FieldDiff(name, was, will, Cause.PENDING) for name, was, will in fixed if was != will]
    return tuple(found)


def settings_fields(subject: Subject, resource: Resource, record: Record, after: Record) -> list[FieldDiff]:
    """Name the switches that differ from the record, and the fields that are declared no longer.

    Args:
        subject: The resource's sides.
        resource: Its declaration.
        record: Its record as it is.
        after: Its record as it will be.
    """
    meta = resource.meta
    fields = []
    if record.protect != meta.protect:
        fields.append(FieldDiff("metadata.protect", record.protect, meta.protect, Cause.PENDING))
    if record.policy != meta.policy:
        fields.append(FieldDiff("metadata.policy", sorted(record.policy), sorted(meta.policy), Cause.PENDING))
    if record.replace != meta.replace:
        fields.append(FieldDiff("metadata.replace", record.replace, meta.replace, Cause.PENDING))
    fields += _rows_fields(record.rows, after.rows)
    released = [path for path in record.attributes if path not in subject.desired]
    return fields + [FieldDiff(path, masked(record.attributes[path]), None, Cause.RELEASED) for path in released]


def _rows_fields(was: RecordedRows | None, will: RecordedRows | None) -> list[FieldDiff]:
    """Name what is declared of rows as a whole: it decides about every one of them."""
    if was is None:
        return []
    if will is None:
        return [FieldDiff("rows", f"{was.mode}, {was.count} declared", None, Cause.RELEASED)]
    fields = []
    if was.mode != will.mode:
        fields.append(FieldDiff("rows.mode", was.mode.value, will.mode.value, Cause.PENDING))
    if was.key != will.key:
        fields.append(FieldDiff("rows.key", list(was.key), list(will.key), Cause.PENDING))
    return fields
