"""dsops killed at any instant, over all providers: what a run is, how it is killed, and what must come of it.

Here: an account to work in (`account`), what is live in it (`live`), a change of a stack as data (`scenario`, made up
in `making`), the stack at work (`stage`), ways to be killed (`kills`), and the judgement (`ending`). ``python -m
tests.chaos`` runs as many of these as asked; ``tests/crash/test_matrix.py`` runs a chosen few with every build. Not
here: faults of the network, of disks, and of stores.
"""
