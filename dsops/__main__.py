"""`python -m dsops` is the `dsops` command."""

import sys

from dsops.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
