"""The exceptions of dsops.

::

    DsopsError                 expected: shown without a traceback, exit 1
    ├── StateError             the state can't be read, written or used
    │   ├── StateDamaged       it is not what dsops wrote
    │   ├── LeaseHeld          somebody else holds the lease
    │   └── LeaseLost          we held it and no longer do
    ├── RemoteError            a provider answered with a failure
    └── TransportError         no answer
        ├── NotSent            the request never left, or was certainly not received
        └── AnswerLost         it may or may not have been carried out

Anything else that is raised is a bug and shows its traceback.
"""

from typing import Self

from dsops.model.diagnostic import Diagnostic, error


class DsopsError(Exception):
    """An expected failure, carrying what to tell the person."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        """Keep the diagnostics; at least one is given."""
        self.diagnostics = diagnostics
        super().__init__("; ".join(each.summary for each in diagnostics))

    @classmethod
    def of(cls, summary: str, *, detail: str = "", hint: str = "") -> Self:
        """Build the exception from the words of a single diagnostic."""
        return cls(error(summary, detail=detail, hint=hint))


class StateError(DsopsError):
    """The state can't be read, written or used."""


class StateDamaged(StateError):
    """What is there is not what dsops wrote."""


class LeaseHeld(StateError):
    """Somebody else holds the lease of this state."""


class LeaseLost(StateError):
    """The lease was taken over or has run out; nothing more may be written."""


class RemoteError(DsopsError):
    """A provider answered with a failure."""


class TransportError(DsopsError):
    """A request got no answer."""


class NotSent(TransportError):
    """The request never left (connection refused, name not found, limit of the lease)."""


class AnswerLost(TransportError):
    """The request left and its answer never came: it may have been carried out."""
