"""Which cases a test is about: those that have what it needs."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest

from dsops.model import Kind, Verb
from dsops.testing.subject import KindCase

_NEEDS = "dsops_needs"
_F = TypeVar("_F", bound=Callable[..., Any])


def needs(*names: str | Verb) -> Callable[[_F], _F]:
    """Run a test for those kinds only whose case has the fields that are named, and whose API the verbs."""

    def mark(function: _F) -> _F:
        setattr(function, _NEEDS, names)
        return function

    return mark


def fitting(function: Any, cases: Sequence[KindCase], kinds: Callable[[str], Kind]) -> list[KindCase]:
    """Return the cases that a test is about."""
    names = getattr(function, _NEEDS, ())
    return [each for each in cases if all(_has(each, name, kinds) for name in names)]


def _has(case: KindCase, name: str | Verb, kinds: Callable[[str], Kind]) -> bool:
    if isinstance(name, Verb):
        return name in kinds(case.kind).info.verbs
    return bool(getattr(case, name))


def each_case(metafunc: pytest.Metafunc, cases: Sequence[KindCase], kinds: Callable[[str], Kind]) -> None:
    """Run a test that asks for a ``case`` once for each that it is about."""
    if "case" not in metafunc.fixturenames:
        return
    chosen = [pytest.param(each, id=each.kind) for each in fitting(metafunc.function, cases, kinds)]
    reason = f"no kind of this provider has {', '.join(getattr(metafunc.function, _NEEDS, ()))}"
    metafunc.parametrize("case", chosen or [pytest.param(None, id="none", marks=pytest.mark.skip(reason))])
