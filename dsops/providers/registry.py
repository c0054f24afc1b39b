"""Which providers there are. One is imported when it is asked for: a stack pays for those that it uses."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from dsops.model import DsopsError, Kind, Provider
from dsops.model.assets import asset


def _geai() -> Provider:
    from dsops.providers.geai import Geai

    return Geai()


def _modelarts() -> Provider:
    from dsops.providers.modelarts import ModelArts

    return ModelArts()


def _uipath() -> Provider:
    from dsops.providers.uipath import UiPath

    return UiPath()


def _vi() -> Provider:
    from dsops.providers.vi import Vi

    return Vi()


_BUILT_IN: Mapping[str, Callable[[], Provider]] = MappingProxyType(
    {"geai": _geai, "modelarts": _modelarts, "uipath": _uipath, "vi": _vi}
)


def provider_names() -> tuple[str, ...]:
    """Return the names of all providers, sorted."""
    return tuple(sorted(_BUILT_IN))


@cache
def provider(name: str) -> Provider:
    """Return the provider called ``name``.

    Raises:
        DsopsError: There is none; the error lists those there are.
    """
    try:
        return _BUILT_IN[name]()
    except KeyError:
        known = ", ".join(provider_names())
        raise DsopsError.of(f"unknown provider {name!r}", hint=f"providers: {known}") from None


def kind_of(type_: str) -> Kind:
    """Return the kind of a type, ``uipath/Dataset``.

    Raises:
        DsopsError: There is no such provider.
        KeyError: It has no such kind.
    """
    name, _, kind = type_.partition("/")
    return provider(name).kinds[kind]


def kinds(*providers: str) -> Mapping[str, Kind]:
    """Return the kinds of some providers by type; of all, where none is named."""
    found = (provider(each) for each in providers or provider_names())
    return {kind.info.type: kind for each in found for kind in each.kinds.values()}


def schemas() -> Mapping[str, Path]:
    """Return the schema file of every kind by type; imports no provider."""
    files = ((name, file) for name in provider_names() for file in sorted(asset("schemas", name).glob("*.json")))
    return {f"{name}/{file.stem}": file for name, file in files}
