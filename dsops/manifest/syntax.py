"""What the YAML parser says about bad syntax, in plain words."""

import re
from typing import Final

import yaml

from dsops.manifest.words import error
from dsops.model import Diagnostic, Source

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_WORDS: Final = (  # what the parser says, what it means, what to do
    ("mapping values are not allowed", "A colon stands where no key can be",
     "Quote the value if the colon belongs to it."),
    ("could not find expected ':'", "A key lacks its colon", "Write `key: value`."),
    ("did not find expected key", "The indentation does not fit", "Indent all keys of one map alike."),
    ("expected <block end>", "The indentation does not fit",
     "Indent all keys of one map, and all items of one list, alike."),
    ("did not find expected '-' indicator", "The indentation of a list does not fit", "Indent all its items alike."),
    ("block sequence entries are not allowed", "A list item stands where none can be",
     "Begin the list in a line of its own."),
    ("did not find expected node content", "A value is missing, or a [ or { is not closed", ""),
    ("expected ',' or ']'", "A list in [ ] is not closed", "Write commas between its items and ] at its end."),
    ("expected ',' or '}'", "A map in { } is not closed", "Write commas between its fields and } at its end."),
    ("found unexpected end of stream", "A quote or bracket is never closed", ""),
    ("found undefined tag handle", "Tags are not allowed", "Leave the tag out; quote the value to make it text."),
    ("found unknown escape character", 'An escape that YAML does not know stands in "..."',
     "Write \\\\ for a backslash, or use single quotes."),
)  # fmt: skip


def syntax_error(failed: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    """Word the parser's error.

    Args:
        failed: What the parser raised.
        text: The text of the file.
        file: How diagnostics call it.
    """
    if isinstance(failed, yaml.MarkedYAMLError):
        return _marked(failed, text, file)
    found = _FORBIDDEN.search(text)
    where = Source(file, 1)
    shown = ""
    if found:
        before = text[: found.start()]
        where = Source(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        shown = f" (U+{ord(found[0]):04X})"
    return error(f"The file holds a character that YAML does not allow{shown}", hint="Remove it.", source=where)


def _marked(failed: yaml.MarkedYAMLError, text: str, file: str) -> Diagnostic:
    mark = failed.problem_mark or failed.context_mark
    where = Source(file, mark.line + 1, mark.column + 1) if mark else Source(file, 1)
    problem = failed.problem or failed.context or str(failed)
    said = f"The parser says: {problem}{f' {failed.context}' if failed.context and failed.problem else ''}."
    line = _line(text, where.line)
    if "\t" in line[: len(line) - len(line.lstrip())] or line[where.column - 1 : where.column] == "\t":
        return error("A tab is used for indentation", hint="Indent with spaces.", source=where)
    summary, hint = next(((words, hint) for part, words, hint in _WORDS if part in problem), ("This is not YAML", ""))
    begin = failed.context_mark
    if begin is not None and begin.line + 1 != where.line:
        hint = f"{hint} What is not finished begins in line {begin.line + 1}.".strip()
    if "${" in line or (begin is not None and "${" in _line(text, begin.line + 1)):
        hint = f'{hint} Between {{ }} and [ ] a reference needs quotes: "${{var.name}}".'.strip()
    return error(summary, detail=said, hint=hint, source=where)


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""
