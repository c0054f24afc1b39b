"""Everything that dsops reads besides answers: what it is given, and what may come of it.

A ``Reader`` takes bytes and does with them what a command does, as far as that goes without a server. It may refuse
them with a ``DsopsError`` or tell what is wrong in diagnostics; anything else it raises is a defect.
"""

import csv
import datetime as dt
import io
import random
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from dsops.cli.workspace import checked
from dsops.engine.archive import unpack
from dsops.engine.archivepart import ArchivePart
from dsops.engine.partfile import PartFile
from dsops.engine.sheet import write_sheet
from dsops.http import Remote
from dsops.http.answer import decode
from dsops.http.exchange import LARGEST_ANSWER
from dsops.http.retry import retry_after
from dsops.http.splitter import Broken, Splitter, Stream, TooLarge
from dsops.manifest import Loaded, load
from dsops.manifest.rows import RowReader
from dsops.model import (
    THE_ANSWER,
    Address,
    DsopsError,
    Listing,
    Resource,
    RowMode,
    RowSet,
    Stack,
    State,
    canonical,
)
from dsops.planner import (
    Inputs,
    Observation,
    SavedPlan,
    Scope,
    declare,
    dump_plan,
    load_plan,
    make_plan,
)
from dsops.planner import planfile as planfile_of
from dsops.providers import kinds, provider, schemas
from dsops.render import diagnostics_json, diagnostics_text, plan_json, plan_markdown, plan_text
from dsops.state import open_store
from dsops.state.codec import decode_holder
from dsops.state.document import document as document_state
from dsops.state.document.reader import Reader as DocumentReader
from dsops.state.document.reader import Vanished
from dsops.state.whole import dump
from tests.fuzz.hostile import Chance, bytes_of, damaged, text_of, worsened

