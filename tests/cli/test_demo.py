"""The demo does what it says, and leaves nothing behind."""

from pathlib import Path

import pytest

from tests.support import run_dsops


@pytest.mark.slow
def test_the_demo(tmp_path: Path) -> None:
    done = run_dsops("demo", env={"TMPDIR": str(tmp_path)}).ok()
    for words in (
        "$ dsops plan",
        "Apply: 5 succeeded. 6 calls.",
        "No changes. 5 resources are as declared.",
        "declared 0.37, live 0.05",
        "(exit code 2)",
        "Apply: 1 succeeded. 1 call.",
        "Apply: 5 succeeded. 5 calls.",
        "Rows: 25 to add. 2 calls.",
        "No changes. 2 resources and 25 rows are as declared.",
        "Rows: 1 to add, 1 to change, 1 to delete, 23 unchanged. 3 calls.",
        "The link works for [-30 minutes-]{+one hour+}.",
        "1 was changed, added or removed outside dsops",
        "hasn't moved for [-ten-]{+three+} working days",
        "Apply: 1 succeeded. 3 calls.",
    ):
        assert words in done.out
    assert "\x1b" not in done.out
    assert len(done.out[done.out.index("# Rows of evaluation") :].splitlines()) < 100
    assert list(tmp_path.iterdir()) == []
