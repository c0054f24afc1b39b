"""httpx without its command line.

``import httpx`` also imports rich, pygments and click for the ``httpx`` command, where they are installed: a third of
its time or more. Where that import fails it goes without them, so here it fails. Modules of this room say
``from dsops.http.slim import httpx``.
"""

import sys

_COMMAND_LINE = "httpx._main"

if "httpx" in sys.modules:
    import httpx
else:
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
    try:
        import httpx
    finally:
        del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
