"""What a person can choose about an emulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from dsops.emulator.exchange import SetupError
from dsops.emulator.limiting import Limit


class PutExisting(StrEnum):
    """What a PUT on a name that is taken does; the vendor doesn't say (specs/uipath.md, choice 2)."""

    CONFLICT = "conflict"
    UPSERT = "upsert"


class ExtensionField(StrEnum):
    """Which spelling of an expected source's extension GEAI writes and reads; there are two (specs/geai.md, choice 4).

    EITHER writes the documented one and reads both; VENDOR and SDK know only the documented one, and only that of the
    vendor's SDK; BOTH writes and reads both.
    """

    EITHER = "either"
    VENDOR = "vendor"
    SDK = "sdk"
    BOTH = "both"


class RowPut(StrEnum):
    """What an update of a GEAI row does with the lists nested in it (specs/geai.md, choice 2)."""

    REPLACE = "replace"
    MERGE = "merge"
    IGNORE_NESTED = "ignore-nested"


class Upload(StrEnum):
    """Whether a GEAI upload is done when it is answered, or accepted with 202 and done later (choice 8)."""

    SYNC = "sync"
    ASYNC = "async"


class UploadAnswer(StrEnum):
    """What an upload of GEAI rows answers: the rows with their ids, or a count (choice 9)."""

    ROWS = "rows"
    SUMMARY = "summary"


class DeleteAnswer(StrEnum):
    """What GEAI answers to a delete: a message, or nothing (choice 10)."""

    MESSAGE = "message"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class GeaiSwitches:
    """What is open about GEAI, one switch a question; specs/geai.md has the questions.

    error_in_200: errors of validation come as HTTP 200 with `errors` in the body.
    """

    extension_field: ExtensionField = ExtensionField.EITHER
    row_put: RowPut = RowPut.REPLACE
    upload: Upload = Upload.SYNC
    upload_answer: UploadAnswer = UploadAnswer.ROWS
    delete_answer: DeleteAnswer = DeleteAnswer.MESSAGE
    error_in_200: bool = False


class Offset(StrEnum):
    """What the `offset` of a ModelArts list counts (specs/modelarts.md, choice 1)."""

    PAGE = "page"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class ModelartsSwitches:
    """What is open about ModelArts, and how long its work takes (specs/modelarts.md).

    delay: seconds that creating, importing, publishing, switching and deleting take each, by the emulator's clock.
    version_interval: seconds that must lie between two versions of a dataset.
    """

    offset: Offset = Offset.PAGE
    delay: float = 0.2
    version_interval: float = 60


@dataclass(frozen=True, slots=True)
class ViSwitches:
    """What is open about Vi, and how long its work takes (specs/vi.md).

    delay: seconds that exports and deletions take, by the emulator's clock; with 0 they are done at once.
    unique_names: whether a second dataset with a name is refused.
    renew_urls: whether the address of an archive is signed anew each time an export is read, or once and for all.
    url_lifetime: seconds that such an address is good for.
    """

    delay: float = 0.2
    unique_names: bool = False
    renew_urls: bool = True
    url_lifetime: float = 3600


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


# What can be made up, and how many at most: what fits in memory and starts within minutes.
GENERATED = {
    "comments": 10_000_000,
    "datasets": 100_000,
    "streams": 100_000,
    "geai-rows": 10_000_000,
    "modelarts-datasets": 100_000,
    "vi-datasets": 10_000,
    "vi-assets": 100_000,
}


@dataclass(frozen=True, slots=True)
class Options:
    """Everything `create_app` and `serve` can be told.

    data: SQLite file that keeps the data over restarts; None keeps it in memory.
    seed: YAML or JSON file loaded into an empty store (format: the specs/*.md).
    generate: how many comments, datasets, streams and GEAI rows to make up in an empty store, as `parse_generate` gives
        them.
    tokens: JSON file of further tokens with their permissions; `emulator` is always valid and may do everything.
    echo_thresholds: whether streams answer `model.label_thresholds` and `comment_filter` (specs/uipath.md, choice 5).
    put_existing: what PUT on an existing name does.
    geai: the switches of GEAI.
    modelarts: the switches of ModelArts.
    vi: the switches of Vi.
    limit: how many requests are let through; None for all of them.
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
    geai: GeaiSwitches = GeaiSwitches()
    modelarts: ModelartsSwitches = ModelartsSwitches()
    vi: ViSwitches = ViSwitches()
    limit: Limit | None = None
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
