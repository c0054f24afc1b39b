"""YAML: a list of rows, or a row a document. For few rows: it is read whole, and many times as slowly as JSONL."""

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from dsops.manifest.events import Document, Parsed, parse
from dsops.manifest.rows.base import Located, RowFile
from dsops.manifest.rows.problems import Problems
from dsops.manifest.rows.tidy import is_row
from dsops.manifest.source import too_large


class Yaml:
    """Read with the rules of manifests, but that no text is a reference: rows are data."""

    columns = True

    def scan(self, handle: BinaryIO, file: RowFile, problems: Problems) -> Iterator[Located]:
        """Yield the rows, numbered."""
        large = too_large(file.name, os.fstat(handle.fileno()).st_size)
        parsed = Parsed((), (large,)) if large else parse(handle.read(), file.name)
        for each in parsed.diagnostics:
            problems.report(each.source or file.source(1), each.summary, detail=each.detail, hint=each.hint)
        number = 0
        for document in parsed.documents:
            for line, column, row in _rows(document) if document.sound else ():
                if is_row(row, file, line, column, problems):
                    yield number, line, column, row
                number += 1

    def cursor(self, file: RowFile) -> "YamlCursor":
        """Open a file again."""
        return YamlCursor(file)


class YamlCursor:
    """Holds the rows, without their places: finding those takes as long as reading."""

    def __init__(self, file: RowFile) -> None:
        """Read the file."""
        documents = parse(file.path.read_bytes(), file.name).documents
        self._rows = [row for each in documents if each.sound for row in _values(each)]

    def get(self, position: int) -> Any:
        """Return the document of a row by its number."""
        if position >= len(self._rows):
            raise ValueError("there is no such row any more")
        return self._rows[position]


def _values(document: Document) -> list[Any]:
    return document.value if isinstance(document.value, list) else [document.value]


def _rows(document: Document) -> Iterator[tuple[int, int, Any]]:
    """Yield the rows of a document with their lines and columns."""
    if not isinstance(document.value, list):
        yield document.source.line, document.source.column, document.value
        return
    for node, row in zip(document.places.outline.items, document.value, strict=True):
        yield node.source.line, node.source.column, row