ROOT = Path(__file__).resolve().parents[2]
Read = Callable[[bytes, Path], object]
Make = Callable[[Chance], bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """One thing that is read.

    Attributes:
        name: What it is.
        make: Makes bytes for it, good ones made worse.
        read: Reads them; is given an empty folder too.
        rounds: How often it is tried in CI, in proportion to what one try costs.
    """

    name: str
    make: Make
    read: Read
    rounds: int = 150


def expected(read: Callable[[], object]) -> object:
    """Run a reading that may be refused; return what came of it."""
    try:
        return read()
    except DsopsError as refused:
        diagnostics_text(refused.diagnostics)
        diagnostics_json(refused.diagnostics)
        return refused


def from_documents(*documents: Any) -> Make:
    """Return what makes JSON documents worse."""
    return lambda chance: bytes_of(worsened(chance.choice(documents), chance), chance)


def from_bytes(*contents: bytes) -> Make:
    """Return what damages bytes."""
    return lambda chance: damaged(chance.choice(contents), chance)


# -- manifests


def _documents_of(folder: Path) -> list[Any]:
    return [each for path in sorted(folder.glob("*.yaml")) for each in yaml.safe_load_all(path.read_bytes()) if each]


_EXAMPLES = {each.name: _documents_of(each) for each in sorted((ROOT / "examples").iterdir()) if each.is_dir()}
_SCHEMAS = schemas()


def _stack_text(documents: Iterable[Any], chance: Chance) -> bytes:
    """Write documents as YAML, in one of the ways that people have."""
    parts = []
    for each in documents:
        try:
            plain = yaml.safe_dump(each, allow_unicode=True, sort_keys=False) if chance.random() < 0.5 else ""
        except (yaml.YAMLError, UnicodeError, RecursionError, TypeError):
            plain = ""
        parts.append(plain or text_of(each, indent=chance.choice((None, 2))))
    return "\n---\n".join(parts).encode(errors="surrogatepass")


def _make_manifests(chance: Chance) -> bytes:
    documents = list(_EXAMPLES[chance.choice(sorted(_EXAMPLES))])
    at = chance.randrange(len(documents))
    documents[at] = worsened(documents[at], chance)
    content = _stack_text(documents, chance)
    return damaged(content, chance) if chance.random() < 0.3 else content


def _make_raw_manifests(chance: Chance) -> bytes:
    names = sorted((ROOT / "examples").glob("*/*.yaml"))
    content = chance.choice(names).read_bytes()
    return damaged(content, chance)


def read_manifests(content: bytes, folder: Path) -> object:
    """Read a stack that is one file, check it, and plan it as if nothing were there yet."""
    (folder / "dsops.yaml").write_bytes(content)
    return _loaded(folder, env=None, variables={})


def _read_overlay(content: bytes, folder: Path) -> object:
    documents = [each for name in ("support-mail", "evaluation") for each in _EXAMPLES[name]][:5]
    (folder / "dsops.yaml").write_text("\n---\n".join(map(text_of, documents)), encoding="utf-8")
    (folder / "env").mkdir()
    (folder / "env" / "prod.yaml").write_bytes(content)
    return _loaded(folder, env="prod", variables={})


def _read_value(content: bytes, folder: Path) -> object:
    text = content.decode(errors="surrogateescape").replace("\0", "")
    stack = {
        "apiVersion": "dsops/v1",
        "kind": "Stack",
        "metadata": {"name": "x"},
        "spec": {
            "variables": {"a": {"default": 1}, "b": {"default": "t"}, "c": {}},
            "connections": {"cm": {"provider": "uipath", "endpoint": "https://${var.b}", "token": "${env:T}"}},
        },
    }
    dataset = {
        "apiVersion": "uipath/v1",
        "kind": "Dataset",
        "metadata": {"name": "d", "protect": "${var.a}"},
        "spec": {"project": "${var.b}", "title": "x${var.c}y", "description": "${var.c}", "hasSentiment": "${var.a}"},
    }
    (folder / "dsops.yaml").write_text(text_of(stack) + "\n---\n" + text_of(dataset), encoding="utf-8")
    given = dict.fromkeys("abc", text)
    _loaded(folder, env=text, variables={"c": text, text: text})
    _loaded(folder, env=None, variables={}, environ={f"DSOPS_VAR_{name}": value for name, value in given.items()})
    return _loaded(folder, env=None, variables=given)


def _loaded(
    folder: Path, *, env: str | None, variables: Mapping[str, str], environ: Mapping[str, str] | None = None
) -> Loaded:
    found = load(folder, env=env, variables=variables, environ=environ or {}, schemas=_SCHEMAS)
    if not any(each.is_error for each in found.diagnostics):
        found = checked(found)
    diagnostics_text(found.diagnostics).encode()
    diagnostics_json(found.diagnostics).encode()
    if found.stack is not None and not any(each.is_error for each in found.diagnostics):
        expected(lambda: _planned(found.stack, found.resources))
    return found


def _planned(stack: Stack | None, resources: tuple[Resource, ...]) -> object:
    assert stack is not None
    known = kinds()
    plain = tuple(each for each in resources if each.rows is None)
    declared = declare(plain, known)
    scopes = {declared.scope(address, known) for address in declared.resources}
    for each in list(scopes):
        above = known[each.type].info.parent
        if above is not None:
            scopes.add(Scope(each.connection, above))
    seen = Observation({scope: Listing((), exists=True, parent_id="p") for scope in scopes})
    state = State("lineage", 1, stack.name, stack.env, {})
    plan = make_plan(Inputs(stack, declared, state, seen, known, dt.date(2026, 1, 1)))
    for text in (plan_text(plan, full=True), plan_json(plan), plan_markdown(plan)):
        text.encode()
    saved = dump_plan(SavedPlan(plan, stack))
    assert dump_plan(load_plan(saved)) == saved
    return plan


# -- rows


_ROWS = (
    {"input": "What?", "expectedAnswer": "That.", "contextDocument": "", "expectedSources": [{"name": "a", "value": "b"}]},
    {"input": "Who?", "expectedAnswer": "He.", "filterVariables": [{"metadataType": "V", "key": "k", "operator": "=", "value": "v"}]},
    {"dataSetRowInput": "Why?", "dataSetRowExpectedAnswer": "So."},
)  # fmt: skip


def _make_row_list(chance: Chance) -> bytes:
    return bytes_of(worsened([*_ROWS] if chance.random() < 0.5 else {"name": "x", "rows": [*_ROWS]}, chance), chance)


def _make_row_lines(chance: Chance) -> bytes:
    at = chance.randrange(len(_ROWS))
    lines = [text_of(worsened(row, chance) if number == at else row) for number, row in enumerate(_ROWS)]
    content = chance.choice(("\n", "\r\n", "\n\n")).join(lines).encode(errors="surrogatepass")
    return damaged(content, chance) if chance.random() < 0.5 else content


def _make_row_yaml(chance: Chance) -> bytes:
    return damaged(_stack_text([worsened([*_ROWS], chance)], chance), chance)


def _make_row_cells(chance: Chance) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=chance.choice(",;\t|"))
    writer.writerow(["input", "expectedAnswer", "contextDocument", "expectedSources.0.name", "expectedSources.0.value"])
    for number in range(3):
        writer.writerow([f"q{number}", 'an "answer"\nof two lines', "", "n", "v,;"])
    content = text.getvalue().encode(chance.choice(("utf-8", "utf-8", "utf-16", "utf-8-sig")))
    return damaged(content, chance)


