"""The option that says on which account."""

from collections.abc import Callable
from typing import Any

import click

_Function = Callable[..., Any]


def connection_option(function: _Function) -> _Function:
    """Add the option of the commands about one object or one account."""
    return click.option(
        "--connection", metavar="C", help="The connection it is on, where the stack has several and it isn't declared."
    )(function)
