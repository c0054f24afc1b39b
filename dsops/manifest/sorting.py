"""What each document says it is: the stack, a resource, a piece of an overlay, or a mistake."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from dsops.manifest.discovery import STACK_FILE
from dsops.manifest.draft import Draft
from dsops.manifest.events import Document
from dsops.manifest.extensions import STACK, Extensions
from dsops.manifest.words import a_kind_of, error, near
from dsops.model import NAME_PATTERN, Address, Diagnostic, Source

_STACK_API: Final = "dsops/v1"

Add = Callable[[Document, bool], None]
"""Takes a document, and whether its text may hold references."""


@dataclass(slots=True)
class Sorted:
    """The documents of a stack, by what they are.

    Attributes:
        extensions: The known kinds: ``Stack``, ``uipath/Dataset``, ...
        problems: Takes what is wrong.
        stack: The stack file's document.
        drafts: Resources by address.
        nameless: Documents of a known kind without a usable name.
    """

    extensions: Extensions
    problems: list[Diagnostic]
    stack: Draft | None = None
    drafts: dict[Address, Draft] = field(default_factory=dict)
    nameless: list[Draft] = field(default_factory=list)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _laid: dict[Address | None, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the kinds by what documents write."""
        self._index()

    def _index(self) -> None:
        for each in self.extensions.types:
            provider, kind = each.split("/")
            self._known[f"{provider}/v1", kind] = each
        self._known[_STACK_API, STACK] = STACK

    def add(self, document: Document, templated: bool) -> None:  # noqa: FBT001 - an Add
        """Take in a document of the base."""
        draft = self._draft(document, templated)
        if draft is None:
            return
        if draft.type == STACK:
            self._add_stack(draft)
        elif draft.address is None:
            self.nameless.append(draft)
        elif (other := self.drafts.setdefault(draft.address, draft)) is not draft:
            self._report(
                f"{draft.address} is declared twice, in {other.source} and {draft.source}",
                draft.source,
                detail="An address names one resource.",
                hint="Rename one of them, or remove it.",
                address=draft.address,
            )

    def overlay(self, document: Document, templated: bool) -> None:  # noqa: FBT001 - an Add
        """Lay a document of the overlay over what it names; one that names nothing known is a further resource."""
        draft = self._draft(document, templated)
        if draft is None:
            return
        base = self.stack if draft.type == STACK else self.drafts.get(draft.address) if draft.address else None
        if draft.type != STACK and draft.address is None:
            self.nameless.append(draft)
            return
        first = self._laid.setdefault(draft.address, draft.source)
        if first is not draft.source:
            name = draft.address or "the stack"
            self._report(
                f"The overlay changes {name} twice, in {first} and {draft.source}",
                draft.source,
                hint="Put both changes into one document.",
                address=draft.address,
            )
        elif base is not None:
            base.lay(document, templated=templated)
        elif draft.address is not None:
            self.drafts[draft.address] = draft

    def _add_stack(self, draft: Draft) -> None:
        if draft.source.file != STACK_FILE:
            self._report(
                "A stack is declared outside its stack file",
                draft.source,
                detail=f"The stack file is {STACK_FILE} in the stack folder.",
                hint=f"Move this into {STACK_FILE}; another stack needs a folder of its own.",
            )
        elif self.stack is not None:
            self._report(
                f"The stack is declared twice, in {self.stack.source} and {draft.source}",
                draft.source,
                hint="Remove one.",
            )
        else:
            self.stack = draft

    def _draft(self, document: Document, templated: bool) -> Draft | None:  # noqa: FBT001 - as given
        value = document.value
        if type(value) is not dict:
            if document.sound:
                self._report(
                    f"This document is {a_kind_of(value)}", document.source,
                    detail="A manifest is a map with apiVersion, kind, metadata and spec.",
                )  # fmt: skip
            return None
        api, kind = value.get("apiVersion"), value.get("kind")
        type_ = self._type(api, kind) if type(api) is str and type(kind) is str else None
        if type_ is None:
            self._unknown(document, api, kind)
            return None
        return Draft(type_, _address(type_, value), value, document.places, document.source, templated, document.sound)

    def _type(self, api: str, kind: str) -> str | None:
        if (api, kind) not in self._known and api.endswith("/v1"):
            self.problems.extend(self.extensions.ask(api.removesuffix("/v1")))
            self._index()
        return self._known.get((api, kind))

    def _unknown(self, document: Document, api: Any, kind: Any) -> None:
        for name, value in (("apiVersion", api), ("kind", kind)):
            if type(value) is not str:
                wrong = "has no" if value is None else "has no text as"
                self._report(
                    f"This document {wrong} {name}", document.source,
                    detail="Every YAML file of the stack folder is a manifest, and says what it declares.",
                    hint="Begin it with apiVersion (such as uipath/v1) and kind; a rows.from must name files of rows.",
                )  # fmt: skip
                return
        known = {each for each, _ in self._known}
        found = document.places.find(("apiVersion" if api not in known else "kind",))
        where = found[1] if found else document.source
        if api not in known:
            self._report(f"There is no apiVersion {api}", where, hint=near(api, known, "apiVersions"))
        else:
            kinds = [each for version, each in self._known if version == api]
            self._report(f"There is no kind {kind} in {api}", where, hint=near(kind, kinds, "kinds"))

    def _report(
        self, summary: str, source: Source, *, detail: str = "", hint: str = "", address: Address | None = None
    ) -> None:
        self.problems.append(error(summary, detail=detail, hint=hint, source=source, address=address))


def _address(type_: str, value: dict[str, Any]) -> Address | None:
    if type_ == STACK:
        return None
    metadata = value.get("metadata")
    name = metadata.get("name") if type(metadata) is dict else None
    if type(name) is not str or not NAME_PATTERN.fullmatch(name):
        return None
    provider, kind = type_.split("/")
    return Address(provider, kind, name)