def _parquet() -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    rows = {
        "input": ["a", "b"],
        "expectedAnswer": ["c", None],
        "expectedSources": [[{"name": "n", "value": "v"}], []],
    }
    out = io.BytesIO()
    parquet.write_table(pa.table(rows), out)
    return out.getvalue()


def rows_of(suffix: str) -> Read:
    """Return what reads rows of a format: all of them, and those that are good a second time."""

    def read(content: bytes, folder: Path) -> object:
        (folder / f"rows{suffix}").write_bytes(content)
        codec = provider("geai").kinds["Dataset"].rows
        assert codec is not None
        found = RowSet(RowMode.SYNC, ("input",), (f"rows{suffix}",))
        reader = RowReader(found, folder, codec.declared, parsed=codec.parsed, largest=200_000)
        seen: dict[Any, int] = {}

        def take(values: Any) -> int | None:
            canonical(codec.document(values))
            canonical(codec.manifest(values))
            if values[0] in seen:
                return seen[values[0]]
            seen[values[0]] = len(seen)
            return None

        problems = reader.read(take)
        diagnostics_text(problems).encode()
        again = list(reader.values(range(len(reader))))
        assert [each[0] for each in again] == list(seen)
        return [reader.source(number) for number in range(len(reader))]

    return read


# -- state, plans


def _whole() -> Any:
    record = {
        "address": "uipath/Dataset/d", "connection": "cm", "endpoint": "https://x", "remoteId": "1", "key": ["p", "d"],
        "parent": None, "dependsOn": [], "attributes": {"title": "A", "sourceIds": ["a"]}, "protect": False,
        "policy": ["create", "delete", "update"], "replace": False, "schemaVersion": 1,
        "secrets": {"password": ["env", "P"]}, "rows": {"mode": "sync", "key": ["input"], "count": 1, "digest": "ab"},
    }  # fmt: skip
    stream = record | {"address": "uipath/Stream/s", "key": ["p", "d", "s"], "parent": "uipath/Dataset/d", "dependsOn": ["uipath/Dataset/d"]}  # fmt: skip
    intent = {
        "id": 3, "run": "r", "planId": "p", "callId": 1, "address": "uipath/Dataset/d", "effect": "update", "request": "PUT /x",
        "record": record, "settles": ["title"], "at": 1.5,
    }  # fmt: skip
    return {
        "formatVersion": "2", "lineage": "l", "serial": 4, "stack": "mail", "env": None, "records": [record, stream],
        "intents": [intent], "traits": {"https://x": {"uploads": "async"}}, "lastIntent": 3,
        "plans": [{"plan_id": "p", "saved": True, "status": "started", "serial": 3}],
        "history": [{"at": 1.0, "serial": 3, "who": "me@here", "command": "dsops apply", "summary": "1 created", "changes": ["a"]}],
        "rows": {"uipath/Dataset/d": ""},
    }  # fmt: skip


