"""A secret never gets out: not into what is said, not into a file."""

from tests.conformance.stage import MARK, Stage, dataset, stream


def test_no_command_lets_the_token_out(stage: Stage) -> None:
    """`Stage` searches all it sees and all files it leaves; here each command runs, loudly, failing and not."""
    loud = ("--log-level", "debug")
    stage.declare(dataset(description=f"Mail {'x' * 50}"), stream())
    stage.process("plan", "--save", "it.plan", "--full", *loud)
    stage.leaves_no_secret()
    for args in (
        ("show", "it.plan", "--full"),
        ("apply", "it.plan"),
        ("validate",),
        ("graph",),
        ("drift",),
        ("state", "pull"),
    ):
        stage.run(*args, *loud)
    stage.run("state", "history", "--format", "json")
    stage.process("plan", "--format", "json", "--log-format", "json", *loud)
    stage.process("import", "--connection", "cm", "--all", "--into", "found", *loud)
    for fault in ("error_before", "drop_before"):
        stage.emulator.fault(
            fault, method="GET", path="/datasets$", times=None, **({"status": 401} if fault == "error_before" else {})
        )
        stage.process("plan", *loud, code=1)
        stage.emulator.request("DELETE", "/_emulator/faults")
    stage.token = f"{MARK}-unknown"
    stage.process("plan", *loud, code=1)
    stage.leaves_no_secret()
    stage.token = f"{MARK}\nbad"
    assert "Traceback" not in stage.process("plan", *loud, code=1).err


def test_a_literal_secret_is_refused_and_not_repeated(stage: Stage) -> None:
    stage.declare(dataset())
    text = (stage.folder / "dsops.yaml").read_text()
    (stage.folder / "dsops.yaml").write_text(text.replace("${env:CM_TOKEN}", stage.token))
    for command in ("validate", "plan", "drift"):
        stage.run(command, code=1)
    (stage.folder / "dsops.yaml").write_text(text)
