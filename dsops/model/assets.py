"""Where the files lie that ship with dsops: schemas, specs, examples."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def asset(*parts: str) -> Path:
    """Return the path of a file or folder that ships with dsops: ``asset("schemas", "Stack.json")``.

    A wheel has these folders inside the package, a checkout beside it.

    Raises:
        FileNotFoundError: It is in neither place; the installation is damaged.
    """
    for base in (_PACKAGE, _PACKAGE.parent):
        path = base.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(
        f"{'/'.join(parts)} is missing from the installation of dsops in {_PACKAGE}; install it again"
    )
