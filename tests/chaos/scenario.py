"""A change of a stack as data: what was, what strangers did, what is to be."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.chaos.account import TOKEN
from tests.support.modelarts import PROJECT
from tests.support.vi import ORGANIZATION, SECRET

FOLDER = Path(__file__).with_name("scenarios")
PROVIDERS = ("uipath", "geai", "modelarts", "vi")
ENV: Mapping[str, str] = {"CHAOS_TOKEN": TOKEN, "CHAOS_SECRET": SECRET, "CRASH_PART_SIZE": "400"}
"""Environment of every command. A part of an upload holds two or three rows."""

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A change.

    Attributes:
        name: What it is called.
        base: The manifests that are applied at first.
        strangers: What others do then: provider, method, path below its datasets, body. ``{geai/Dataset faq}`` stands
            for an id.
        target: The manifests whose apply is interrupted.
        removable: Addresses that may be taken out of it, because nobody else's object hangs below them.
    """

    name: str
    base: tuple[Manifest, ...]
    strangers: tuple[Sequence[Any], ...]
    target: tuple[Manifest, ...]
    removable: tuple[str, ...]


def read_scenario(name: str) -> Scenario:
    """Return one of the scenarios in files."""
    found = yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), _Loader)
    return Scenario(name, *(tuple(found[each]) for each in ("base", "strangers", "target", "removable")))


class _Loader(yaml.SafeLoader):
    """Leaves instants texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in each if not tag.endswith("timestamp")]
    for first, each in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def address_of(manifest: Manifest) -> str:
    """Return the address that a manifest declares."""
    return f"{manifest['apiVersion'].partition('/')[0]}/{manifest['kind']}/{manifest['metadata']['name']}"


def without(manifests: Iterable[Manifest], address: str) -> tuple[Manifest, ...]:
    """Return the manifests but for one and those that have no meaning without it."""
    left, gone = tuple(manifests), {address}
    while True:
        kept = tuple(each for each in left if address_of(each) not in gone and not _needs(each, gone))
        if kept == left:
            return left
        gone |= {address_of(each) for each in left} - {address_of(each) for each in kept}
        left = kept


def _needs(manifest: Manifest, gone: set[str]) -> bool:
    provider = manifest["apiVersion"].partition("/")[0]
    parent = f"{provider}/Dataset/{manifest['spec'].get('dataset')}"
    text = json.dumps(manifest)
    return parent in gone or any(f"{{{each}." in text for each in gone)


def stack_file(url: str, *, settle: float, state: str | None = None) -> Manifest:
    """Return the stack file; its guards let everything through that a scenario does."""
    token = "${env:CHAOS_TOKEN}"
    own: dict[str, dict[str, Any]] = {
        "uipath": {"token": token},
        "geai": {"token": token},
        "modelarts": {"token": token, "project": PROJECT},
        "vi": {"token": "${env:CHAOS_SECRET}", "organization": ORGANIZATION},
    }
    connections = {
        f"{name}-account": {"provider": name, "endpoint": url, "settle": settle, **fields}
        for name, fields in own.items()
    }
    safety = {"maxDeletes": 1000, "maxDeletePercent": 100, "maxUpdatePercent": 100}
    spec = {"connections": connections, "safety": safety} | ({"state": state} if state else {})
    return {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "chaos"}, "spec": spec}
