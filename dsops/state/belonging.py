"""Whose a state is, and what is said to anybody else."""

from dsops.model import StateError

Owner = tuple[str, str | None]
"""Stack and environment."""


def check_owner(where: str, found: Owner, wanted: Owner) -> None:
    """Raise StateError where a state belongs to another stack or environment.

    Args:
        where: The state, for people.
        found: Whose it is.
        wanted: Whose it is to be.
    """
    if found != wanted:
        raise StateError.of(
            f"This state belongs to stack {found[0]}, {_env(found[1])}",
            detail=f"{where} is to be used for stack {wanted[0]}, {_env(wanted[1])}. Nothing was changed.",
            hint="Give each stack and environment its own state (spec.state), or choose the right one: -C, --env.",
        )


def _env(env: str | None) -> str:
    return f"env {env}" if env else "no env"
