"""Which reader a file's suffix means. Each is imported when a file asks for it."""

from pathlib import PurePosixPath
from typing import Final

from dsops.manifest.rows.base import Format

SUFFIXES: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".yaml", ".yml", ".parquet")


def has_rows(name: str) -> bool:
    """Whether a file's suffix says that it holds rows."""
    return _suffix(name) in SUFFIXES


def format_of(name: str) -> Format:
    """Return the reader for a file of rows.

    Raises:
        ValueError: Its suffix says nothing.
    """
    match _suffix(name):
        case ".jsonl" | ".ndjson":
            from dsops.manifest.rows.jsonl import Jsonl

            return Jsonl()
        case ".json":
            from dsops.manifest.rows.json import Json

            return Json()
        case ".csv" | ".tsv" as suffix:
            from dsops.manifest.rows.cells import Cells

            return Cells("\t" if suffix == ".tsv" else "")
        case ".yaml" | ".yml":
            from dsops.manifest.rows.yaml import Yaml

            return Yaml()
        case ".parquet":
            from dsops.manifest.rows.parquet import Parquet

            return Parquet()
        case suffix:
            raise ValueError(f"{suffix!r} is the suffix of no format")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
