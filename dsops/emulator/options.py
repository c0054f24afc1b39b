"""What a person can choose about an emulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path


class PutExisting(StrEnum):
    """What a PUT on a name that is taken does; the vendor doesn't say (specs/uipath.md, choice 2)."""

    CONFLICT = "conflict"
    UPSERT = "upsert"


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Options:
    """Everything `create_app` and `serve` can be told.

    data: SQLite file that keeps the data over restarts; None keeps it in memory.
    seed: YAML or JSON file loaded into an empty store (format: specs/uipath.md).
    tokens: JSON file of further tokens with their permissions; `emulator` is always valid and may do everything.
    echo_thresholds: whether streams answer `model.label_thresholds` and `comment_filter` (specs/uipath.md, choice 5).
    put_existing: what PUT on an existing name does.
    faults: fault rules in force from the start, as `POST /_emulator/faults` takes them.
    clock: gives the time that answers carry.
    drop_error: makes the exception that stands for a dropped connection when there is no socket to close, that is
        in process. An in-process httpx client wants `httpx.ReadError` here, which this package must not import.
    """

    data: Path | None = None
    seed: Path | None = None
    tokens: Path | None = None
    echo_thresholds: bool = True
    put_existing: PutExisting = PutExisting.CONFLICT
    faults: tuple[Mapping[str, object], ...] = ()
    clock: Callable[[], datetime] = utc_now
    drop_error: Callable[[str], Exception] = ConnectionResetError
