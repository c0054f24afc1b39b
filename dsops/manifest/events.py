"""Text to values: YAML's event stream, built into plain dicts and lists.

Building straight from events is several times as fast as a YAML loader, and leaves the rules to us: the scalars of
`scalars`, no duplicate keys, no tags, text keys only, bounded depth and aliases. Only values are built here; where each
of them stands is found when somebody asks (`places`), by parsing that one document again.

Plain texts, which most are, don't even need the events (`plain`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from dsops.manifest import plain, scalars
from dsops.manifest.parser import new_parser
from dsops.manifest.places import Places, repeats
from dsops.manifest.source import decode, too_large
from dsops.manifest.syntax import syntax_error
from dsops.manifest.words import error
from dsops.model import Diagnostic, Source

DEEPEST: Final = 64
"""Maps and lists inside each other."""

MOST_ALIASES: Final = 10_000
"""Aliases in one file."""

MOST_EXPANDED: Final = 1_000_000
"""Values that the aliases of one file stand for, together."""

_SUSPECT: Final = scalars.SUSPECT


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document.

    Attributes:
        value: Plain JSON values.
        places: Where its parts stand.
        sound: False when something is wrong with it; its value is then incomplete.
    """

    value: Any
    places: Places
    sound: bool = True

    @property
    def source(self) -> Source:
        """Where its first value stands."""
        return self.places.start


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one file holds.

    Attributes:
        documents: Documents that are not empty, in order; after a syntax error those before it.
        diagnostics: What is wrong.
    """

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


class _Refused(Exception):
    """The rest of the file can't be used."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(diagnostic.summary)


@dataclass(slots=True)
class _Anchor:
    """What an alias stands for: a value, how many values that is, and how deep it goes."""

    value: Any = None
    size: int = 0
    height: int = 0
    finished: bool = False


