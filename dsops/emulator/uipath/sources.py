"""Sources: list, get, create, and the upload of comments.

dsops calls none of these; they are the vendor's own way to bring comments in, for whoever tries or tests streams.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import orjson

from dsops.emulator.checks import parse_body
from dsops.emulator.exchange import Answer, Refusal, encode
from dsops.emulator.options import PutExisting
from dsops.emulator.uipath import predictions, shapes
from dsops.emulator.uipath.comments import Comment
from dsops.emulator.uipath.instants import format_micros, parse_micros, to_micros
from dsops.emulator.uipath.service import SOURCE, Ask, Service, many, ok

_DEFAULTS = {"title": "", "description": "", "language": "en", "should_translate": False}
_FIXED: Mapping[str, Any] = {"_kind": "unknown", "bucket_id": None, "sensitive_properties": []}


def list_sources(service: Service, ask: Ask) -> Answer:
    """All sources, or those of one project."""
    return Answer(200, service.store.listing(SOURCE, ask.params.get("project"), partial(many, "sources")))


def get_source(service: Service, ask: Ask) -> Answer:
    """One source."""
    return ok("source", encode(_source(service, ask.params)))


def put_source(service: Service, ask: Ask) -> Answer:
    """Create a source; what happens to an existing one is the switch `put_existing`."""
    fields = parse_body(ask.body, shapes.SOURCE_CREATE)["source"]
    project, name = ask.params["project"], ask.params["source"]
    existing = service.store.get(SOURCE, project, name)
    if existing and service.put_existing is PutExisting.CONFLICT:
        raise Refusal(409, f"Source {project}/{name} already exists.")
    now = service.now()
    kept = {key: existing[key] for key in ("id", "created_at")} if existing else {"id": service.store.new_id()}
    document = {"created_at": now, **_DEFAULTS, **fields, **kept}
    return ok("source", write_source(service, project, name, document, now))


def write_source(service: Service, project: str, name: str, document: Mapping[str, Any], now: str) -> bytes:
    """Keep a source whose id and own fields are decided."""
    whole = {**_DEFAULTS, **_FIXED, **document, "owner": project, "name": name, "updated_at": now, "last_modified": now}
    return service.store.put(SOURCE, project, name, whole, remote_id=whole["id"])


def sync_comments(service: Service, ask: Ask) -> Answer:
    """Upload comments at this time; one that exists is changed in place and keeps its place in every stream."""
    uploads = parse_body(ask.body, shapes.COMMENTS_SYNC)["comments"]
    source_id = _source(service, ask.params)["id"]
    counts = upload(service, source_id, uploads)
    return Answer(200, encode({**counts, "status": "ok"}))


def _source(service: Service, params: Mapping[str, str]) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = service.store.get(SOURCE, params["project"], params["source"])
    if found is None:
        raise Refusal(404, f"Source {params['project']}/{params['source']} not found.")
    return found


def upload(service: Service, source_id: str, uploads: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Write checked comments; answers how many were new, updated, unchanged."""
    uploads = list(uploads)
    now = to_micros(service.clock())
    known = service.comments.find([f"{source_id}.{each['id']}" for each in uploads])
    seq = service.comments.last_seq()
    counts = {"new": 0, "updated": 0, "unchanged": 0}
    for each in uploads:
        old = known.get(f"{source_id}.{each['id']}")
        if old is None:
            seq += 1
            counts["new"] += 1
            comment = make_comment(seq, source_id, each, now)
        elif _content(orjson.loads(old.comment)) == _content(document_of(source_id, each, now, now)):
            counts["unchanged"] += 1
            continue
        else:
            counts["updated"] += 1
            comment = _changed(old, source_id, each, now)
        known[comment.uid] = comment
        service.comments.write([comment])
    return counts


def _changed(old: Comment, source_id: str, fields: Mapping[str, Any], now: int) -> Comment:
    before = orjson.loads(old.comment)
    document = document_of(source_id, fields, old.created_at, now)
    document |= {"has_annotations": before["has_annotations"], "context": str(int(before["context"]) + 1)}
    fresh = make_comment(old.seq, source_id, fields, old.created_at)
    return fresh._replace(comment=encode(document), assigned=old.assigned)


def _content(document: Mapping[str, Any]) -> dict[str, Any]:
    own = ("created_at", "last_modified", "context", "has_annotations")
    return {key: value for key, value in document.items() if key not in own}


def document_of(source_id: str, fields: Mapping[str, Any], created_at: int, last_modified: int) -> dict[str, Any]:
    """A comment as answers show it, from checked fields of an upload."""
    return {
        "attachments": fields.get("attachments", []),
        "context": "1",
        "created_at": format_micros(created_at),
        "has_annotations": False,
        "id": fields["id"],
        "last_modified": format_micros(last_modified),
        "messages": fields["messages"],
        "source_id": source_id,
        "text_format": "plain",
        "thread_id": fields.get("thread_id", fields["id"]),
        "timestamp": format_micros(parse_micros(fields["timestamp"])),
        "uid": f"{source_id}.{fields['id']}",
        "user_properties": fields.get("user_properties", {}),
    }


def make_comment(
    seq: int,
    source_id: str,
    fields: Mapping[str, Any],
    created_at: int,
    assigned: Iterable[Mapping[str, Any]] = (),
    predicted: bytes | None = None,
) -> Comment:
    """A new comment, with the predictions given, or those its text scores."""
    document = document_of(source_id, fields, created_at, created_at)
    labels = list(assigned)
    document["has_annotations"] = bool(labels)
    return Comment(
        seq=seq,
        uid=document["uid"],
        source=source_id,
        created_at=created_at,
        timestamp=parse_micros(fields["timestamp"]),
        comment=encode(document),
        assigned=encode(labels),
        predictions=predictions.score(_text(fields), _salt(document["uid"])) if predicted is None else predicted,
    )


def _text(fields: Mapping[str, Any]) -> str:
    parts = [message.get(part, {}).get("text", "") for message in fields["messages"] for part in ("subject", "body")]
    return "\n".join(parts)


def _salt(uid: str) -> int:
    return int.from_bytes(hashlib.blake2b(uid.encode(), digest_size=8).digest())
