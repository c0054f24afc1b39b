"""Rows as JSONL, the format in which dsops writes them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson


def write_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield each row as a line of JSONL: fields in the order given, UTF-8 that is not escaped.

    Args:
        rows: JSON content, in field names of the manifest.
    """
    for row in rows:
        yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
