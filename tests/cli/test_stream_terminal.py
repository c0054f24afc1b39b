"""Datasets and streams on a terminal: the question before a reset, and a count that moves."""

import pytest

from tests.cli.conftest import Stack
from tests.cli.test_terminal import QUESTION, terminal

RESET = ("stream", "reset", "dispute", "--to", "2024-05-01T00:00:00Z")


def resets(stack: Stack) -> int:
    path = f"/api/v1/datasets/{stack.project}/collateral/streams/dispute/reset"
    return sum(each["path"] == path for each in stack.emulator.requests())


def test_a_reset_is_asked_for(stack: Stack) -> None:
    stack.applied()
    with terminal(stack, *RESET) as screen:
        screen.wait_for(QUESTION)
        assert resets(stack) == 0
        assert f"{stack.project}/collateral/dispute on connection mail" in screen.text
        assert "to 2024-05-01T00:00:00Z?" in screen.text
        screen.type("yes\n")
        assert screen.ended() == 0
    assert "uipath/Stream/dispute stands at " in screen.text
    assert resets(stack) == 1


@pytest.mark.parametrize(("answer", "code"), [("no\n", 1), ("\n", 1), ("\x03", 130)])
def test_anything_but_yes_leaves_it_alone(stack: Stack, answer: str, code: int) -> None:
    stack.applied()
    with terminal(stack, *RESET) as screen:
        screen.wait_for(QUESTION)
        screen.type(answer)
        assert screen.ended() == code
    assert "Traceback" not in screen.text
    assert resets(stack) == 0


def test_an_export_counts_on_one_line_that_goes_away(stack: Stack) -> None:
    stack.applied()
    with terminal(stack, "dataset", "export", "claims", "--into", "x.jsonl") as screen:
        assert screen.ended() == 0
    assert screen.raw == b"\r0 comments\x1b[K\r\x1b[K0 comments in x.jsonl.\r\n"
    assert (stack.folder / "x.jsonl").read_bytes() == b""
