"""The how-tos, as they are printed: their scripts run, and do what they say."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.mail import STACK, Mail, documents, uids
from tests.support import RunningEmulator, start_emulator

DECLARED = """\
---
apiVersion: uipath/v1
kind: Dataset
metadata: {name: collateral}
spec: {project: generated, name: mail-00000}
---
apiVersion: uipath/v1
kind: Stream
metadata: {name: dispute}
spec: {dataset: collateral, name: stream-00000}
"""
COMMENTS = 250


@pytest.fixture
def account() -> Iterator[RunningEmulator]:
    with start_emulator("--generate", f"comments={COMMENTS}") as running:
        yield running


@pytest.fixture
def mail(account: RunningEmulator, tmp_path: Path) -> Mail:
    (tmp_path / "dsops.yaml").write_text(STACK + DECLARED)
    return Mail(tmp_path, account)


def scripts(root: Path, page: str, language: str) -> list[str]:
    text = (root / "specs" / "howto" / page).read_text(encoding="utf-8")
    return [
        re.sub("^   ", "", found, flags=re.MULTILINE) if found.startswith("   ") else found
        for found in re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    ]


def run(mail: Mail, *command: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=mail.folder,
        env={**os.environ, **mail.env, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_export_nightly_makes_the_files_that_are_missing(mail: Mail, root: Path) -> None:
    (script,) = scripts(root, "export-nightly.md", "bash")
    run(mail, "bash", "-c", script)
    files = sorted((mail.folder / "exports").iterdir())
    assert len(files) == 7
    files[3].unlink()
    before = len(mail.sent("/export$"))
    run(mail, "bash", "-c", script)
    assert sorted((mail.folder / "exports").iterdir()) == files
    assert len(mail.sent("/export$")) == before + 1


def test_the_consumer_handles_all_and_ends_at_the_end(mail: Mail, root: Path) -> None:
    every = uids(documents(mail.run("stream", "fetch", "dispute", "--size", "1024").ok().out))
    (script,) = scripts(root, "consume-a-stream.md", "python")
    handled = run(mail, sys.executable, "-c", script).splitlines()
    assert [line.split()[0] for line in handled] == every
    assert len(every) == COMMENTS
    assert run(mail, sys.executable, "-c", script) == ""


def test_the_tagging_lines_do_what_they_say(mail: Mail, root: Path) -> None:
    some = uids(documents(mail.run("stream", "fetch", "dispute", "--size", "3").ok().out))
    (mail.folder / "wrong-uids").write_text("\n".join(some))
    _, script = scripts(root, "consume-a-stream.md", "bash")
    told = run(mail, "bash", "-c", script)
    assert told == "uipath/Stream/dispute: 3 comments tagged.\nuipath/Stream/dispute: 3 comments untagged.\n"


def test_a_stream_moved_back_brings_comments_again(mail: Mail, root: Path) -> None:
    first = mail.run("stream", "fetch", "dispute", "--size", "100", "--advance").ok().out
    back, look = scripts(root, "move-a-stream-back.md", "bash")
    run(mail, "bash", "-c", back.strip().replace("2024-05-03T16:00:00Z", "2020-01-01") + " --auto-approve")
    assert run(mail, "bash", "-c", look) == "".join(first.splitlines(keepends=True)[:5])
