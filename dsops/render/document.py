"""JSON for programs that may be read on a terminal."""

import re
from typing import Any

import orjson

# orjson escapes what JSON says must be escaped, and a terminal obeys more than that (C1 controls, direction marks).
_UNSEEN = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def json_text(document: Any, *, compact: bool = False) -> str:
    """Return ``document`` as JSON, indented by two, or on one line; no newline at the end.

    Keys keep their order. Characters that a terminal would obey are written as escapes, which mean the same in JSON.
    """
    text = orjson.dumps(document, option=0 if compact else orjson.OPT_INDENT_2).decode()
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
