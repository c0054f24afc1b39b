"""What reading a valid stack imports: the slow library that words errors is for errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.manifest.conftest import STACK

CODE = """
import sys
from pathlib import Path
from dsops.manifest import load
loaded = load(Path(sys.argv[1]), env=None, variables={}, environ={}, schemas={})
print(len(loaded.diagnostics), *sorted({"jsonschema", "httpx", "deepdiff"} & set(sys.modules)))
"""


@pytest.mark.parametrize(("text", "said"), [(STACK, "0"), (STACK + "  bad: 1\n", "1 jsonschema")])
def test_jsonschema_is_imported_to_word_an_error(tmp_path: Path, root: Path, text: str, said: str) -> None:
    (tmp_path / "dsops.yaml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == said
