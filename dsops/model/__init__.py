"""The nouns: frozen values that every room speaks of, and the provider interface.

Belongs here: what two rooms need to say to each other. Does not belong here: deciding, reading, writing; anything
that imports another room of dsops or performs I/O.
"""

from dsops.model.address import NAME_PATTERN, Address
from dsops.model.call import Call, Effect, Failure, FailureKind, Flow, FlowFailure, Repeat, Response
from dsops.model.diagnostic import Diagnostic, Severity, Source, error, in_order, note, warning
from dsops.model.errors import (
    AnswerLost,
    DsopsError,
    LeaseHeld,
    LeaseLost,
    NotSent,
    RemoteError,
    StateError,
    TransportError,
)
from dsops.model.kind import Field, KindInfo
from dsops.model.lease import Holder
from dsops.model.live import Listing, LiveObject, NaturalKey
from dsops.model.operation import Arguments, Batch, Column, Entry, Operation, Page
from dsops.model.outcome import Drift, DriftItem, Event, EventKind, Outcome, Report, Status
from dsops.model.plan import Action, Cause, Change, FieldDiff, Guard, Plan, PlannedCall, Reason
from dsops.model.provider import Attributes, Kind, Lookup, Provider, Request
from dsops.model.record import EMPTY_STATE, Intent, Record, State
from dsops.model.resource import (
    ALL_VERBS,
    PLAIN_META,
    Connection,
    Ignore,
    Meta,
    Resource,
    Safety,
    Stack,
    Verb,
)
from dsops.model.values import (
    KNOWN_AFTER_APPLY,
    Late,
    Reference,
    SecretRef,
    Template,
    canonical,
    digest,
    masked,
    references,
    substitute,
)

__all__ = [
    "ALL_VERBS",
    "EMPTY_STATE",
    "KNOWN_AFTER_APPLY",
    "NAME_PATTERN",
    "PLAIN_META",
    "Action",
    "Address",
    "AnswerLost",
    "Arguments",
    "Attributes",
    "Batch",
    "Call",
    "Cause",
    "Change",
    "Column",
    "Connection",
    "Diagnostic",
    "Drift",
    "DriftItem",
    "DsopsError",
    "Effect",
    "Entry",
    "Event",
    "EventKind",
    "Failure",
    "FailureKind",
    "Field",
    "FieldDiff",
    "Flow",
    "FlowFailure",
    "Guard",
    "Holder",
    "Ignore",
    "Intent",
    "Kind",
    "KindInfo",
    "Late",
    "LeaseHeld",
    "LeaseLost",
    "Listing",
    "LiveObject",
    "Lookup",
    "Meta",
    "NaturalKey",
    "NotSent",
    "Operation",
    "Outcome",
    "Page",
    "Plan",
    "PlannedCall",
    "Provider",
    "Reason",
    "Record",
    "Reference",
    "RemoteError",
    "Repeat",
    "Report",
    "Request",
    "Resource",
    "Response",
    "Safety",
    "SecretRef",
    "Severity",
    "Source",
    "Stack",
    "State",
    "StateError",
    "Status",
    "Template",
    "TransportError",
    "Verb",
    "canonical",
    "digest",
    "error",
    "in_order",
    "masked",
    "note",
    "references",
    "substitute",
    "warning",
]
