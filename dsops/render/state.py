"""What the state holds."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from dsops.model import Holder, Intent, Record, Verb, masked, rows_holder
from dsops.render.style import Style, columns, counted, printable, value_text


class Entry(Protocol):
    """An entry of a state's history."""

    @property
    def at(self) -> float:
        """Unix time."""
        ...

    @property
    def serial(self) -> int:
        """Serial that the run wrote."""
        ...

    @property
    def who(self) -> str:
        """``user@host``."""
        ...

    @property
    def command(self) -> str:
        """``dsops apply``."""
        ...

    @property
    def summary(self) -> str:
        """One line."""
        ...

    @property
    def changes(self) -> tuple[str, ...]:
        """One line a change."""
        ...


class Kept(Protocol):
    """A backup of a state."""

    @property
    def number(self) -> int:
        """What it is called by."""
        ...

    @property
    def serial(self) -> int:
        """Serial of the state in it."""
        ...

    @property
    def reason(self) -> str:
        """What came then."""
        ...

    @property
    def at(self) -> float:
        """Unix time."""
        ...


def moment(at: float) -> str:
    """Write a Unix time in UTC, to the second."""
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def state_list_text(records: Iterable[Record]) -> str:
    """Write a line a record: address, connection, remote id."""
    rows = [(str(each.address), printable(each.connection), printable(each.remote_id)) for each in records]
    return "\n".join(columns(rows))


def record_text(record: Record, held: Mapping[str, int], *, colour: bool = False) -> str:
    """Tell all of one record, given how many rows are held by holder."""
    style = Style(colour)
    rows = [
        ("remote id:", printable(record.remote_id)),
        ("key:", printable("/".join(record.key))),
        ("connection:", printable(f"{record.connection} ({record.endpoint})")),
        ("parent:", str(record.parent or "-")),
        ("depends on:", ", ".join(map(str, record.depends_on)) or "-"),
        ("protect:", "yes" if record.protect else "no"),
        ("policy:", ", ".join(verb.value for verb in Verb if verb in record.policy) or "nothing"),
        ("replace:", "allowed" if record.replace else "not allowed"),
        *_rows_text(record, held),
    ]
    lines = [style(str(record.address), "bold"), *(f"  {line}" for line in columns(rows, gap=" ")), "  attributes:"]
    fields = [(f"{printable(path)}:", value_text(value)) for path, value in record.attributes.items()]
    return "\n".join([*lines, *(f"    {line}" for line in columns(fields, gap=" "))])


def record_document(record: Record, held: Mapping[str, int]) -> dict[str, Any]:
    """Return one record as JSON content, given how many rows are held by holder."""
    document = {
        "address": str(record.address),
        "connection": record.connection,
        "endpoint": record.endpoint,
        "remoteId": record.remote_id,
        "key": list(record.key),
        "parent": str(record.parent) if record.parent else None,
        "dependsOn": [str(each) for each in record.depends_on],
        "attributes": masked(record.attributes),
        "protect": record.protect,
        "policy": [verb.value for verb in Verb if verb in record.policy],
        "replace": record.replace,
        "schemaVersion": record.schema_version,
    }
    if record.rows is not None:
        document["rows"] = {
            "mode": record.rows.mode.value,
            "key": list(record.rows.key),
            "count": record.rows.count,
            "digest": record.rows.digest,
            "held": _held(record, held),
        }
    return document


def backups_text(backups: Sequence[Kept]) -> str:
    """Tell which backups there are, oldest first."""
    rows = [(str(each.number), f"serial {each.serial}", f"before {each.reason}", moment(each.at)) for each in backups]
    return "\n".join(columns(rows)) or "No backups yet: push, restore, migrate and a new format keep one each."


def backups_document(backups: Sequence[Kept]) -> list[dict[str, Any]]:
    """Return the backups as JSON content, oldest first."""
    return [
        {"number": each.number, "serial": each.serial, "reason": each.reason, "at": moment(each.at)} for each in backups
    ]


def history_text(entries: Sequence[Entry], *, colour: bool = False) -> str:
    """Tell what runs did, newest first."""
    style = Style(colour)
    return "\n".join(line for each in entries for line in _entry(each, style)) or "Nothing yet."


def history_document(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the history as JSON content, newest first."""
    return [
        {
            "at": moment(each.at),
            "serial": each.serial,
            "who": each.who,
            "command": each.command,
            "summary": each.summary,
            "changes": list(each.changes),
        }
        for each in entries
    ]


def holder_text(holder: Holder) -> str:
    """Say who holds a lease."""
    when = f"since {moment(holder.since)}, until {moment(holder.until)}"
    return printable(f"{holder.who}, {holder.command}, process {holder.pid}, {when}")


def intents_text(intents: Sequence[Intent]) -> str:
    """Say which calls of an interrupted run aren't settled; the next apply settles them."""
    lines = [f"  {each.address}: {printable(each.request)}, {moment(each.at)}" for each in intents]
    return "\n".join([f"{counted(len(intents), 'call')} of an interrupted run, which the next apply settles:", *lines])


def _entry(entry: Entry, style: Style) -> Iterator[str]:
    head = f"{moment(entry.at)}   serial {entry.serial}   {entry.who}   {entry.command}"
    yield f"{style(printable(head), 'bold')}   {printable(entry.summary)}"
    yield from (f"  {printable(each)}" for each in entry.changes)


def _rows_text(record: Record, held: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Say what is known of a record's rows, if it has any."""
    rows = record.rows
    if rows is not None:
        whole = "" if rows.digest else ", not wholly applied"
        key = printable(", ".join(rows.key))
        yield "rows:", f"{rows.mode.value} by {key}: {rows.count:,} declared{whole}, {_held(record, held):,} held"


def _held(record: Record, held: Mapping[str, int]) -> int:
    return held.get(rows_holder(record.address.type, record.endpoint, record.remote_id), 0)
