"""The least that a comparison of rows must do: decode each side, digest it, look it up. Run by path, with a JSONL file.

What it takes says how quick the machine is at this very work, now: dsops is held against it, pair by pair.
"""

import gc
import sys
from hashlib import sha256

import orjson


def main() -> None:
    """Run ``yardstick.py FILE``; the file is read twice, as either side."""
    gc.disable()
    declared: dict[bytes, bytes] = {}
    for live in (False, True):
        with open(sys.argv[1], "rb") as file:  # noqa: PTH123 - pathlib takes longer to import
            for line in file:
                row = orjson.loads(line)
                key = sha256(row["input"].encode()).digest()[:15]
                content = sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).digest()[:15]
                if live and declared[key] != content:
                    raise SystemExit("the sides differ")
                declared[key] = content


if __name__ == "__main__":
    main()
