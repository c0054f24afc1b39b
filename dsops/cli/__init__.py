"""The command line: a command parses its arguments, asks the engine, renders, and returns an exit code.

Belongs here: flags, exit codes, terminals, prompts, progress, where text goes. Does not belong here: deciding what
should happen, words about plans, anything that a program using dsops as a library needs.

Every command is a module of `dsops.cli.commands` and imports what it needs when it runs: `dsops --help` loads click
alone, and `dsops --version` nothing at all.
"""

import sys

from dsops import __version__

__all__ = ["main"]


def main() -> int:
    """Run `dsops` with the arguments of the process and return its exit code."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"dsops {__version__}\n")
        return 0
    from dsops.cli.run import run

    return run(sys.argv[1:])
