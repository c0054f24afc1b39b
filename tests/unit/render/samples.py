"""Plans, drift and reports with one of everything that can be told."""

from collections.abc import Mapping
from typing import Any

from dsops.model import (
    Action,
    Address,
    Call,
    Cause,
    Change,
    Drift,
    DriftItem,
    Effect,
    FieldDiff,
    Guard,
    Outcome,
    Plan,
    PlannedCall,
    Reason,
    Record,
    Reference,
    Report,
    SecretRef,
    Source,
    Status,
    error,
    note,
    warning,
)

CLAIMS = Address("uipath", "Dataset", "claims")
COLLATERAL = Address("uipath", "Dataset", "collateral")
OLD = Address("uipath", "Dataset", "old")
DISPUTE = Address("uipath", "Stream", "dispute")
URGENT = Address("uipath", "Stream", "urgent")
NASTY = Address("uipath", "Stream", "nasty")
KEPT = Address("uipath", "Stream", "kept")


def record(address: Address, *, parent: Address | None = None, **attributes: Any) -> Record:
    return Record(
        address,
        "mail",
        "https://cm.example.com",
        f"id-{address.name}",
        ("project1", address.name),
        parent,
        (),
        attributes,
    )


def call(
    number: int, method: str, *path: str | Reference, after: tuple[int, ...] = (), body: Any = None
) -> PlannedCall:
    return PlannedCall(number, after, "mail", Call(method, path, body=body, effect=Effect.UPDATE))


THRESHOLDS: Mapping[str, float] = {"Dispute": 0.52, "Dispute > Valuation": 0.41, "紛争": 0.3}

CREATED = Change(
    CLAIMS,
    Action.CREATE,
    Reason.NOT_RECORDED,
    Source("datasets.yaml", 16, 1),
    calls=(
        call(
            1,
            "PUT",
            "api",
            "v1",
            "datasets",
            "project1",
            "claims",
            body={"dataset": {"title": "Claims", "source_ids": ["a", "b"]}},
        ),
    ),
    after=record(CLAIMS, title="Claims", sourceIds=["a", "b"]),
)
CHILD = Change(
    URGENT,
    Action.CREATE,
    Reason.NOT_RECORDED,
    Source("streams/claims.yaml", 2, 1),
    calls=(
        call(
            2,
            "PUT",
            "api",
            "v1",
            "datasets",
            Reference(CLAIMS),
            "streams",
            after=(1,),
            body={"stream": {"dataset_id": Reference(CLAIMS), "token": SecretRef("env", "HOOK_TOKEN")}},
        ),
    ),
    after=record(
        URGENT,
        parent=CLAIMS,
        title="Urgent",
        **{"model.version": 3, "model.labelThresholds": {"Urgent": 0.8, "Legal Threat": 0.55}},
    ),
)
UPDATED = Change(
    DISPUTE,
    Action.UPDATE,
    Reason.FIELDS_CHANGED,
    Source("streams/collateral.yaml", 2, 1),
    fields=(
        FieldDiff("title", "Disputes", "Collateral Disputes", Cause.PENDING),
        FieldDiff("description", None, "Opens a ticket.", Cause.CONFLICT),
        FieldDiff("model.labelThresholds.Dispute", 0.37, 0.52, Cause.DRIFT),
        FieldDiff("model.labelThresholds.Dispute > Valuation", None, 0.41, Cause.PENDING),
        FieldDiff("model.labelThresholds.紛争", 0.3, None, Cause.PENDING),
        FieldDiff("commentFilter", None, {"userProperties": {"string:Country": {"oneOf": ["uk"]}}}, Cause.UNVERIFIABLE),
    ),
    notes=("model is sent whole: the API knows no smaller unit",),
    calls=(
        call(
            3,
            "PUT",
            "api",
            "v1",
            "datasets",
            "project1",
            "collateral",
            "streams",
            "dispute",
            body={"stream": {"title": "Collateral Disputes"}},
        ),
    ),
    before=record(DISPUTE, parent=COLLATERAL),
    after=record(DISPUTE, parent=COLLATERAL, **{"model.labelThresholds": THRESHOLDS}),
)
HOSTILE = Change(
    NASTY,
    Action.REPLACE,
    Reason.CREATE_ONLY,
    fields=(FieldDiff("ti\x1b[2Jtle", "\x1b]0;owned\x07\u202egnp", "a\nb\x9b31m", Cause.PENDING),),
    notes=("the queue position is lost \x1b[31m",),
    calls=(call(4, "DELETE", "api", "na\x1bme"), call(5, "PUT", "api", "name", after=(4,))),
    before=record(NASTY, parent=COLLATERAL),
    after=record(NASTY, parent=COLLATERAL),
)
DELETED = Change(
    OLD,
    Action.DELETE,
    Reason.UNDECLARED,
    notes=("its annotations and streams are lost",),
    calls=(call(6, "DELETE", "api", "v1", "datasets", "project1", "old"),),
    before=record(OLD),
)
BLOCKED = Change(KEPT, Action.BLOCKED, Reason.PROTECTED, before=record(KEPT, parent=COLLATERAL))
MOVED = Change(COLLATERAL, Action.ADOPT, Reason.MOVED, before=record(OLD), after=record(COLLATERAL))
FORGOTTEN = Change(
    Address("uipath", "Dataset", "handed-over"),
    Action.FORGET,
    Reason.POLICY,
    before=record(Address("uipath", "Dataset", "handed-over")),
)

