"""What is installed only on request."""

from importlib.util import find_spec


def require_emulator() -> None:
    """Check that the libraries of the emulator are installed.

    Raises:
        DsopsError: One is missing; the error says how to install it.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        from dsops.model import DsopsError

        raise DsopsError.of(
            "the emulator is not installed",
            detail=f"It needs {' and '.join(missing)}.",
            hint="pip install 'dsops[emulator]'",
        )
