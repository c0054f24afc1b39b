"""Documents as YAML text that reads back as the same documents."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from dsops.manifest.scalars import resolve

_ESCAPED = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""Characters that a reader may take for the end of a line, or skip, unless they are escaped."""


class _Dumper(yaml.SafeDumper):
    """Quotes what our reader would not read as text, and writes no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - as the base class has it
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    text = text.replace("${", "$${")
    if _ESCAPED.search(text):
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    if "\n" in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _is_special(text) else None)


def _is_special(text: str) -> bool:
    try:
        return not isinstance(resolve(text), str)
    except ValueError:
        return True


_Dumper.add_representer(str, _text)


def write_documents(documents: Iterable[Mapping[str, Any]], *, header: str = "") -> str:
    """Return documents as YAML, in the order of their keys; a literal ``${`` is escaped.

    Args:
        documents: JSON content.
        header: Comment lines to begin each document with, such as the one that names its schema.
    """
    texts = (
        header + yaml.dump(dict(each), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
        for each in documents
    )
    return "---\n".join(texts)
