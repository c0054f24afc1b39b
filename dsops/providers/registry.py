"""Which providers there are. One is imported when it is asked for: a stack pays for those that it uses.

Other packages bring further ones by the entry point group ``dsops.providers`` (``specs/adding-a-provider.md``).
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from dsops.model import DsopsError, InstalledProvider, Kind, Provider
from dsops.model.assets import asset

GROUP = "dsops.providers"
"""The entry point group: a provider's name to its class, which is made without arguments."""


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
    """Return the names of the providers that dsops comes with, sorted."""
    return tuple(sorted(_BUILT_IN))


def installed_names() -> tuple[str, ...]:
    """Return the names of the providers that other packages bring, sorted."""
    from importlib.metadata import entry_points

    return tuple(sorted({each.name for each in entry_points(group=GROUP)} - {*_BUILT_IN}))


@cache
def provider(name: str) -> Provider:
    """Return the provider called ``name``: one that dsops comes with, else one that another package brings.

    Raises:
        DsopsError: There is none; the error lists those there are. Or it can't be loaded.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]()
    found = _installed(name)
    if found is None:
        known = ", ".join((*provider_names(), *installed_names()))
        raise DsopsError.of(f"unknown provider {name!r}", hint=f"providers: {known}")
    return found


def _installed(name: str) -> InstalledProvider | None:
    """Load a provider of another package; no metadata is read for those that dsops comes with."""
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP, name=name)
    if not found:
        return None
    brought = ", ".join(sorted({each.dist.name if each.dist else each.value for each in found}))
    if len({each.value for each in found}) > 1:
        raise DsopsError.of(f"several packages bring the provider {name!r}: {brought}", hint="keep one of them")
    (entry, *_) = found
    try:
        made: InstalledProvider = entry.load()()
    except Exception as broken:
        raise DsopsError.of(
            f"the provider {name!r} of {brought} can't be loaded",
            detail=f"{entry.value}: {type(broken).__name__}: {broken}",
            hint="bring that package up to date, or remove it",
        ) from broken
    if made.name != name:
        raise DsopsError.of(f"the provider that {brought} brings as {name!r} calls itself {made.name!r}")
    return made


def kind_of(type_: str) -> Kind:
    """Return the kind of a type, ``uipath/Dataset``.

    Raises:
        DsopsError: There is no such provider.
        KeyError: It has no such kind.
    """
    name, _, kind = type_.partition("/")
    return provider(name).kinds[kind]


def kinds(*providers: str) -> Mapping[str, Kind]:
    """Return the kinds of some providers by type; of all that dsops comes with, where none is named."""
    found = (provider(each) for each in providers or provider_names())
    return {kind.info.type: kind for each in found for kind in each.kinds.values()}


def schemas() -> Mapping[str, Path]:
    """Return the schema file of every kind that dsops comes with by type; imports no provider."""
    files = ((name, file) for name in provider_names() for file in sorted(asset("schemas", name).glob("*.json")))
    return {f"{name}/{file.stem}": file for name, file in files}


def further_schemas(name: str) -> Mapping[str, Path]:
    """Return the schema files of a provider of another package: its kinds' by type, its connections' by its name.

    Empty where there is no such provider.

    Raises:
        DsopsError: It can't be loaded.
    """
    found = _installed(name) if name not in _BUILT_IN else None
    if found is None:
        return {}
    return {name: found.connection, **{each.info.type: each.info.schema for each in found.kinds.values()}}
