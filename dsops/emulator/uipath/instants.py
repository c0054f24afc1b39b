"""Times as whole microseconds since 1970 in UTC: what the store sorts by."""

from datetime import UTC, datetime, timedelta

from dsops.emulator.checks import parse_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, of a time in UTC."""
    return (moment - EPOCH) // _MICROSECOND


def parse_micros(text: str) -> int:
    """Microseconds since 1970, of an ISO 8601 time that was checked."""
    return to_micros(parse_instant(text))


def format_instant(moment: datetime) -> str:
    """RFC 3339 with microseconds and Z, from a time in UTC."""
    # isoformat and not strftime, which leaves the zeros out of a year before 1000.
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def format_micros(micros: int) -> str:
    """RFC 3339 with microseconds and Z, from microseconds since 1970."""
    return f"{(_NAIVE_EPOCH + timedelta(microseconds=micros)).isoformat(timespec='microseconds')}Z"
