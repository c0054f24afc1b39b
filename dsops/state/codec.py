"""Records, intents and holders as JSON. `specs/state-format.md` names the fields.

Each decoder stands below its encoder. A decoder raises KeyError, TypeError or ValueError for a document that isn't what
its encoder writes, also where it only has other types; the store knows where it came from and explains.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import orjson

from dsops.model import Address, Holder, Intent, Record, RecordedRows, RowMode, SecretRef, Verb
from dsops.state.forms import COUNT, COUNT_OR_NONE, TEXT, TEXT_OR_NONE, TIME, formed, texts
from dsops.state.marks import pack, unpack_all


def encode_record(record: Record) -> bytes:
    """Return the JSON of a record. Attributes must be references to secrets or JSON values (lists, not tuples)."""
    return orjson.dumps(_record_document(record))


class Records(Mapping[Address, Record]):
    """Records by address, each decoded when it is first asked for: many commands need few of them."""

    def __init__(self, bodies: Iterable[tuple[str, bytes]], damaged: Callable[[str], Exception]) -> None:
        """Take addresses with their encoded records, and what to raise, given a sentence, where one can't be read."""
        self._entries: dict[Address, Record | bytes] = {}
        self._damaged = damaged
        self._reader = _Reader()
        for address, body in bodies:
            self._entries[self._reader.address(address)] = body

    def __getitem__(self, address: Address) -> Record:
        entry = self._entries[address]
        if isinstance(entry, Record):
            return entry
        try:
            record = self._reader.record(orjson.loads(entry))
            if record.address != address:
                raise ValueError(f"it is one of {record.address}")  # noqa: TRY301 - told like what else is wrong with it
        except (KeyError, TypeError, ValueError) as problem:
            raise self._damaged(f"the record of {address} can't be read ({problem!r})") from problem
        self._entries[address] = record
        return record

    def __iter__(self) -> Iterator[Address]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def encode_intent(intent: Intent) -> bytes:
    """Return the JSON of an intent; its id is the key it is stored under and not in it."""
    document = {
        "run": intent.run,
        "planId": intent.plan_id,
        "callId": intent.call_id,
        "address": str(intent.address),
        "effect": intent.effect,
        "request": intent.request,
        "record": _record_document(intent.record),
        "settles": intent.settles,
        "at": intent.at,
    }
    if intent.rows:
        document["rows"] = b64encode(b"".join(map(pack, intent.rows))).decode()
    return orjson.dumps(document)


def decode_intent(intent_id: int, body: bytes) -> Intent:
    """Return the intent stored under an id."""
    document = formed(
        orjson.loads(body), run=TEXT, planId=TEXT, callId=COUNT, address=TEXT, effect=TEXT, request=TEXT, at=TIME
    )
    return Intent(
        id=intent_id,
        run=document["run"],
        plan_id=document["planId"],
        call_id=document["callId"],
        address=Address.parse(document["address"]),
        effect=document["effect"],
        request=document["request"],
        record=_Reader().record(document["record"]),
        settles=texts(document["settles"], "settles"),
        at=document["at"],
        rows=unpack_all(b64decode(document.get("rows", ""), validate=True)),
    )


def encode_holder(holder: Holder) -> str:
    """Return the JSON of a lease's holder."""
    return orjson.dumps(asdict(holder)).decode()


def decode_holder(body: str) -> Holder:
    """Return the holder of a lease."""
    found = formed(
        orjson.loads(body),
        who=TEXT,
        command=TEXT,
        pid=COUNT,
        started=COUNT_OR_NONE,
        boot_id=TEXT_OR_NONE,
        since=TIME,
        until=TIME,
    )
    return Holder(**found)


def _record_document(record: Record) -> dict[str, Any]:
    document = {
        "address": str(record.address),
        "connection": record.connection,
        "endpoint": record.endpoint,
        "remoteId": record.remote_id,
        "key": record.key,
        "parent": str(record.parent) if record.parent else None,
        "dependsOn": [str(each) for each in record.depends_on],
        "attributes": record.attributes,
        "protect": record.protect,
        "policy": sorted(record.policy),
        "replace": record.replace,
        "schemaVersion": record.schema_version,
    }
    secrets = {path: value for path, value in record.attributes.items() if type(value) is SecretRef}
    if secrets:
        document["attributes"] = {path: each for path, each in record.attributes.items() if path not in secrets}
        document["secrets"] = {path: [each.scheme, each.name] for path, each in secrets.items()}
    if record.rows is not None:
        document["rows"] = {
            "mode": record.rows.mode,
            "key": record.rows.key,
            "count": record.rows.count,
            "digest": record.rows.digest,
        }
    return document


def _attributes(document: dict[str, Any]) -> dict[str, Any]:
    attributes: dict[str, Any] = document["attributes"]
    secrets = document.get("secrets")
    if secrets is None:
        return attributes
    if type(secrets) is not dict:
        raise TypeError("its secrets are no references")
    found = {path: SecretRef(*texts(each, "a reference to a secret")) for path, each in secrets.items()}
    return {**attributes, **found}


def _rows(document: dict[str, Any] | None) -> RecordedRows | None:
    if document is None:
        return None
    formed(document, count=COUNT, digest=TEXT)
    key = texts(document["key"], "the key of its rows")
    return RecordedRows(RowMode(document["mode"]), key, document["count"], document["digest"])


def _check(document: dict[str, Any]) -> None:
    """Refuse a record whose parts have other types. In one go: ten thousand records pass here before each plan."""
    if not (
        type(document["connection"]) is type(document["endpoint"]) is type(document["remoteId"]) is str
        and type(document["protect"]) is type(document["replace"]) is bool
        and type(document["schemaVersion"]) is int
        and type(document["attributes"]) is dict
        and type(document["key"]) is type(document["dependsOn"]) is list
        and {*map(type, document["key"])} <= _TEXTS
    ):
        raise TypeError("a part of it has a type that it can't have")


_TEXTS = frozenset({str})


class _Reader:
    """Reads record documents; equal addresses, policies and endpoints become one object: less time, less memory."""

    def __init__(self) -> None:
        self._addresses: dict[str, Address] = {}
        self._policies: dict[tuple[str, ...], frozenset[Verb]] = {}
        self._texts: dict[str, str] = {}

    def record(self, document: dict[str, Any]) -> Record:
        """Return the record of a document."""
        parent = document["parent"]
        policy = tuple(document["policy"])
        _check(document)
        return Record(
            address=self.address(document["address"]),
            connection=self._text(document["connection"]),
            endpoint=self._text(document["endpoint"]),
            remote_id=document["remoteId"],
            key=tuple(document["key"]),
            parent=None if parent is None else self.address(parent),
            depends_on=tuple([self.address(each) for each in document["dependsOn"]]),
            attributes=_attributes(document),
            protect=document["protect"],
            policy=self._policies.get(policy) or self._policy(policy),
            replace=document["replace"],
            schema_version=document["schemaVersion"],
            rows=_rows(document.get("rows")),
        )

    def address(self, text: str) -> Address:
        """Return the address that a text of ours stands for; cheaper than `Address.parse`, which checks a person's."""
        found = self._addresses.get(text)
        if found is None:
            if type(text) is not str:
                raise TypeError(f"{text!r} is no address")
            found = self._addresses[text] = Address(*text.split("/"))
        return found

    def _policy(self, verbs: tuple[str, ...]) -> frozenset[Verb]:
        return self._policies.setdefault(verbs, frozenset(Verb(each) for each in verbs))

    def _text(self, text: str) -> str:
        return self._texts.setdefault(text, text)
