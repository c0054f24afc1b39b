"""Which providers there are."""

from collections.abc import Mapping
from functools import cache

from dsops.model import DsopsError, Kind, Provider
from dsops.providers.geai import Geai
from dsops.providers.uipath import UiPath
from dsops.providers.vi import Vi

_BUILT_IN: tuple[type[Provider], ...] = (UiPath, Geai, Vi)


@cache
def _providers() -> Mapping[str, Provider]:
    return {each.name: each for each in (make() for make in _BUILT_IN)}


def provider_names() -> tuple[str, ...]:
    """Return the names of all providers, sorted."""
    return tuple(sorted(_providers()))


def provider(name: str) -> Provider:
    """Return the provider called ``name``.

    Raises:
        DsopsError: There is none; the error lists those there are.
    """
    try:
        return _providers()[name]
    except KeyError:
        known = ", ".join(provider_names())
        raise DsopsError.of(f"unknown provider {name!r}", hint=f"providers: {known}") from None


def kinds() -> Mapping[str, Kind]:
    """Return every kind by its type, ``uipath/Dataset``."""
    return {kind.info.type: kind for each in _providers().values() for kind in each.kinds.values()}
