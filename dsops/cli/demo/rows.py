"""Second part: evaluation datasets whose rows are code."""

from dsops.cli.demo.stage import Stage

_FILE = "rows/support-faq.jsonl"
_EDITED = ("The link works for 30 minutes.", "The link works for one hour.")
_REMOVED = '{"input": "Is my data sold to anybody?"'
_ADDED = '{"input": "Is there a shop in Berlin?", "expectedAnswer": "Two of them."}'
_MEDDLED = "Where is my parcel?"
_PROJECT = {"ProjectId": "help-desk"}


def play_rows(stage: Stage) -> None:
    """Apply a golden set, change three of its rows, repair one.

    Raises:
        Surprise: Something didn't go as it should.
    """
    stage.tell(
        "Rows of evaluation datasets are code too: two golden sets, as JSON lines and CSV. One call uploads each."
    )
    stage.run("apply", "--auto-approve", expect=0)
    stage.run("plan", "--detailed-exitcode", expect=0)
    stage.tell(f"In {_FILE} an answer is edited, a row removed, a row added. That costs three calls:")
    _edit(stage)
    stage.run("apply", "--auto-approve", expect=0)
    stage.tell("Somebody changes a row behind our back.")
    _change_row(stage)
    stage.run("drift", expect=2)
    stage.tell("apply repairs just that row.")
    stage.run("apply", "--auto-approve", expect=0)
    stage.run("drift", expect=0)


def _edit(stage: Stage) -> None:
    path = stage.folder / _FILE
    lines = path.read_text(encoding="utf-8").replace(*_EDITED).splitlines()
    kept = [line for line in lines if not line.startswith(_REMOVED)]
    path.write_text("\n".join([*kept, _ADDED]) + "\n", encoding="utf-8")


def _change_row(stage: Stage) -> None:
    for dataset in stage.ask("GET", "dataSetApi/dataSets", **_PROJECT):
        for row in dataset["rows"]:
            if row["dataSetRowInput"] == _MEDDLED:
                path = f"dataSetApi/dataSet/{dataset['dataSetId']}/dataSetRow/{row['dataSetRowId']}"
                body = {"dataSetRowExpectedAnswer": row["dataSetRowExpectedAnswer"].replace("three", "ten")}
                stage.meddle("PUT", path, body, f"{_MEDDLED} three days become ten", **_PROJECT)
