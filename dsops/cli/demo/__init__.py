"""The demo: the real commands, on the examples, against an emulator; each is shown with what it prints.

Belongs here: what is played, in which order, and where. Does not belong here: anything the commands do themselves.
"""

from dsops.cli.demo.play import demonstrate

__all__ = ["demonstrate"]
