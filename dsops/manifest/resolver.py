"""References to values: variables and fields at once, remote ids late, secrets never."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dsops.manifest.draft import Draft
from dsops.manifest.events import DEEPEST
from dsops.manifest.expressions import FieldRef, Part, Variable, scan
from dsops.manifest.places import Path, dotted
from dsops.manifest.variables import Value, Variables, as_text
from dsops.manifest.words import a_kind_of, near
from dsops.model import Address, Reference, SecretRef, Template, references

LONGEST_CHAIN: Final = 8
"""References that lead to references."""

MOST_COPIED: Final = 1_000_000
"""Values and characters that references to fields bring in, all together."""

_STATE: Final = ("spec", "state")
"""Of the stack file: an address that may hold secrets, as text; the store resolves them when it connects."""

_LITERAL: Final = frozenset({("apiVersion",), ("kind",), ("metadata", "name")})


UNRESOLVED: Final = Template(())
"""Stands for a value that could not be resolved; why was reported where it stands."""


class _Failed(Exception):
    """A reference has no value; its arguments are the summary, the detail and the hint."""

    def __init__(self, summary: str, detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail, hint)


@dataclass(slots=True)
class Resolver:
    """Resolves the references of a stack's documents.

    Attributes:
        variables: The variables of this run.
        drafts: The resources of the stack.
        secret: Says of a type and a path whether a secret belongs there.
        complete: Whether all files could be read: only then a missing name is an error of whoever refers to it.
        copied: What references to fields brought in so far.
    """

    variables: Variables
    drafts: Mapping[Address, Draft]
    secret: Callable[[str, Path], bool]
    complete: bool = True
    copied: int = 0

    def target(self, ref: FieldRef) -> tuple[Draft | None, Path]:
        """Find the resource a reference names, and the path below its spec; the longest name that exists counts.

        Returns:
            No resource when a missing one may stand in a file that can't be read.

        Raises:
            _Failed: There is no such resource.
        """
        provider, kind = ref.type.split("/")
        parts = ref.rest.split(".")
        for length in range(len(parts) - 1, 0, -1):
            draft = self.drafts.get(Address(provider, kind, ".".join(parts[:length])))
            if draft:
                return draft, tuple(parts[length:])
        if not self.complete:
            return None, ()
        same = [each.name for each in self.drafts if each.type == ref.type]
        hint = near(parts[0], same, "names") if same else near(str(ref), map(str, self.drafts), "resources")
        raise _Failed(f"The stack has no {ref.type}/{parts[0]}", f"{ref} names it.", hint)

    def document(self, draft: Draft) -> bool:
        """Replace a draft's value by the resolved one.

        Returns:
            Whether it holds late references.
        """
        run = _Run(self, draft)
        draft.value = run.value(draft.value, ())
        draft.resolved = True
        return run.late


@dataclass(slots=True)
class _Run:
    """The resolution of one document, or of one field of it for the sake of another."""

    resolver: Resolver
    draft: Draft
    trail: tuple[tuple[Address | None, Path], ...] = ()
    late: bool = field(default=False)

    def value(self, value: Any, path: Path) -> Any:
        if self.draft.resolved:
            return value
        if isinstance(value, str):
            return self._text(value, path) if "${" in value and path not in _LITERAL else value
        if isinstance(value, dict):
            # A variable's default is read where the variables are collected.
            if self.draft.type == "Stack" and path == ("spec", "variables"):
                return value
            return {self._key(key, (*path, key)): self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, (*path, number)) for number, item in enumerate(value)]
        return value

    def _key(self, key: str, path: Path) -> str:
        if "${" not in key:
            return key
        try:
            parts = scan(key)
        except ValueError as refused:
            self.draft.report(path, refused.args[0], hint=refused.args[1], at_key=True)
            return key
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
        self.draft.report(path, "A key holds a reference", hint="Only values may hold references.", at_key=True)
        return key

    def _text(self, text: str, path: Path) -> Any:
        try:
            return self._interpolated(scan(text), path)
        except ValueError as refused:
            self.draft.report(path, f"{refused.args[0]}, in {dotted(path)}", hint=refused.args[1])
        except _Failed as failed:
            summary, detail, hint = failed.args
            self.draft.report(path, summary, detail=detail, hint=hint)
        return UNRESOLVED

    def _interpolated(self, parts: list[Part], path: Path) -> Any:
        value = self._whole(parts[0], path) if len(parts) == 1 else self._inside(parts, path)
        if path[0] != "spec" and references(value):
            raise _Failed(f"{dotted(path)} can't be an id", "dsops must know it before any object exists.")
        return value

    def _whole(self, part: Part, path: Path) -> Any:
        """Return the value of a scalar that is one reference: it keeps its type."""
        match part:
            case Variable(name):
                known = self._variable(name)
                value = known.value if known else UNRESOLVED
            case SecretRef():
                return self._secret(part, path)
            case FieldRef():
                value = self._field(part)
            case _:
                return part
        if isinstance(value, dict | list) and len(path) + _height(value) > DEEPEST:
            raise _Failed(f"More than {DEEPEST} maps and lists stand inside each other here", "", "Make it flatter.")
        return value

    def _inside(self, parts: list[Part], path: Path) -> str | Template:
        """Return text with references in it."""
        result: list[str | Reference] = []
        for part in parts:
            match part:
                case str():
                    result.append(part)
                case Variable(name):
                    result.append(self._variable_inside(name))
                case SecretRef() if self._is_state(path):
                    result.append(str(part))
                case SecretRef():
                    hint = "Make the reference the whole value." if self._wants_secret(path) else ""
                    raise _Failed(f"A secret can't stand inside text, in {dotted(path)}", hint=hint)
                case FieldRef():
                    result.extend(self._field_inside(part))
        if all(isinstance(part, str) for part in result):
            return "".join(map(str, result))
        return Template(tuple(result))

    def _field_inside(self, part: FieldRef) -> tuple[str | Reference, ...]:
        value = self._field(part)
        if isinstance(value, Reference):
            return (value,)
        if isinstance(value, Template):
            return value.parts
        text = as_text(value)
        if text is None:
            raise _Failed(f"{part} is {a_kind_of(value)}, which can't stand inside text")
        return (text,)

    def _variable_inside(self, name: str) -> str:
        known = self._variable(name)
        if known is None:
            return ""
        if known.text is None:
            raise _Failed(f"The variable {name} is {a_kind_of(known.value)}, which can't stand inside text")
        return known.text

    def _variable(self, name: str) -> Value | None:
        """Return a variable's value; None when it has none, which was reported where it is declared."""
        variables = self.resolver.variables
        if name not in variables.declared and variables.complete:
            raise _Failed(f"There is no variable {name}", hint=near(name, variables.declared, "variables"))
        return variables.values.get(name)

    def _wants_secret(self, path: Path) -> bool:
        return self.resolver.secret(self.draft.type, path)

    def _is_state(self, path: Path) -> bool:
        return self.draft.type == "Stack" and path == _STATE

    def _secret(self, secret: SecretRef, path: Path) -> SecretRef:
        if self._wants_secret(path):
            return secret
        raise _Failed(
            f"{dotted(path)} can't be a secret",
            f"${{{secret.scheme}:...}} is read when a request is signed, and only for fields that are secret.",
            "For a value that differs from run to run use a variable: ${var.name}, given with --var or DSOPS_VAR_name.",
        )

    def _field(self, ref: FieldRef) -> Any:
        """Return the value of a field of another resource; its id is left for later."""
        if self.draft.type == "Stack":
            raise _Failed(
                "The stack file can't refer to a resource", f"{ref} names one.", "Use a variable: ${var.name}."
            )
        self._pay(1)
        target, path = self.resolver.target(ref)
        if target is None or target.address is None:
            return UNRESOLVED
        if path == ("id",):
            self.late = True
            return Reference(target.address)
        here = (target.address, path)
        if here in self.trail:
            round_trip = (*self.trail[self.trail.index(here) :], here)
            chain = " -> ".join(f"{address}.{dotted(at)}" for address, at in round_trip)
            raise _Failed("References go round in a circle", chain, "Write one of the values out.")
        if len(self.trail) == LONGEST_CHAIN:
            raise _Failed(
                f"More than {LONGEST_CHAIN} references lead to each other",
                hint="Write the value out, or use a variable.",
            )
        if self.resolver.secret(target.type, ("spec", *path)):
            raise _Failed(f"{ref} is a secret", hint="Name the secret's source itself.")
        run = _Run(self.resolver, target, (*self.trail, here))
        value = run.descend(target.value.get("spec"), ("spec",), path, ref)
        self.late = self.late or bool(references(value))
        self._pay(_size(value))
        return value

    def _pay(self, size: int) -> None:
        self.resolver.copied += size
        if self.resolver.copied > MOST_COPIED:
            raise _Failed("References to fields bring in too much", hint="Write the values out, or use variables.")

    def descend(self, value: Any, at: Path, path: Path, ref: FieldRef) -> Any:
        """Walk from a value of this document down to a field, resolving what stands in the way."""
        value = self.value(value, at) if isinstance(value, str) or not path else value
        if not path or value is UNRESOLVED:
            return value
        name, *rest = path
        if isinstance(value, dict) and name in value:
            return self.descend(value[name], (*at, name), tuple(rest), ref)
        # Python reads no number of thousands of digits, and no list is so long.
        if isinstance(value, list) and str(name).isdecimal() and len(str(name)) < 10 and int(name) < len(value):
            return self.descend(value[int(name)], (*at, int(name)), tuple(rest), ref)
        if at == ("spec",) and path == ("name",) and self.draft.address:
            return self.draft.address.name
        fields = list(value) if isinstance(value, dict) else []
        known = [*fields, "id"] if len(at) == 1 else fields
        missing = dotted((*at[1:], name))
        raise _Failed(
            f"{self.draft.address} has no field {missing}", f"{ref} names it.", near(str(name), known, "fields")
        )


def _size(value: Any) -> int:
    """Count the values in a value; long text counts for more."""
    if isinstance(value, dict):
        return 1 + sum(_size(item) for item in value.values())
    if isinstance(value, list):
        return 1 + sum(_size(item) for item in value)
    return 1 + len(value) // 16 if isinstance(value, str) else 1


def _height(value: Any) -> int:
    """Count the maps and lists inside each other."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(_height, inside), default=0)
