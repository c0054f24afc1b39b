import subprocess
import sys


def loaded(code: str, *names: str) -> list[str]:
    """Run code in a fresh interpreter and return which of the modules it loaded."""
    script = f"{code}\nimport sys\nprint(*[name for name in {names!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()


def test_the_command_line_of_httpx_is_left_out() -> None:
    assert loaded("import dsops.http", "httpx", "rich", "pygments", "click", "httpx._main") == ["httpx"]


def test_who_wants_it_can_still_have_it() -> None:
    assert loaded("import dsops.http, httpx._main", "httpx._main", "rich") == ["httpx._main", "rich"]


def test_it_takes_httpx_as_it_finds_it() -> None:
    assert loaded("import httpx, dsops.http", "httpx._main", "rich") == ["httpx._main", "rich"]
