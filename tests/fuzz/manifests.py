"""Readers of manifests: stacks, overlays, variables. What is accepted is planned, as if nothing were there yet."""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from dsops.cli.workspace import checked
from dsops.manifest import Loaded, load
from dsops.model import Listing, Resource, Stack, State
from dsops.planner import (
    Inputs,
    Observation,
    SavedPlan,
    Scope,
    declare,
    dump_plan,
    load_plan,
    make_plan,
)
from dsops.providers import kinds, schemas
from dsops.render import diagnostics_json, diagnostics_text, plan_json, plan_markdown, plan_text
from tests.fuzz.hostile import Chance, damaged, text_of, worsened
from tests.fuzz.reader import Reader, expected, from_bytes

ROOT = Path(__file__).resolve().parents[2]


def _documents_of(folder: Path) -> list[Any]:
    return [each for path in sorted(folder.glob("*.yaml")) for each in yaml.safe_load_all(path.read_bytes()) if each]


EXAMPLES = {each.name: _documents_of(each) for each in sorted((ROOT / "examples").iterdir()) if each.is_dir()}
SCHEMAS = schemas()


def stack_text(documents: Iterable[Any], chance: Chance) -> bytes:
    """Write documents as YAML, in one of the ways that people have."""
    parts = []
    for each in documents:
        try:
            plain = yaml.safe_dump(each, allow_unicode=True, sort_keys=False) if chance.random() < 0.5 else ""
        except (yaml.YAMLError, UnicodeError, RecursionError, TypeError):
            plain = ""
        parts.append(plain or text_of(each, indent=chance.choice((None, 2))))
    return "\n---\n".join(parts).encode(errors="surrogatepass")


def _make_manifests(chance: Chance) -> bytes:
    documents = list(EXAMPLES[chance.choice(sorted(EXAMPLES))])
    at = chance.randrange(len(documents))
    documents[at] = worsened(documents[at], chance)
    content = stack_text(documents, chance)
    return damaged(content, chance) if chance.random() < 0.3 else content


def _make_raw_manifests(chance: Chance) -> bytes:
    names = sorted((ROOT / "examples").glob("*/*.yaml"))
    content = chance.choice(names).read_bytes()
    return damaged(content, chance)


def read_manifests(content: bytes, folder: Path) -> object:
    """Read a stack that is one file, check it, and plan it as if nothing were there yet."""
    (folder / "dsops.yaml").write_bytes(content)
    return _loaded(folder, env=None, variables={})


def _read_overlay(content: bytes, folder: Path) -> object:
    documents = [each for name in ("support-mail", "evaluation") for each in EXAMPLES[name]][:5]
    (folder / "dsops.yaml").write_text("\n---\n".join(map(text_of, documents)), encoding="utf-8")
    (folder / "env").mkdir()
    (folder / "env" / "prod.yaml").write_bytes(content)
    return _loaded(folder, env="prod", variables={})


def _read_value(content: bytes, folder: Path) -> object:
    text = content.decode(errors="surrogateescape").replace("\0", "")
    stack = {
        "apiVersion": "dsops/v1",
        "kind": "Stack",
        "metadata": {"name": "x"},
        "spec": {
            "variables": {"a": {"default": 1}, "b": {"default": "t"}, "c": {}},
            "connections": {"cm": {"provider": "uipath", "endpoint": "https://${var.b}", "token": "${env:T}"}},
        },
    }
    dataset = {
        "apiVersion": "uipath/v1",
        "kind": "Dataset",
        "metadata": {"name": "d", "protect": "${var.a}"},
        "spec": {"project": "${var.b}", "title": "x${var.c}y", "description": "${var.c}", "hasSentiment": "${var.a}"},
    }
    (folder / "dsops.yaml").write_text(text_of(stack) + "\n---\n" + text_of(dataset), encoding="utf-8")
    given = dict.fromkeys("abc", text)
    _loaded(folder, env=text, variables={"c": text, text: text})
    _loaded(folder, env=None, variables={}, environ={f"DSOPS_VAR_{name}": value for name, value in given.items()})
    return _loaded(folder, env=None, variables=given)


def _loaded(
    folder: Path, *, env: str | None, variables: Mapping[str, str], environ: Mapping[str, str] | None = None
) -> Loaded:
    found = load(folder, env=env, variables=variables, environ=environ or {}, schemas=SCHEMAS)
    if not any(each.is_error for each in found.diagnostics):
        found = checked(found)
    diagnostics_text(found.diagnostics).encode()
    diagnostics_json(found.diagnostics).encode()
    if found.stack is not None and not any(each.is_error for each in found.diagnostics):
        expected(lambda: planned(found.stack, found.resources))
    return found


def planned(stack: Stack | None, resources: tuple[Resource, ...]) -> object:
    assert stack is not None
    known = kinds()
    plain = tuple(each for each in resources if each.rows is None)
    declared = declare(plain, known)
    scopes = {declared.scope(address, known) for address in declared.resources}
    for each in list(scopes):
        above = known[each.type].info.parent
        if above is not None:
            scopes.add(Scope(each.connection, above))
    seen = Observation({scope: Listing((), exists=True, parent_id="p") for scope in scopes})
    state = State("lineage", 1, stack.name, stack.env, {})
    plan = make_plan(Inputs(stack, declared, state, seen, known, dt.date(2026, 1, 1)))
    for text in (plan_text(plan, full=True), plan_json(plan), plan_markdown(plan)):
        text.encode()
    saved = dump_plan(SavedPlan(plan, stack))
    assert dump_plan(load_plan(saved)) == saved
    return plan


READERS = (
    Reader("manifests", _make_manifests, read_manifests, 120),
    Reader("damaged manifests", _make_raw_manifests, read_manifests, 150),
    Reader("an overlay", _make_manifests, _read_overlay, 60),
    Reader("variables", from_bytes(b"eu", b"8", b"1e3", b"true", b"prod", b"0x1F"), _read_value, 40),
)
