"""Which comments a stream's filter lets through, as far as the vendor documents it (specs/uipath.md, choice 23).

A filter is turned into predicates once, and each comment is asked one after the other.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson

from dsops.emulator.uipath.comments import Comment
from dsops.emulator.uipath.instants import parse_micros

Predicate = Callable[[Comment, Mapping[str, Any]], bool]


def matcher(comment_filter: Mapping[str, Any]) -> Callable[[Comment], bool] | None:
    """The question a filter asks of a comment; None for a filter that asks nothing."""
    predicates = tuple(
        predicate for key, condition in comment_filter.items() for predicate in _PARTS.get(key, _nothing)(condition)
    )
    if not predicates:
        return None

    def matches(comment: Comment) -> bool:
        document = orjson.loads(comment.comment)
        return all(predicate(comment, document) for predicate in predicates)

    return matches


def _nothing(_: Any) -> Iterable[Predicate]:
    """A part of the filter whose inside nobody documents: it is kept, and filters nothing."""
    return ()


def _timestamp(condition: Mapping[str, str]) -> Iterable[Predicate]:
    lowest = parse_micros(condition["minimum"]) if "minimum" in condition else None
    highest = parse_micros(condition["maximum"]) if "maximum" in condition else None
    if lowest is not None:
        yield lambda comment, _: comment.timestamp >= lowest
    if highest is not None:
        yield lambda comment, _: comment.timestamp <= highest


def _reviewed(condition: str) -> Iterable[Predicate]:
    wanted = condition == "only_reviewed"
    yield lambda _, document: document["has_annotations"] is wanted


def _sources(condition: list[str]) -> Iterable[Predicate]:
    allowed = frozenset(condition)
    yield lambda comment, _: comment.source in allowed


def _user_properties(condition: Mapping[str, Mapping[str, Any]]) -> Iterable[Predicate]:
    for name, rule in condition.items():
        yield from (_property(name, key, value) for key, value in rule.items())


def _property(name: str, key: str, wanted: Any) -> Predicate:
    """One rule for one property. A comment without it is in no set and in no range."""
    match key:
        case "one_of":
            allowed = frozenset(wanted)
            return lambda _, document: document["user_properties"].get(name) in allowed
        case "not_one_of":
            refused = frozenset(wanted)
            return lambda _, document: document["user_properties"].get(name) not in refused
        case "domain_not_one_of":
            domains = frozenset(word.lower() for word in wanted)
            return lambda _, document: _domain(str(document["user_properties"].get(name, ""))) not in domains
        case "minimum":
            return lambda _, document: (
                name in document["user_properties"] and document["user_properties"][name] >= wanted
            )
        case _:
            return lambda _, document: (
                name in document["user_properties"] and document["user_properties"][name] <= wanted
            )


def _messages(condition: Mapping[str, Mapping[str, list[str]]]) -> Iterable[Predicate]:
    for role, rule in condition.items():
        yield from (_address(role, key, frozenset(word.lower() for word in words)) for key, words in rule.items())


def _address(role: str, key: str, words: frozenset[str]) -> Predicate:
    """One rule for the addresses in one role: any of them in the set, or none of them."""
    wanted = not key.endswith("not_one_of")
    part = _domain if key.startswith("domain") else str.lower

    def holds(_: Comment, document: Mapping[str, Any]) -> bool:
        return any(part(address) in words for address in _addresses(document, role)) is wanted

    return holds


def _addresses(document: Mapping[str, Any], role: str) -> Iterable[str]:
    roles = ("to", "cc", "bcc") if role == "recipient" else (role,)
    for message in document["messages"]:
        for each in roles:
            found = message.get(each, ())
            yield from (found,) if isinstance(found, str) else found


def _domain(address: str) -> str:
    return address.rpartition("@")[2].rstrip(">").lower() if "@" in address else ""


_PARTS: Mapping[str, Callable[[Any], Iterable[Predicate]]] = {
    "timestamp": _timestamp,
    "reviewed": _reviewed,
    "sources": _sources,
    "user_properties": _user_properties,
    "messages": _messages,
}
