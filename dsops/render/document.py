"""JSON for programs that may be read on a terminal."""

import json
import re
from typing import Any

import orjson

# orjson escapes what JSON says must be escaped, and a terminal obeys more than that (C1 controls, direction marks).
_BEYOND_ASCII = re.compile("[^\x00-\x7e]+")
# `##[command]`, `##vso[...]`: build servers look for these anywhere in a line.
_COMMAND = re.compile(r"##(?=\w*\[)")


def json_text(document: Any, *, compact: bool = False) -> str:
    """Return ``document`` as JSON, indented by two, or on one line; no newline at the end.

    Keys keep their order. Characters that a terminal would obey, or that nobody would see, are written as escapes,
    which mean the same in JSON; so is what is half of a character, as names of files may be.
    """
    try:
        text = orjson.dumps(document, option=0 if compact else orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:  # half of a character, or no JSON: then this raises too
        text = json.dumps(document, indent=None if compact else 2, separators=(",", ":" if compact else ": "))
    return visible_json(text)


def visible_json(text: str) -> str:
    """Return JSON text with escapes in the place of what a terminal or a build server would obey, or nobody sees."""
    return _COMMAND.sub(r"\\u0023#", _BEYOND_ASCII.sub(_visible, text))


def _visible(found: re.Match[str]) -> str:
    """Escape what isn't printable, in pairs where JSON's escapes are too short for it."""
    run = found[0]
    if run.isprintable():
        return run
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1].replace("\x7f", "\\u007f") for each in run)
