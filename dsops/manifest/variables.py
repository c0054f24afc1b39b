"""Variables: what is declared in the stack file, what is given for this run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from dsops.manifest import scalars
from dsops.manifest.draft import Draft
from dsops.manifest.expressions import scan
from dsops.manifest.places import Path
from dsops.manifest.words import error, near
from dsops.model import Diagnostic

PREFIX = "DSOPS_VAR_"


@dataclass(frozen=True, slots=True)
class Value:
    """A variable's value.

    Attributes:
        value: Where the reference is the whole scalar.
        text: Inside text; None where it has no such form.
    """

    value: Any
    text: str | None


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of a run.

    Attributes:
        values: Those that have a value.
        declared: All names.
        complete: False when the stack file can't be read: then a name that is missing here may be declared after all.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    complete: bool = False


def as_text(value: Any) -> str | None:
    """Return how a value reads inside text; None for null, lists and maps."""
    match value:
        case str():
            return value
        case None | list() | dict():
            return None
        case _:
            return orjson.dumps(value).decode()


def collect(
    stack: Draft, given: Mapping[str, str], environ: Mapping[str, str], problems: list[Diagnostic]
) -> Variables:
    """Find each variable's value: what is given, then ``DSOPS_VAR_name``, then the default (that of an overlay first).

    A given value stays text where the default is text; else it is read as a plain scalar of a manifest: ``8`` is a
    number, ``true`` a boolean, ``eu`` text.

    Args:
        stack: The stack file; problems of declarations go there.
        given: ``--var``.
        environ: The process environment.
        problems: Takes what is wrong with ``given``.
    """
    spec = stack.value.get("spec")
    declared = spec.get("variables") if isinstance(spec, dict) else None
    declarations: dict[str, Any] = declared if isinstance(declared, dict) else {}
    for name in sorted(given.keys() - declarations.keys()) if stack.readable else ():
        hint = near(name, declarations, "variables")
        problems.append(error(f"--var {name}: the stack declares no variable {name}", hint=hint))
    values: dict[str, Value] = {}
    for name, declaration in declarations.items():
        fields = declaration if isinstance(declaration, dict) else {}
        path: Path = ("spec", "variables", name)
        raw = given.get(name, environ.get(f"{PREFIX}{name}"))
        try:
            if raw is not None:
                values[name] = Value(_typed(raw, fields), raw)
            elif "default" in fields:
                values[name] = _default(fields["default"], stack, (*path, "default"))
            else:
                hint = f"Give it with --var {name}=VALUE or {PREFIX}{name}, or declare a default."
                stack.report(path, f"The variable {name} has no value", hint=hint, at_key=True)
        except ValueError as refused:
            stack.report(path, f"The variable {name} has a value that can't be read", detail=refused.args[0] + ".",
                         hint="Declare a default that is text to keep it text.", at_key=True)  # fmt: skip
    return Variables(values, frozenset(declarations), stack.readable)


def _typed(raw: str, declaration: Mapping[str, Any]) -> Any:
    try:
        raw.encode()
    except UnicodeEncodeError:
        raise ValueError("It is not UTF-8", "Give it as UTF-8.") from None
    return raw if raw == "" or isinstance(declaration.get("default"), str) else scalars.resolve(raw)


def _default(value: Any, stack: Draft, path: Path) -> Value:
    value = _plain(value, stack, path)
    return Value(value, as_text(value))


def _plain(value: Any, stack: Draft, path: Path) -> Any:
    """Return a default with ``$${`` read; report references, which a default can't hold."""
    match value:
        case str() if "${" in value:
            try:
                parts = scan(value)
            except ValueError as refused:
                stack.report(path, refused.args[0], hint=refused.args[1])
                return value
            if all(isinstance(part, str) for part in parts):
                return "".join(map(str, parts))
            stack.report(path, "A default holds a reference", detail="Defaults are plain values.",
                         hint="Write the value, or give it with --var.")  # fmt: skip
            return value
        case dict():
            return {key: _plain(item, stack, (*path, key)) for key, item in value.items()}
        case list():
            return [_plain(item, stack, (*path, number)) for number, item in enumerate(value)]
        case _:
            return value
