"""The comments export of a dataset, page by page (``specs/uipath.md``, choice 25)."""

from collections.abc import Mapping
from typing import Any

from dsops.model import Arguments, Call, Flow, NaturalKey, Page
from dsops.providers.uipath.uids import checked_uids
from dsops.providers.uipath.wire import ROOT, bad_answer, instant

_MOST_UIDS = 256
_MOST_SOURCES = 1024
_LARGEST_PAGE = 256
_ORDERS = ("created_at", "timestamp")
_FILTERS = ("source_ids", "order_by", "from", "to", "limit")


def export(key: NaturalKey, arguments: Arguments) -> Flow:
    """Ask for one page of comments with their assigned labels and latest predictions; returns a ``Page`` of documents.

    Raises:
        ValueError: The arguments can't be sent together, or one of them is out of its bounds.
    """
    return _page(key, arguments, _body(arguments))


def _page(key: NaturalKey, arguments: Arguments, body: Mapping[str, Any]) -> Flow:
    response = yield Call("POST", (*ROOT, *key, "export"), body=body, permission="Export datasets")
    answer = response.body if isinstance(response.body, dict) else {}
    comments, continuation = answer.get("comments"), answer.get("continuation")
    if not isinstance(comments, list) or not all(isinstance(each, dict) for each in comments):
        bad_answer("it holds no list 'comments'")
    if not isinstance(continuation, str | None):
        bad_answer("'continuation' is not a text")
    return Page(tuple(comments), {**arguments, "continuation": continuation} if continuation else None)


def _body(arguments: Arguments) -> dict[str, Any]:
    body = dict(arguments)
    if "comment_uids" in body:
        _check_alone(body)
        body["comment_uids"] = _at_most(_MOST_UIDS, checked_uids(body["comment_uids"]), "comment uids")
    if "source_ids" in body:
        body["source_ids"] = _at_most(_MOST_SOURCES, list(dict.fromkeys(body["source_ids"])), "source ids")
    if body.get("order_by", _ORDERS[0]) not in _ORDERS:
        raise ValueError(f"comments are ordered by {' or '.join(_ORDERS)}, not by {body['order_by']}")
    if not 1 <= body.get("limit", 1) <= _LARGEST_PAGE:
        raise ValueError(f"an answer holds 1 to {_LARGEST_PAGE} comments, not {body['limit']}")
    body |= {end: instant(body[end]) for end in ("from", "to") if end in body}
    _check_span(body)
    return body


def _check_alone(body: Mapping[str, Any]) -> None:
    others = [name for name in _FILTERS if name in body]
    if others:
        raise ValueError(f"comment uids name the comments, and nothing else may: leave out {' and '.join(others)}")


def _at_most(most: int, values: list[str], what: str) -> list[str]:
    if len(values) > most:
        raise ValueError(f"at most {most} {what} fit into one export, and {len(values)} are given")
    return values


def _check_span(body: Mapping[str, Any]) -> None:
    if "from" in body and "to" in body and _ordering(body["from"]) > _ordering(body["to"]):
        raise ValueError(f"nothing lies between {body['from']} and {body['to']}: the first is the later one")


def _ordering(moment: str) -> tuple[str, str]:
    """Return what instants in UTC sort by: ``Z`` would stand behind the fraction of a second otherwise."""
    second, _, fraction = moment.removesuffix("Z").partition(".")
    return second, fraction
