"""Runs one command and prints, as JSON, how long it took and how much memory it needed at its peak.

Run by path with ``python -I -S``, so that it is small itself: Linux reports as peak of a child at least that of the
process that started it.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run ``stopwatch.py OUTPUT COMMAND...``; stdout and stderr of the command go to the file."""
    output, *command = sys.argv[1:]
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    ends = [(os.POSIX_SPAWN_DUP2, file, 1), (os.POSIX_SPAWN_DUP2, file, 2)]
    begin = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=ends)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - begin
    found = {
        "code": os.waitstatus_to_exitcode(status),
        "wall": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
