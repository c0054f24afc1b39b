"""Where the parts of a document stand, found when somebody asks.

Most documents are never asked: keeping marks for each would cost more than reading the values. A document that is asked
is parsed once more, and its outline is kept.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from dsops.manifest.parser import new_parser
from dsops.model import Source

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a document: ``("spec", "sourceIds", 0)``."""


def dotted(path: Path) -> str:
    """Return a path as people read it: ``spec.sourceIds[0]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


@dataclass(slots=True)
class Node:
    """A value's place and what is in it.

    Attributes:
        source: Where the value begins.
        kind: What it is.
        text: Of a scalar: as written, without quotes.
        pairs: Of a map: key, the key's place, the value.
        items: Of a list.
        merges: Of a map: the maps merged into it, the strongest first.
    """

    source: Source
    kind: Literal["scalar", "map", "list", "alias"]
    text: str = ""
    pairs: list[tuple[str, Source, "Node"]] = field(default_factory=list)
    items: list["Node"] = field(default_factory=list)
    merges: list["Node"] = field(default_factory=list)
    _named: dict[str, tuple[Source, "Node"]] | None = field(default=None, repr=False, compare=False)

    def child(self, part: str | int) -> tuple[Source, "Node"] | None:
        """Return where a field's key (or an item) stands, and its value; None if there is none."""
        if isinstance(part, int):
            return (self.items[part].source, self.items[part]) if part < len(self.items) else None
        if self._named is None:  # asked for once a mistake: of a map with ten thousand there may be as many
            self._named = {key: (source, value) for key, source, value in reversed(self.pairs)}
        if part in self._named:
            return self._named[part]
        return next((found for merged in self.merges if (found := merged.child(part))), None)

    def children(self) -> Iterator[tuple[str | int, Source, "Node"]]:
        """Yield what is in it, each name once, merged fields included."""
        yield from ((number, item.source, item) for number, item in enumerate(self.items))
        seen: set[str | int] = set()
        for key, source, value in self.pairs:
            if key not in seen:
                seen.add(key)
                yield key, source, value
        for merged in self.merges:
            for name, source, value in merged.children():
                if name not in seen:
                    seen.add(name)
                    yield name, source, value


class Places(Mapping[str, Source]):
    """The places of one document: field path to where its key stands.

    A path is written ``spec.model.version``, an item of a list ``spec.sourceIds[0]``.
    """

    __slots__ = ("__dict__", "_begin", "_end", "_line", "_text", "file", "start")

    def __init__(self, file: str, text: str, begin: int, end: int, line: int, start: Source) -> None:
        """Keep what is needed to look later.

        Args:
            file: How diagnostics call the file.
            text: The file's text.
            begin: Index of the line in which the document begins.
            end: Index behind the document.
            line: Number of that line, counted from 0.
            start: Where the document's first value stands.
        """
        self.file = file
        self.start = start
        self._text = text
        self._begin = begin
        self._end = end
        self._line = line

    def find(self, path: Path) -> tuple[Source, Source] | None:
        """Return where a field's key (a list's item) and its value stand; None when the document does not write it."""
        node = self.outline
        key = node.source
        for part in path:
            found = node.child(part)
            if found is None:
                return None
            key, node = found
        return key, node.source

    @cached_property
    def outline(self) -> Node:
        """The document's outline."""
        get = new_parser(self._text[self._begin : self._end]).get_event
        get()
        get()
        return _Outliner(self.file, self._line + 1, get).node(get())

    @cached_property
    def _flat(self) -> dict[str, Source]:
        return {dotted(path): source for path, source in walk(self.outline)}

    def __getitem__(self, path: str) -> Source:
        return self._flat[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._flat)

    def __len__(self) -> int:
        return len(self._flat)


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Source]]:
    """Yield each field's path below ``node`` with the place of its key."""
    for part, source, value in node.children():
        yield (*path, part), source
        yield from walk(value, (*path, part))


def repeats(node: Node) -> Iterator[tuple[str, Source, Source]]:
    """Yield each key that a map gives again: the key, its first place, the other place."""
    first: dict[str, Source] = {}
    for key, source, value in node.pairs:
        if key in first:
            yield key, first[key], source
        first.setdefault(key, source)
        yield from repeats(value)
    for item in node.items:
        yield from repeats(item)


@dataclass(slots=True)
class _Outliner:
    """Builds the outline of one document that was parsed before: what is wrong with it was reported then."""

    file: str
    line: int
    get: Callable[[], Any]
    anchors: dict[str, Node] = field(default_factory=dict)

    def node(self, event: Any) -> Node:
        if type(event) is AliasEvent:
            return self.anchors.get(event.anchor or "") or Node(self.source(event), "alias")
        if type(event) is MappingStartEvent:
            node = Node(self.source(event), "map")
            self.mapping(node)
        elif type(event) is SequenceStartEvent:
            node = Node(self.source(event), "list")
            while type(item := self.get()) is not SequenceEndEvent:
                node.items.append(self.node(item))
        else:
            node = Node(self.source(event), "scalar", event.value)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def mapping(self, node: Node) -> None:
        while type(event := self.get()) is not MappingEndEvent:
            key = self.node(event)
            following = self.get()
            value = self.node(following)
            if type(event) is ScalarEvent and event.value == "<<" and not event.style:
                node.merges.extend(value.items if type(following) is SequenceStartEvent else [value])
            elif key.kind == "scalar":
                node.pairs.append((key.text, self.source(event), value))

    def source(self, event: Any) -> Source:
        mark = event.start_mark
        return Source(self.file, mark.line + self.line, mark.column + 1)