WHOLE = _whole()
HOLDER = {"who": "me@here", "command": "apply", "pid": 1, "started": 5, "boot_id": "b", "since": 1.5, "until": 2.5}


def _read_whole(content: bytes, folder: Path) -> object:
    def read() -> object:
        whole = dump.decode(content, "The file")
        _used_state(whole.state)
        for entry in whole.history:
            assert isinstance(entry.at, float | int)
            assert all(isinstance(each, str) for each in entry.changes)
        return dump.encode(whole)

    return expected(read)


def _used_state(state: State) -> None:
    """Look at everything in a state as commands do."""
    for address, record in state.records.items():
        assert record.address == address
        assert all(isinstance(each, str) for each in (record.remote_id, record.connection, record.endpoint, *record.key))
        assert all(isinstance(each, str) for each in record.attributes)
        assert isinstance(record.protect, bool)
        str(record.parent)
        canonical({path: str(value) for path, value in record.attributes.items()})
    for intent in state.intents:
        assert isinstance(intent.request, str)
        assert isinstance(intent.at, float | int)
        assert all(isinstance(each, str) for each in intent.settles)


def _document() -> Any:
    record = WHOLE["records"][0]
    intent = {name: value for name, value in WHOLE["intents"][0].items() if name != "id"}
    return {
        "dsops": 2, "serial": 9, "lineage": "l", "state": {"serial": 4, "stack": "mail", "env": None},
        "lease": {"token": 4, "heartbeat": 7, "seconds": 60.0, "holder": None}, "lastIntent": 3,
        "records": {record["address"]: record}, "intents": {"3": intent}, "plans": WHOLE["plans"], "history": WHOLE["history"],
        "traits": WHOLE["traits"], "rows": {"uipath/Dataset/d": [["pack-1", 0]]}, "packs": {"pack-1": ""},
    }  # fmt: skip


def _read_document(content: bytes, folder: Path) -> object:
    class Sheet:
        body = content

    def read() -> object:
        reader = DocumentReader(_Shelf(), stack="mail", env=None)  # type: ignore[arg-type]
        document = reader.decoded(Sheet())  # type: ignore[arg-type]
        _used_state(reader.state(document))
        document_state.encode(document.copy())
        try:
            whole = reader.whole(document)
        except Vanished:  # then the document is read again
            return None
        return whole if whole is None else dump.encode(whole)

    return expected(read)


class _Shelf:
    """A place without packs of rows."""

    where = "s3://bucket/state"

    def read_pack(self, name: str) -> None:
        del name


def _plan() -> Any:
    documents = _EXAMPLES["support-mail"]
    folder = ROOT / "examples" / "support-mail"
    del documents
    found = load(folder, env=None, variables={}, environ={}, schemas=_SCHEMAS)
    plan: Any = _planned(found.stack, found.resources)
    assert found.stack is not None
    return orjson.loads(dump_plan(SavedPlan(plan, found.stack)))


_PLANS: list[Any] = []


def _make_plan_file(chance: Chance) -> bytes:
    """A plan that somebody changed and gave the right checksum; now and then it is damaged as well."""
    if not _PLANS:
        _PLANS.append(_plan())
    content = worsened(_PLANS[0], chance)
    try:
        content = orjson.loads(text_of(content))
        content["sha256"] = planfile_of._checksum(content)
        raw = planfile_of._bytes(content)
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        raw = text_of(content).encode(errors="surrogatepass")
    return damaged(raw, chance) if chance.random() < 0.1 else raw


def _read_plan_file(content: bytes, folder: Path) -> object:
    def read() -> object:
        saved = load_plan(content)
        for text in (plan_text(saved.plan, full=True), plan_json(saved.plan), plan_markdown(saved.plan)):
            text.encode()
        return dump_plan(saved)

    return expected(read)


