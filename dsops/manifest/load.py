"""From a folder to resources: the order of the steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from dsops.manifest import discovery
from dsops.manifest.checks import check
from dsops.manifest.discovery import Found
from dsops.manifest.draft import Draft
from dsops.manifest.events import Parsed, parse
from dsops.manifest.extensions import STACK, Extensions, Others, no_others
from dsops.manifest.places import Path
from dsops.manifest.resolver import Resolver
from dsops.manifest.resources import Builder, circles
from dsops.manifest.rows.held import Held, RowNames, remaining, says_nothing
from dsops.manifest.schema import Schema
from dsops.manifest.sorting import Add, Sorted
from dsops.manifest.source import read
from dsops.manifest.stackfile import build_stack
from dsops.manifest.variables import Variables, collect
from dsops.manifest.words import error
from dsops.model import NAME_PATTERN, Diagnostic, DsopsError, Resource, Source, Stack, in_order
from dsops.model.assets import asset


@dataclass(frozen=True, slots=True)
class Loaded:
    """A stack as its files declare it.

    Attributes:
        stack: None when the stack file has errors.
        resources: Those without errors, sorted by address.
        diagnostics: All that is wrong or worth knowing, in order; with an error among them nothing may be applied.
    """

    stack: Stack | None
    resources: tuple[Resource, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def load(
    root: FilePath,
    *,
    env: str | None,
    variables: Mapping[str, str],
    environ: Mapping[str, str],
    schemas: Mapping[str, FilePath],
    others: Others = no_others,
) -> Loaded:
    """Read a stack. Everything that is wrong is in the result; nothing is raised for it.

    Args:
        root: The stack folder.
        env: The environment to overlay, or None.
        variables: ``--var``, by name.
        environ: The process environment, for ``DSOPS_VAR_name``; secrets are not read.
        schemas: Kind (``uipath/Dataset``) to its schema file.
        others: The same for a provider that ``schemas`` knows no kind of; asked where a manifest names one.
    """
    try:
        root = discovery.find_root(root)
    except DsopsError as missing:
        return Loaded(None, (), missing.diagnostics)
    extensions = Extensions({STACK: asset("schemas", "Stack.json"), **schemas}, others)
    return _Load(root, env, extensions).run(variables, environ)


@dataclass(slots=True)
class _Load:
    """One reading of a stack."""

    root: FilePath
    env: str | None
    extensions: Extensions
    problems: list[Diagnostic] = field(default_factory=list)
    complete: bool = True
    schemas: dict[str, Schema] = field(default_factory=dict)
    names: RowNames = field(default_factory=RowNames)
    held: list[Held] = field(default_factory=list)
    manifests: list[FilePath] = field(default_factory=list)

    def run(self, given: Mapping[str, str], environ: Mapping[str, str]) -> Loaded:
        documents = Sorted(self.extensions, self.problems)
        self._read(discovery.manifests(self.root), documents.add)
        if self.env is not None:
            self._overlay(self.env, documents)
        draft = documents.stack
        if draft is not None:
            self.problems.extend(self.extensions.named(draft))
        variables = collect(draft, given, environ, self.problems) if draft else Variables()
        for each in remaining(self.held, self.names, self.root, variables):
            self._parsed(each.parsed, documents.add, templated=False)
        resolver = Resolver(variables, documents.drafts, self._is_secret, complete=self.complete)
        stack = self._stack(draft, resolver)
        resources = self._resources(documents, resolver, stack)
        for each in (*documents.drafts.values(), *documents.nameless, *((draft,) if draft else ())):
            self.problems.extend(each.problems)
        return Loaded(stack, resources, in_order(self.problems))

    def _read(self, found: Found, add: Add) -> None:
        self.problems.extend(found.diagnostics)
        for file in found.files:
            raw = read(file.path, file.name)
            parsed = Parsed((), (raw,)) if isinstance(raw, Diagnostic) else parse(raw, file.name)
            if says_nothing(parsed.documents) and file.name != discovery.STACK_FILE:
                self.held.append(Held(file, parsed))
                continue
            self.manifests.append(file.path)
            self.names.look(parsed.documents)
            # An escape such as "\x24" may write what begins a reference.
            self._parsed(parsed, add, templated=not isinstance(raw, Diagnostic) and (b"${" in raw or b"\\" in raw))

    def _parsed(self, parsed: Parsed, add: Add, *, templated: bool) -> None:
        self.problems.extend(parsed.diagnostics)
        self.complete = self.complete and not parsed.diagnostics
        for document in parsed.documents:
            add(document, templated)

    def _overlay(self, env: str, documents: Sorted) -> None:
        if NAME_PATTERN.fullmatch(env):
            self._read(discovery.overlays(self.root, env), documents.overlay)
        else:
            hint = "It has letters, digits, full stops, - and _, and begins with a letter or digit."
            self.problems.append(error(f"{env!r} can't be the name of an environment", hint=hint))

    def _stack(self, draft: Draft | None, resolver: Resolver) -> Stack | None:
        if draft is None:
            if self.complete:
                source = Source(discovery.STACK_FILE, 1)
                hint = "Write apiVersion: dsops/v1 and kind: Stack into it."
                self.problems.append(error("The stack file declares no stack", hint=hint, source=source))
            return None
        if draft.readable:
            resolver.document(draft)
            check(draft, self._schema(STACK), plain=False)
        return build_stack(draft, self.root, self.env, self._schema(STACK).document) if draft.sound else None

    def _resources(self, documents: Sorted, resolver: Resolver, stack: Stack | None) -> tuple[Resource, ...]:
        late = {}
        for draft in (*documents.drafts.values(), *documents.nameless):
            if draft.readable:
                is_late = draft.templated and resolver.document(draft)
                check(draft, self._schema(draft.type), plain=not draft.templated)
                late[id(draft)] = is_late
        connections = stack.connections if stack else None
        builder = Builder(documents.drafts, self.schemas, connections, self.complete, self.root, self.manifests)
        built = {}
        for address, draft in documents.drafts.items():
            if id(draft) in late and (resource := builder.build(draft, address, late=late[id(draft)])):
                built[address] = resource
        if any(late.values()):
            self.problems.extend(circles(built))
        return tuple(built[address] for address in sorted(built, key=str))

    def _schema(self, type_: str) -> Schema:
        if type_ not in self.schemas:
            self.schemas[type_] = self.extensions.schema(type_)
        return self.schemas[type_]

    def _is_secret(self, type_: str, path: Path) -> bool:
        return self._schema(type_).facts.is_secret(path)