EVERYTHING = Plan(
    stack="support-mail",
    env="prod",
    lineage="0b7c",
    serial=4,
    complete=True,
    changes=tuple(
        sorted((CREATED, CHILD, UPDATED, HOSTILE, DELETED, BLOCKED, MOVED, FORGOTTEN), key=lambda each: each.address)
    ),
    noop=12,
    guards=(Guard("maxDeletes", "2 deletes, and 1 is allowed", "--confirm with the id of this plan passes it"),),
    diagnostics=(
        warning(
            "the tag `live` moved from version 7 to 8", source=Source("streams/collateral.yaml", 9, 5), address=DISPUTE
        ),
    ),
    reads=3,
    endpoints={"mail": "https://cm.example.com"},
)
NOTHING = Plan("support-mail", None, "0b7c", 5, complete=True, changes=(), noop=5, reads=3)
ONLY_CREATES = Plan(
    "support-mail",
    None,
    None,
    0,
    complete=True,
    changes=(CREATED, CHILD),
    reads=1,
    endpoints={"mail": "http://127.0.0.1:8321"},
)

DRIFT = Drift(
    "support-mail",
    "prod",
    (
        DriftItem(CLAIMS, "gone"),
        DriftItem(
            DISPUTE,
            "drifted",
            (
                FieldDiff("model.labelThresholds.Dispute", 0.1, 0.37, Cause.DRIFT),
                FieldDiff("title", "a|b`c\x1b[0m", "Disputes", Cause.CONFLICT),
            ),
        ),
        DriftItem(KEPT, "pending", (FieldDiff("title", "old", "new", Cause.PENDING),)),
        DriftItem(URGENT, "unverifiable", (FieldDiff("commentFilter", None, {}, Cause.UNVERIFIABLE),)),
    ),
    7,
    ("uipath/Dataset project1/strang\x1b[31mer",),
    complete=True,
    reads=3,
)
IN_SYNC = Drift("support-mail", None, (), 5, (), complete=True, reads=3)

REPORT = Report(
    (
        Outcome(CLAIMS, Action.CREATE, Status.SUCCEEDED, 2, 1, calls=((1, Status.SUCCEEDED),)),
        Outcome(
            DISPUTE,
            Action.UPDATE,
            Status.FAILED,
            1,
            0,
            "403: the token may not edit streams",
            "Ask for the permission `streams-admin`.",
            calls=((2, Status.FAILED), (3, Status.SKIPPED)),
        ),
        Outcome(
            URGENT, Action.CREATE, Status.SKIPPED, 0, 0, "needs uipath/Dataset/claims", calls=((4, Status.SKIPPED),)
        ),
        Outcome(
            OLD,
            Action.DELETE,
            Status.UNKNOWN,
            1,
            0,
            "the answer was lost\nand nothing can tell",
            "dsops state rm uipath/Dataset/old\nor wait",
            calls=((5, Status.UNKNOWN),),
        ),
    ),
    recovered=("uipath/Dataset/claims: found, recorded",),
)
DONE = Report((Outcome(CLAIMS, Action.CREATE, Status.SUCCEEDED, 1),))

DIAGNOSTICS = (
    warning("nothing uses variable `region`"),
    error(
        "unknown field `titel`",
        detail="uipath/Stream has no such field.\nIt has title, description, model.",
        hint="Did you mean `title`?",
        source=Source("streams/a,b:c.yaml", 4, 3),
        address=DISPUTE,
    ),
    error("unknown field `titel`", source=Source("streams/b.yaml", 4, 3), detail="100% \x1b[31mred"),
    note("2 documents are empty", source=Source("empty.yaml", 1)),
)
