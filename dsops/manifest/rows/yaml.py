"""YAML: a list of rows, or a row a document. For few rows: it is read whole, and many times as slowly as JSONL."""

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from dsops.manifest.events import Document, Parsed, parse
from dsops.manifest.rows.base import Forward, Located, RowFile
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

    def cursor(self, file: RowFile) -> Forward:
        """Open a file again."""
        return Forward(self, file)


def _rows(document: Document) -> Iterator[tuple[int, int, Any]]:
    if not isinstance(document.value, list):
        yield document.source.line, document.source.column, document.value
        return
    for node, row in zip(document.places.outline.items, document.value, strict=True):
        yield node.source.line, node.source.column, row
