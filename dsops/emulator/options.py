"""What a person can choose about an emulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from dsops.emulator.exchange import SetupError


class PutExisting(StrEnum):
    """What a PUT on a name that is taken does; the vendor doesn't say (specs/uipath.md, choice 2)."""

    CONFLICT = "conflict"
    UPSERT = "upsert"


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


# What can be made up, and how many at most: what fits in memory and starts within minutes.
GENERATED = {"comments": 10_000_000, "datasets": 100_000, "streams": 100_000}


@dataclass(frozen=True, slots=True)
class Options:
    """Everything `create_app` and `serve` can be told.

    data: SQLite file that keeps the data over restarts; None keeps it in memory.
    seed: YAML or JSON file loaded into an empty store (format: specs/uipath.md).
    generate: how many comments, datasets and streams to make up in an empty store, as `parse_generate` gives them.
    tokens: JSON file of further tokens with their permissions; `emulator` is always valid and may do everything.
    echo_thresholds: whether streams answer `model.label_thresholds` and `comment_filter` (specs/uipath.md, choice 5).
    put_existing: what PUT on an existing name does.
    faults: fault rules in force from the start, as `POST /_emulator/faults` takes them.
    clock: gives the time that answers carry, until `POST /_emulator/clock` sets another.
    drop_error: makes the exception that stands for a dropped connection when there is no socket to close, that is
        in process. An in-process httpx client wants `httpx.ReadError` here, which this package must not import.
    """

    data: Path | None = None
    seed: Path | None = None
    generate: Mapping[str, int] = field(default_factory=dict)
    tokens: Path | None = None
    echo_thresholds: bool = True
    put_existing: PutExisting = PutExisting.CONFLICT
    faults: tuple[Mapping[str, object], ...] = ()
    clock: Callable[[], datetime] = utc_now
    drop_error: Callable[[str], Exception] = ConnectionResetError


def parse_generate(text: str) -> dict[str, int]:
    """Numbers by name, from text like "comments=10000,datasets=2". Raises SetupError that says what is wrong."""
    counts = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        if name not in GENERATED or not number.isdecimal() or int(number) > GENERATED[name]:
            known = ", ".join(f"{each}=0..{most}" for each, most in GENERATED.items())
            raise SetupError(f"--generate: {part!r} is not one of {known}")
        counts[name] = int(number)
    return counts