# -- archives, notes of downloads and exports


def _archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dump/annotations/a.jsonl", '{"a": 1}\n' * 50)
        archive.writestr("dump/images/one.png", bytes(range(256)) * 4)
        archive.writestr("dump/empty/", "")
    return out.getvalue()


def _read_archive(content: bytes, folder: Path) -> object:
    (folder / "it.zip").write_bytes(content)
    into = folder / "into"
    found = expected(lambda: sum(len(each.piece) for each in unpack(folder / "it.zip", into)))
    beside = {path.name for path in folder.iterdir()}
    assert beside <= {"it.zip", "into"}, beside
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    return found


_REQUEST = {"operation": "dataset export", "arguments": {"limit": 3, "order_by": "created_at"}}
_NOTE = {"formatVersion": "1", "request": _REQUEST, "next": {"continuation": "c", "limit": 3}, "bytes": 6, "count": 2, "pages": 1}
_ARCHIVE_NOTE = {"formatVersion": "1", "request": _REQUEST, "size": 600_000, "mark": "m", "parts": [0, 1]}


def _read_note(content: bytes, folder: Path) -> object:
    (folder / "it.jsonl.part").write_bytes(b"{}\n{}\n")
    (folder / "it.jsonl.part.json").write_bytes(content)

    def read() -> object:
        with PartFile(folder / "it.jsonl", _REQUEST, {"limit": 3}) as part:
            mark = part.open(restart=False, overwrite=False)
            assert mark.next is None or isinstance(mark.next, dict)
            assert 0 <= mark.size <= 6
            following: Any = {**mark.next, "continuation": "d"} if mark.next is not None else None
            part.append(b"{}\n", 1, following)
            return f"{mark.items:,} {mark.pages:,}"

    return expected(read)


def _read_archive_note(content: bytes, folder: Path) -> object:
    (folder / "it.part").write_bytes(b"x" * 600_000)
    (folder / "it.part.json").write_bytes(content)

    def read() -> object:
        with ArchivePart(folder / "it") as part:
            there = part.begin(_REQUEST, Remote(600_000, "m"))
            assert 0 <= there <= 600_000
            assert part.missing == () or max(part.missing) < 3
            part.came(set(part.missing[:1]))
            return part.size

    return expected(read)


def _read_sheet(content: bytes, folder: Path) -> object:
    from dsops.providers.uipath.comments import comment_cells

    lines = [line for line in content.split(b"\n") if line.strip()]
    good = []
    for line in lines:
        answer = decode(200, [], line)
        body = getattr(answer, "body", None)
        if isinstance(body, dict):
            good.append(orjson.dumps(body))
    (folder / "lines").write_bytes(b"\n".join(good))
    write_sheet(folder / "lines", folder / "sheet.csv", comment_cells)
    with (folder / "sheet.csv").open(encoding="utf-8", newline="") as file:
        before = csv.field_size_limit(10**9)
        try:
            widths = {len(row) for row in csv.reader(file, strict=True)}
        finally:
            csv.field_size_limit(before)
    assert len(widths) <= 1
    return widths


_COMMENT = {
    "comment": {"uid": "a.b", "id": "b", "messages": [{"body": {"text": "x"}, "subject": {"text": "=1+1"}}], "user_properties": {"string:C": "d"}},
    "annotations": {"labels": {"assigned": [{"name": "L", "sentiment": "positive"}]}, "entities": {}},
    "predictions": {"labels": [{"name": ["A", "B"], "probability": 0.5}]}, "label_properties": [{"property_id": "i", "property_name": "tone", "value": 1}],
}  # fmt: skip


# -- small things


