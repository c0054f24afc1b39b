"""Plans and drift with rows: one of everything that can be told of them."""

from dsops.model import (
    Action,
    Address,
    BodyForm,
    Call,
    Change,
    Drift,
    DriftItem,
    Effect,
    Outcome,
    Plan,
    PlannedCall,
    Reason,
    Record,
    Reference,
    Report,
    RowAction,
    RowChange,
    RowChanges,
    RowMode,
    RowsBody,
    RowWrite,
    Source,
    Status,
)

FAQ = Address("geai", "Dataset", "faq-eval")
NEW = Address("geai", "Dataset", "new")
SHARED = Address("geai", "Dataset", "shared")
ENDPOINT = "https://evals.example.com"


def record(address: Address) -> Record:
    return Record(address, "evals", ENDPOINT, "7d1f", (address.name,), attributes={"description": "Regression set"})


def send(
    number: int, method: str, *path: str, rows: RowWrite | None = None, after: tuple[int, ...] = ()
) -> PlannedCall:
    return PlannedCall(number, after, "evals", Call(method, path, effect=Effect.UPDATE, rows=rows))


def upload(count: int, size: int) -> RowWrite:
    return RowWrite(RowAction.CREATE, RowsBody(BodyForm.ARRAY, range(count), size=size, sha256="ab" * 32))


def row(number: int, action: RowAction) -> RowWrite:
    body = RowsBody(BodyForm.ROW, (number,), size=412, sha256="cd" * 32) if action is RowAction.UPDATE else None
    return RowWrite(action, body, key=f"{number:030x}")


def source(line: int) -> Source:
    return Source("rows/faq.jsonl", line)


ROWS = RowChanges(
    RowMode.SYNC,
    create=7,
    update=3,
    delete=2,
    noop=1996,
    live=2001,
    foreign=1,
    drifted=2,
    creates=tuple(RowChange(f"How do I cancel order number {line}?", source(line)) for line in range(7, 14)),
    updates=(
        RowChange(
            "What is the capital of France?",
            source(3),
            "r-3",
            (
                ("expectedAnswer", "The capital is Lyon, of course.", "The capital is Paris, of course."),
                ("contextDocument", "", "Atlas, page 12"),
                (
                    "expectedSources",
                    [{"name": "atlas", "value": "Lyon"}, {"name": "web", "value": "x"}],
                    [{"name": "atlas", "value": "Paris"}, {"name": "web", "value": "x"}],
                ),
            ),
            "drift",
        ),
        RowChange("a\x1b[2Jb\u202egnp", source(4), "r-4", (("expectedAnswer", "a\x1b[31m b", "a\x9b c"),), "conflict"),
        RowChange(
            "New question?",
            source(5),
            "r-5",
            (("input", "Old question?", "New question?"),),
            "pending",
            note="its key changes, was Old question?",
        ),
    ),
    deletes=(
        RowChange("Is this row ours?", remote_id="r-6", foreign=True),
        RowChange("Twice?", remote_id="r-7", note="surplus: another row with this key is kept"),
    ),
    fields={"contextDocument": 1, "expectedAnswer": 2, "expectedSources": 1, "input": 1},
    sha256="ef" * 32,
)
_ROW = ("dataSetApi", "dataSet", "7d1f", "dataSetRow")
CHANGED = Change(
    FAQ,
    Action.UPDATE,
    Reason.ROWS_CHANGED,
    Source("evals.yaml", 14),
    notes=("deleting rows can't be undone",),
    calls=(
        send(2, "POST", *_ROW, "FileUpload", rows=upload(7, 4104)),
        *(send(3 + each, "PUT", *_ROW, f"r-{3 + each}", rows=row(each, RowAction.UPDATE)) for each in range(3)),
        *(send(6 + each, "DELETE", *_ROW, f"r-{6 + each}", rows=row(each, RowAction.DELETE)) for each in range(2)),
    ),
    before=record(FAQ),
    after=record(FAQ),
    rows=ROWS,
)
CREATED = Change(
    NEW,
    Action.CREATE,
    Reason.NOT_RECORDED,
    Source("evals.yaml", 2),
    calls=(
        PlannedCall(
            1,
            (),
            "evals",
            Call("POST", ("dataSetApi", "dataSet"), effect=Effect.CREATE, rows=upload(12_000, 7_999_999)),
        ),
        PlannedCall(
            8,
            (1,),
            "evals",
            Call("POST", ("dataSetApi", "dataSet", Reference(NEW), "dataSetRow", "FileUpload"), rows=upload(1, 312)),
        ),
    ),
    after=record(NEW),
    rows=RowChanges(
        RowMode.SYNC,
        create=12_001,
        creates=tuple(RowChange("word " * 20 + f"{line}…", source(line)) for line in range(1, 7)),
        sha256="01" * 32,
    ),
)
MANY = Change(
    SHARED,
    Action.UPDATE,
    Reason.ROWS_CHANGED,
    Source("evals.yaml", 30),
    calls=tuple(send(9 + each, "PUT", *_ROW, f"s-{each}", rows=row(each, RowAction.UPDATE)) for each in range(1000)),
    before=record(SHARED),
    after=record(SHARED),
    rows=RowChanges(
        RowMode.UPSERT,
        update=1000,
        left=1,
        updates=tuple(
            RowChange(f"Question {each}", source(each + 1), f"s-{each}", (("expectedAnswer", "yes", "no"),), "pending")
            for each in range(5)
        ),
        fields={"expectedAnswer": 1000},
        sha256="23" * 32,
    ),
)

PLAN = Plan(
    "evaluation",
    "staging",
    "0b7c",
    4,
    complete=True,
    changes=(CHANGED, CREATED, MANY),
    noop=1,
    rows_noop=1996,
    reads=4,
    endpoints={"evals": ENDPOINT},
)
NOTHING = Plan("evaluation", None, "0b7c", 5, complete=True, changes=(), noop=2, rows_noop=1000, reads=2)

DRIFT = Drift(
    "evaluation",
    None,
    (
        DriftItem(FAQ, "drifted", rows=ROWS),
        DriftItem(SHARED, "pending", rows=RowChanges(RowMode.INSERT, create=1, left=2)),
    ),
    1,
    (),
    complete=True,
    reads=3,
)
REPORT = Report((Outcome(FAQ, Action.UPDATE, Status.SUCCEEDED, 9, 1, repairs=2),))
