"""Readers of states: what `state push` is given, documents of shared stores, holders of leases."""

from pathlib import Path
from typing import Any

from dsops.model import State, canonical
from dsops.state.codec import decode_holder
from dsops.state.document import document as document_state
from dsops.state.document.reader import Reader as DocumentReader
from dsops.state.document.reader import Vanished
from dsops.state.whole import dump
from tests.fuzz.reader import Reader, expected, from_documents


def _whole() -> Any:
    record = {
        "address": "uipath/Dataset/d",
        "connection": "cm",
        "endpoint": "https://x",
        "remoteId": "1",
        "key": ["p", "d"],
        "parent": None,
        "dependsOn": [],
        "attributes": {"title": "A", "sourceIds": ["a"]},
        "protect": False,
        "policy": ["create", "delete", "update"],
        "replace": False,
        "schemaVersion": 1,
        "secrets": {"password": ["env", "P"]},
        "rows": {"mode": "sync", "key": ["input"], "count": 1, "digest": "ab"},
    }
    stream = record | {
        "address": "uipath/Stream/s",
        "key": ["p", "d", "s"],
        "parent": "uipath/Dataset/d",
        "dependsOn": ["uipath/Dataset/d"],
    }
    intent = {
        "id": 3,
        "run": "r",
        "planId": "p",
        "callId": 1,
        "address": "uipath/Dataset/d",
        "effect": "update",
        "request": "PUT /x",
        "record": record,
        "settles": ["title"],
        "at": 1.5,
    }
    return {
        "formatVersion": "2",
        "lineage": "l",
        "serial": 4,
        "stack": "mail",
        "env": None,
        "records": [record, stream],
        "intents": [intent],
        "traits": {"https://x": {"uploads": "async"}},
        "lastIntent": 3,
        "plans": [{"plan_id": "p", "saved": True, "status": "started", "serial": 3}],
        "history": [
            {
                "at": 1.0,
                "serial": 3,
                "who": "me@here",
                "command": "dsops apply",
                "summary": "1 created",
                "changes": ["a"],
            }
        ],
        "rows": {"uipath/Dataset/d": ""},
    }


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
        assert all(
            isinstance(each, str) for each in (record.remote_id, record.connection, record.endpoint, *record.key)
        )
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
        "dsops": 2,
        "serial": 9,
        "lineage": "l",
        "state": {"serial": 4, "stack": "mail", "env": None},
        "lease": {"token": 4, "heartbeat": 7, "seconds": 60.0, "holder": None},
        "lastIntent": 3,
        "records": {record["address"]: record},
        "intents": {"3": intent},
        "plans": WHOLE["plans"],
        "history": WHOLE["history"],
        "traits": WHOLE["traits"],
        "rows": {"uipath/Dataset/d": [["pack-1", 0]]},
        "packs": {"pack-1": ""},
    }


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


def _read_holder(content: bytes, folder: Path) -> object:
    """Read who holds a lease; stores know what to do with these errors."""
    try:
        holder = decode_holder(content.decode())
    except (TypeError, ValueError) as documented:
        return documented
    assert isinstance(holder.who, str)
    assert isinstance(holder.until, float | int)
    return holder


READERS = (
    Reader("a pushed state", from_documents(WHOLE), _read_whole, 300),
    Reader("a state in one document", from_documents(_document()), _read_document, 300),
    Reader("a holder", from_documents(HOLDER), _read_holder, 50),
)
