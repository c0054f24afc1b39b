"""Readers of saved plans."""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import orjson

from dsops.engine.apply import _saved_rows
from dsops.manifest import load
from dsops.manifest.events import parse
from dsops.planner import (
    SavedPlan,
    dump_plan,
    load_plan,
    make_plan,
    plan_document,
    planfile,
)
from dsops.planner import codec as plan_codec
from dsops.render import plan_json, plan_markdown, plan_text
from tests.fuzz.hostile import Chance, damaged, text_of, worsened
from tests.fuzz.manifests import ROOT, SCHEMAS, planned
from tests.fuzz.reader import Reader, expected
from tests.support import evaluations
from tests.support.planning import CONNECTIONS, load_stack


def _plans() -> list[Any]:
    """Saved plans as documents: of an example, and of rows that change."""
    folder = ROOT / "examples" / "support-mail"
    found = load(folder, env=None, variables={}, environ={}, schemas=SCHEMAS)
    assert found.stack is not None
    plan: Any = planned(found.stack, found.resources)
    made = [dump_plan(SavedPlan(plan, found.stack))]
    for path in sorted((ROOT / "tests" / "cases" / "geai" / "Dataset").glob("e*.yaml"))[:6]:
        case = parse(path.read_bytes(), path.name).documents[0].value
        with tempfile.TemporaryDirectory() as around:
            stack, resources = load_stack(Path(around), case["desired"], CONNECTIONS["geai"], {}, "geai")
            inputs = evaluations.inputs_of(
                stack, resources, case.get("recorded", {}), case.get("live", {}), case.get("traits", {})
            )
            declared = {address: side.declared for address, side in inputs.rows.items()}
            made.append(dump_plan(SavedPlan(make_plan(inputs), stack), declared))
    return list(map(orjson.loads, made))


_PLANS: list[Any] = []


def _make_plan_file(chance: Chance) -> bytes:
    """A plan that somebody changed, who knows how to make its parts belong together; now and then damaged as well."""
    if not _PLANS:
        _PLANS.extend(_plans())
    good = chance.choice(_PLANS)
    part = chance.choice(("saved", "rows")) if "rows" in good else "saved"
    worse = {**good, part: worsened(good[part], chance)}
    if chance.random() < 0.2:
        worse = worsened(worse, chance)
    text = text_of(worse)
    try:
        content = orjson.loads(text)
        with contextlib.suppress(*_ODD):
            content["document"] = plan_document(plan_codec.decode(SavedPlan, content["saved"]).plan)
        content["sha256"] = planfile._checksum(content)
        raw = planfile._bytes(content)
    except _ODD:
        raw = text.encode(errors="surrogatepass")
    return damaged(raw, chance) if chance.random() < 0.1 else raw


_ODD = (ValueError, TypeError, LookupError, RecursionError, AttributeError)


def _read_plan_file(content: bytes, folder: Path) -> object:
    def read() -> object:
        saved = load_plan(content)
        for text in (plan_text(saved.plan, full=True), plan_json(saved.plan), plan_markdown(saved.plan)):
            text.encode()
        # What apply does before it asks anybody anything.
        _saved_rows(saved)
        return dump_plan(saved)

    return expected(read)


READERS = (Reader("a saved plan", _make_plan_file, _read_plan_file, 150),)
