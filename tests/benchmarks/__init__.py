"""Measuring dsops, whole processes, beside others that do comparable work. Run by hand: ``python -m tests.benchmarks``.

Belongs here: making stacks of any size, running commands with a stopwatch, ratios and targets. Does not belong here:
anything pytest runs. Seconds differ between machines and hours: no test waits on one. ``specs/performance.md`` says
what was found, and what is not like for like.
"""

__all__: list[str] = []
