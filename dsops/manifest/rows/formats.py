"""Which reader a file's suffix means."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from dsops.manifest.rows.base import Format
from dsops.manifest.rows.jsonl import Jsonl

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".jsonl": Jsonl(),
        ".ndjson": Jsonl(),
    }
)


def format_of(name: str) -> Format | None:
    """Return the reader for a file; None for a suffix that says nothing."""
    return FORMATS.get(PurePosixPath(name).suffix.lower())
