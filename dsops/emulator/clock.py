"""The time by which the emulator dates what is written: the wall clock's, or one that a test sets and moves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dsops.emulator.exchange import Refusal

_LAST_YEAR = 9000


class Clock:
    """A clock that runs with another one until it is set.

    Once set it stands still, so that everything has exactly the time a test expects, until it is moved on or let go.
    """

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self._stands_at: datetime | None = None
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The time, in UTC."""
        return self._base() + self._ahead if self._stands_at is None else self._stands_at

    @property
    def is_running(self) -> bool:
        """Whether it moves by itself."""
        return self._stands_at is None

    def set(self, now: datetime | None) -> None:
        """Stop at a time, before or after the one it shows; None lets it run again, with the wall clock."""
        self._ahead = timedelta()
        self._stands_at = now

    def advance(self, seconds: float) -> None:
        """Move on by so many seconds, running or not. Raises Refusal 400 where that leaves the calendar."""
        now = self()
        try:
            reached = now + timedelta(seconds=seconds)
        except OverflowError:
            reached = datetime.max.replace(tzinfo=UTC)
        if reached.year > _LAST_YEAR:
            raise Refusal(400, f"body.advance: leads past the year {_LAST_YEAR}")
        if self._stands_at is None:
            self._ahead += reached - now
        else:
            self._stands_at = reached
