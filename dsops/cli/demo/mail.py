"""First part: datasets and streams of mail."""

from dsops.cli.demo.stage import Stage

_STREAM = "api/v1/datasets/project1/collateral/streams/dispute"


def play_mail(stage: Stage) -> None:
    """Plan, apply, drift, repair, destroy.

    Raises:
        Surprise: Something didn't go as it should.
    """
    stage.tell(f"The emulator of the providers listens on {stage.url}. A stack of two datasets and three streams:")
    stage.run("graph", expect=0)
    stage.tell("What would apply do? Every call is shown before it is made.")
    stage.run("plan", "--detailed-exitcode", "--save", "first.plan", expect=2)
    stage.tell("Do exactly that.")
    stage.run("apply", "first.plan", expect=0)
    stage.tell("And again: nothing is left to do, so nothing is sent.")
    stage.run("plan", "--detailed-exitcode", expect=0)
    stage.tell("Somebody lowers a threshold behind our back.")
    _lower_threshold(stage)
    stage.tell("drift names it.")
    stage.run("drift", expect=2)
    stage.tell("apply repairs it, with one call.")
    stage.run("apply", "--auto-approve", expect=0)
    stage.run("drift", expect=0)
    stage.tell("Away with all of it, children first.")
    stage.run("destroy", "--auto-approve", expect=0)


def _lower_threshold(stage: Stage) -> None:
    """Change the stream as another program would: read it, change it, send it."""
    model = stage.ask("GET", _STREAM)["stream"]["model"]
    model["label_thresholds"][0]["threshold"] = 0.05
    label = " > ".join(model["label_thresholds"][0]["name"])
    stage.meddle("POST", _STREAM, {"stream": {"model": model}}, f"{label}: 0.05")
