"""A stack of evaluation datasets before an emulator: row files written, live rows compared, strangers at work.

Rows are written as in manifests; ``[input, answer]`` is short for a row with just these two.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dsops import engine
from dsops.engine import Workspace
from dsops.manifest import load
from dsops.model import State
from dsops.providers import kinds
from tests.conformance.stage import Document, Json, Stage, content, placed
from tests.support import AnsweringEmulator
from tests.support.geai import add_rows, ask, held_datasets, plain_row

FAQ = "rows/faq.jsonl"
_FIELDS = {"name": "dataSetName", "description": "dataSetDescription", "type": "dataSetType", "active": "dataSetActive"}
_EMPTY = {"contextDocument": "", "expectedSources": [], "filterVariables": []}


class Evaluations(Stage):
    """A stage whose connection speaks to GEAI."""

    def write(self, rows: Iterable[Json], file: str = FAQ) -> "Evaluations":
        """Write rows into a file, one a line."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps(row_of(each), ensure_ascii=False) + "\n" for each in rows)
        path.write_text("".join(lines), encoding="utf-8")
        return self

    def write_files(self, files: Mapping[str, Json]) -> None:
        """Write files of rows: lists of rows, or text as it is."""
        for name, rows in files.items():
            if isinstance(rows, str):
                self.write([], name)
                (self.folder / name).write_text(rows, encoding="utf-8", newline="")
            else:
                self.write(rows, name)

    def begin(self, rows: Iterable[Json], /, *, mode: str = "sync", **spec: Any) -> "Evaluations":
        """Declare the dataset `faq` with the rows of its file."""
        self.declare(evaluation(mode=mode, **spec))
        return self.write(rows)

    # -- strangers

    def meddle(self, method: str, path: str, body: Json = None) -> Json:
        """Do what a stranger would; ``{faq}`` stands for a dataset's id, ``{faq/q}`` for that of its row q."""
        return ask(self.emulator.url, method, placed(path, self.ids()), body)

    def add(self, *rows: Json, name: str = "faq") -> None:
        """Add rows as a stranger would."""
        add_rows(self.emulator.url, self.held()[name]["dataSetId"], map(row_of, rows))

    def behind(self, method: str, path: str, body: Json = None) -> None:
        """Do what a story says; rows are added by ``ADD faq``, with rows as in manifests."""
        if method == "ADD":
            self.add(*body, name=path)
        else:
            self.meddle(method, path, body)

    def ids(self) -> dict[str, str]:
        """Return name to id of what is there: ``faq``, ``faq/q``; of rows with one input each as ``faq/q#1`` too."""
        found = {}
        for name, document in self.held().items():
            found[name] = document["dataSetId"]
            seen: Counter[str] = Counter()
            for row in document["rows"]:
                place = f"{name}/{row['dataSetRowInput']}"
                seen[place] += 1
                found[place] = found[f"{place}#{seen[place]}"] = row["dataSetRowId"]
        return found

    # -- looking

    def held(self) -> dict[str, Document]:
        """Return every dataset, by name, as the API shows it."""
        return held_datasets(self.emulator.url)

    def rows(self, name: str = "faq") -> list[Document]:
        """Return the rows of a dataset, sorted."""
        return sorted_rows(map(plain_row, self.held()[name]["rows"]))

    def answers(self, name: str = "faq") -> dict[str, str]:
        """Return input to answer of a dataset's rows, no two of which may have one input."""
        rows = self.rows(name)
        found = {row["input"]: row["expectedAnswer"] for row in rows}
        assert len(found) == len(rows), "two rows have one input"
        return found

    def state(self) -> State:
        """Return what is recorded."""
        return engine.store_of(self.workspace().stack).load()

    def workspace(self) -> Workspace:
        """Return the stack as it is declared now, as the commands load it."""
        schemas = {name: kind.info.schema for name, kind in kinds().items()}
        environ = {**os.environ, "CM_TOKEN": self.token}
        loaded = load(self.folder, env=None, variables={}, environ=environ, schemas=schemas)
        assert loaded.stack is not None, loaded.diagnostics
        return Workspace(loaded.stack, loaded.resources)

    def is_live(self, path: str, wanted: Json) -> None:
        """Check the fields of a dataset that are named; ``rows`` are compared whole. None: it is not there."""
        found = self.held().get(path)
        assert (found is None) == (wanted is None), f"{path}: {found}"
        for name, value in (wanted or {}).items():
            if name == "rows":
                assert self.rows(path) == sorted_rows(map(row_of, value))
            else:
                assert found is not None
                assert found[_FIELDS[name]] == value

    def sent(self, since: int = 0) -> list[str]:
        """Return the writes that arrived, ids left out and sorted: ``POST dataSetRow 2`` is one with two rows."""
        return sorted(map(shown, self.writes()[since:]))

    def sends(self, *args: str, code: int = 0) -> list[str]:
        """Apply; return the writes that arrived."""
        since = len(self.writes())
        self.apply(*args, code=code)
        return self.sent(since)


def shown(request: Document) -> str:
    """Return a write in short, without ids."""
    path = [part for part in request["path"].split("/") if part.startswith("dataSetR") or part == "FileUpload"]
    body = content(request)
    rows = body["rows"] if isinstance(body, dict) and "rows" in body else body
    number = f" {len(rows)}" if isinstance(rows, list) else ""
    return f"{request['method']} {'/'.join(path) or 'dataSet'}{number}"


def at(folder: Path, emulator: AnsweringEmulator, **more: Any) -> Evaluations:
    """Return a stage in a folder; ``more`` are further fields of its connection."""
    return Evaluations(folder, emulator, name="evals", provider="geai", settings=more)


def evaluation(name: str = "faq", /, *, mode: str = "sync", file: str = FAQ, **spec: Any) -> Document:
    """Return the manifest of a dataset with the rows of a file; ``meta`` are further keys of its metadata."""
    meta = spec.pop("meta", {})
    rows = {"rows": {"mode": mode, "key": "input", "from": file}}
    return {"apiVersion": "geai/v1", "kind": "Dataset", "metadata": {"name": name, **meta}, "spec": rows | spec}


def row_of(short: Json) -> Document:
    """Return a row as in a manifest."""
    return short if isinstance(short, dict) else {"input": short[0], "expectedAnswer": short[1]}


def sorted_rows(rows: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Return rows in full, in an order of their own: that of the provider means nothing."""
    return sorted((_whole(row) for row in rows), key=_text)


def _whole(row: Mapping[str, Any]) -> Document:
    sources = [{"extension": "", **each} for each in row.get("expectedSources", [])]
    nested = {"expectedSources": sources, "filterVariables": row.get("filterVariables", [])}
    return {**_EMPTY, **row, **{name: sorted(entries, key=_text) for name, entries in nested.items()}}


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def same_rows(found: Iterable[Json], wanted: Iterable[Json]) -> bool:
    """Whether two lists hold the same rows, in whatever order."""
    return sorted_rows(map(row_of, found)) == sorted_rows(map(row_of, wanted))