@dataclass(slots=True)
class _Builder:
    """Builds the documents of one file.

    ``nodes`` counts the values in maps and lists, aliased ones each time; ``reach`` is the greatest depth seen.
    """

    text: str
    file: str
    get: Callable[[], Any]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    anchors: dict[str, _Anchor] = field(default_factory=dict)
    aliases: int = 0
    expanded: int = 0
    nodes: int = 0
    reach: int = 0
    repeated: bool = False

    def documents(self) -> Iterator[Document]:
        """Yield the documents that are not empty."""
        get, diagnostics = self.get, self.diagnostics
        get()
        while type(begin := get()) is not StreamEndEvent:
            known = len(diagnostics)
            self.anchors, self.repeated = {}, False
            first = get()
            value = self._node(first, 0)
            end = get().start_mark.index
            mark = begin.start_mark
            places = Places(self.file, self.text, mark.index - mark.column, end, mark.line, self._source(first))
            sound = len(diagnostics) == known
            if self.repeated:  # an error, but the rest of the document is worth looking at
                diagnostics.extend(_repeated(places))
            if value is not None or not sound:
                yield Document(value, places, sound)

    def _node(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is AliasEvent:
            return self._alias(event, depth)
        if event.anchor is not None or event.tag is not None:
            return self._special(event, depth)
        if kind is ScalarEvent:
            value = event.value
            return value if event.style or (value and value[0] not in _SUSPECT) else self._plain(event)
        if depth == DEEPEST:
            raise self._too_deep(event)
        if depth > self.reach:  # noqa: PLR1730 - max() costs more, and this is run for each map
            self.reach = depth
        return self._mapping(event, depth + 1) if kind is MappingStartEvent else self._sequence(depth + 1)

    def _mapping(self, start: Event, depth: int) -> dict[str, Any]:
        get, node = self.get, self._node
        result: dict[str, Any] = {}
        merges: list[dict[str, Any]] = []
        while type(event := get()) is not MappingEndEvent:
            known = len(self.diagnostics)
            key = node(event, depth)
            following = get()
            value = node(following, depth)
            if key == "<<" and type(event) is ScalarEvent and not event.style:
                merges.extend(self._merged(following, value))
            elif type(key) is not str:
                self._bad_key(event, known)
            elif key in result:
                self.repeated = True
            else:
                result[key] = value
        self.nodes += len(result)
        return self._merge(merges, result, start) if merges else result

    def _sequence(self, depth: int) -> list[Any]:
        get, node = self.get, self._node
        result = []
        while type(event := get()) is not SequenceEndEvent:
            result.append(node(event, depth))
        self.nodes += len(result)
        return result

    def _plain(self, event: ScalarEvent) -> scalars.Scalar:
        try:
            return scalars.resolve(event.value)
        except ValueError as refused:
            summary, hint = refused.args
            self._report(event, summary, hint=hint)
            return None

    def _bad_key(self, event: Any, known: int) -> None:
        """Report a key that is not text, unless something was reported about it already."""
        if len(self.diagnostics) > known and self.diagnostics[known].source == self._source(event):
            return
        if type(event) is ScalarEvent and event.value:
            hint = f'Quote it: "{event.value}".'
            self._report(event, f"The key {event.value} is not text", detail="All keys are text.", hint=hint)
        else:
            self._report(event, "A key is missing or is no text", detail="All keys are text.")

    def _special(self, event: Any, depth: int) -> Any:
        """Build a value that has an anchor or a tag."""
        if event.tag is not None:
            self._report(
                event,
                f"The tag {_written(event.tag)} is not allowed",
                detail="A value has the type that it is written in.",
                hint="Leave the tag out; quote the value to make it text.",
            )
            event.tag = None
        name, event.anchor = event.anchor, None
        if name is None:
            return self._node(event, depth)
        if name in self.anchors:
            self._report(event, f"The anchor &{name} is defined twice in this document", hint="Give one another name.")
        anchor = self.anchors[name] = _Anchor()
        nodes, reach = self.nodes, self.reach
        self.reach = depth
        anchor.value = self._node(event, depth)
        anchor.size, anchor.height, anchor.finished = self.nodes - nodes + 1, self.reach - depth, True
        self.reach = max(reach, self.reach)
        return anchor.value

    def _alias(self, event: AliasEvent, depth: int) -> Any:
        anchor = self.anchors.get(event.anchor or "")
        if anchor is None:
            hint = f"Mark the value that is meant with &{event.anchor}, before this place."
            self._report(event, f"The alias *{event.anchor} has no anchor", hint=hint)
            return None
        if not anchor.finished:
            self._report(event, f"The alias *{event.anchor} stands inside the value that it means")
            return None
        self.aliases += 1
        self.nodes += anchor.size
        self._count(anchor.size, event)
        if depth + anchor.height >= DEEPEST:
            raise self._too_deep(event)
        self.reach = max(self.reach, depth + anchor.height)
        return anchor.value

    def _count(self, size: int, event: Event) -> None:
        self.expanded += size
        if self.aliases > MOST_ALIASES or self.expanded > MOST_EXPANDED:
            raise _Refused(
                error(
                    "The aliases of this file stand for too much",
                    detail=f"At most {MOST_ALIASES:,} aliases are read, standing for {MOST_EXPANDED:,} values in all.",
                    hint="Write the values out, or use variables.",
                    source=self._source(event),
                )
            )

    def _merged(self, event: Event, value: Any) -> list[dict[str, Any]]:
        """Return the maps that a merge key names, the strongest first."""
        maps = value if type(event) is SequenceStartEvent else [value]
        if all(type(each) is dict for each in maps):
            return list(maps)
        hint = "Name a map, or a list of maps, by alias: <<: *defaults."
        self._report(event, "<< merges maps into this one, and what it names is no map", hint=hint)
        return []

    def _merge(self, merges: list[dict[str, Any]], own: dict[str, Any], start: Event) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for each in reversed(merges):
            self._count(len(each), start)
            result.update(each)
        result.update(own)
        self.nodes += len(result) - len(own)
        return result

    def _too_deep(self, event: Event) -> _Refused:
        summary = f"More than {DEEPEST} maps and lists stand inside each other"
        return _Refused(error(summary, hint="Make it flatter.", source=self._source(event)))

    def _report(self, event: Event, summary: str, *, detail: str = "", hint: str = "") -> None:
        self.diagnostics.append(error(summary, detail=detail, hint=hint, source=self._source(event)))

    def _source(self, event: Any) -> Source:
        mark = event.start_mark
        return Source(self.file, mark.line + 1, mark.column + 1)


def _written(tag: str) -> str:
    standard = tag.removeprefix("tag:yaml.org,2002:")
    return tag if standard == tag else f"!!{standard}"


def _repeated(places: Places) -> Iterator[Diagnostic]:
    for key, first, again in repeats(places.outline):
        yield error(
            f"The key {key} is given twice, in line {first.line} and in line {again.line}",
            detail="A map has each key once; only one of the two could count.",
            hint="Remove one of them.",
            source=again,
        )


def parse(raw: bytes, file: str) -> Parsed:
    """Build the documents of a file.

    Args:
        raw: The file's bytes.
        file: How diagnostics call the file.
    """
    text = too_large(file, len(raw)) or decode(raw, file)
    return Parsed((), (text,)) if isinstance(text, Diagnostic) else parse_text(text, file)


def parse_text(text: str, file: str) -> Parsed:
    """Build the documents of a file.

    Args:
        text: The file's text, without a byte order mark.
        file: How diagnostics call the file.
    """
    documents = plain.read(text, file)
    return parse_events(text, file) if documents is None else Parsed(tuple(starmap(Document, documents)))


def parse_events(text: str, file: str) -> Parsed:
    """Do what `parse_text` does, with the events of a YAML parser, whatever the text."""
    diagnostics: list[Diagnostic] = []
    documents: list[Document] = []
    try:
        builder = _Builder(text, file, new_parser(text).get_event, diagnostics)
        for document in builder.documents():
            documents.append(document)  # noqa: PERF402 - those before a syntax error are kept
    except yaml.YAMLError as failed:
        diagnostics.append(syntax_error(failed, text, file))
    except _Refused as refused:
        diagnostics.append(refused.diagnostic)
    return Parsed(tuple(documents), tuple(diagnostics))