def _read_splitter(content: bytes, folder: Path) -> object:
    """What streams by is what would be read at once; or the answer is broken."""
    for member in ("rows", THE_ANSWER):
        kept: list[Any] = []
        sink = _Sink(kept)
        size = 1 + sum(content[:3]) % 50
        try:
            splitter = Splitter(Stream(member, sink), LARGEST_ANSWER)
            for at in range(0, len(content), size):
                splitter.feed(content[at : at + size])
            rest = splitter.finish()
        except (Broken, TooLarge):
            continue
        try:
            body = orjson.loads(rest)
        except orjson.JSONDecodeError:
            continue
        whole = orjson.loads(content)
        if member == THE_ANSWER and isinstance(whole, list):
            assert (kept, body) == (whole, [])
        elif isinstance(whole, dict) and isinstance(whole.get("rows"), list) and body.get("rows") is None:
            assert kept == whole["rows"]
    return None


@dataclass(frozen=True, slots=True)
class _Sink:
    kept: list[Any]

    def begin(self) -> None:
        """Begin."""

    def take(self, rows: list[Any]) -> None:
        """Keep rows."""
        self.kept.extend(rows)


def _read_header(content: bytes, folder: Path) -> object:
    found = retry_after(content.decode("latin-1"), 1e9)
    assert found is None or 0 <= found < float("inf")
    return found


def _read_address(content: bytes, folder: Path) -> object:
    text = content.decode(errors="surrogateescape").replace("\0", "")
    try:
        Address.parse(text)
    except ValueError as documented:
        str(documented).encode(errors="replace")
    return expected(lambda: open_store(text, root=folder, stack="mail", env=None))


def _read_holder(content: bytes, folder: Path) -> object:
    """Read who holds a lease; stores know what to do with these errors."""
    try:
        holder = decode_holder(content.decode())
    except (TypeError, ValueError) as documented:
        return documented
    assert isinstance(holder.who, str)
    assert isinstance(holder.until, float | int)
    return holder


_PARQUET = _parquet()
READERS: tuple[Reader, ...] = (
    Reader("manifests", _make_manifests, read_manifests, 120),
    Reader("damaged manifests", _make_raw_manifests, read_manifests, 150),
    Reader("an overlay", _make_manifests, _read_overlay, 60),
    Reader("variables", from_bytes(b"eu", b"8", b"1e3", b"true", b"prod", b"0x1F"), _read_value, 40),
    Reader("rows as JSON", _make_row_list, rows_of(".json")),
    Reader("rows as JSONL", _make_row_lines, rows_of(".jsonl"), 250),
    Reader("rows as YAML", _make_row_yaml, rows_of(".yaml")),
    Reader("rows as CSV", _make_row_cells, rows_of(".csv"), 250),
    Reader("rows as Parquet", lambda chance: damaged(_PARQUET, chance), rows_of(".parquet"), 100),
    Reader("a pushed state", from_documents(WHOLE), _read_whole, 300),
    Reader("a state in one document", from_documents(_document()), _read_document, 300),
    Reader("a holder", from_documents(HOLDER), _read_holder, 50),
    Reader("a saved plan", _make_plan_file, _read_plan_file, 150),
    Reader("an archive", from_bytes(_archive()), _read_archive, 150),
    Reader("a note of an export", from_documents(_NOTE), _read_note, 150),
    Reader("a note of a download", from_documents(_ARCHIVE_NOTE), _read_archive_note, 100),
    Reader("a sheet", from_documents(_COMMENT), _read_sheet, 150),
    Reader("rows that stream by", from_documents({"dataSetId": "x", "rows": [{"a": {"b": [1]}}, {"a": "]}"}]}, [{"a": 1}, {"a": {"rows": [1]}}]), _read_splitter, 400),
    Reader("Retry-After", from_bytes(b"120", b"Fri, 31 Dec 2027 23:59:59 GMT", b"1e9"), _read_header, 400),
    Reader("addresses", from_bytes(b"sqlite:.dsops/x.db", b"postgres://u:${env:P}@h:1/d?schema=s", b"s3://b/p?region=r", b"https://h/p", b"uipath/Dataset/x"), _read_address, 200),
)  # fmt: skip
