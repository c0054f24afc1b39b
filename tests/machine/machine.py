"""A bad network, a bad server and busy strangers: random runs of the real command, and what must hold after each."""

import itertools
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from dsops.state import open_store
from tests.machine import checks
from tests.machine.account import Account, Declared, Thing, Things
from tests.machine.checks import Sight
from tests.machine.troubles import Trouble, stale, troubles
from tests.machine.worker import Ran, Worker

_NUMBERS = itertools.count(1)
_MOSTLY = st.sampled_from((True, True, False))
_APPLIES = 2
"""So many applies, once the troubles are over, lead to the declared state."""


class Machine(RuleBasedStateMachine):
    """One stack of one provider. A subclass names the account; the module that runs it, the rest."""

    account: ClassVar[Account]
    worker: ClassVar[Worker]
    base: ClassVar[Path]
    concurrencies: ClassVar[tuple[int, ...]] = (1,)

    def __init__(self) -> None:
        super().__init__()
        self.folder = self.base / f"stack-{next(_NUMBERS)}"
        self.folder.mkdir()
        self.declared = Declared({})
        self.ours: set[str] = set()
        self.seen: Things | None = None
        self.concurrency = 1

    # -- rules

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """An empty account with what strangers have, and something declared."""
        self.account.call("DELETE", "/_emulator/faults")
        self.account.call("POST", "/_emulator/clock", {"now": None})
        self.account.call("POST", "/_emulator/reset")
        self.account.call("DELETE", "/_emulator/requests")
        self.concurrency = data.draw(st.sampled_from(self.concurrencies), "requests in flight")
        for name in self.account.names():
            if "theirs" in name:
                self.account.meddle("make", name, 0)
        self.declare(data)

    def declare(self, data: st.DataObject) -> None:
        """Write other manifests."""
        self.declared = data.draw(self.account.declarations(), "declared")
        connection = {
            "provider": self.account.facts.provider,
            "endpoint": self.worker.url,
            "maxConcurrency": self.concurrency,
            **self.account.facts.connection,
        }
        safety = {"maxDeletes": 1000, "maxDeletePercent": 100, "maxUpdatePercent": 100}
        spec = {"connections": {"account": connection}, "safety": safety}
        stack = {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "machine"}, "spec": spec}
        _write(self.folder / "dsops.yaml", json.dumps(stack))
        documents = [json.dumps(each) for each in self.declared.documents.values()]
        _write(self.folder / "resources.yaml", "\n---\n".join(documents))
        for name, text in self.declared.files.items():
            _write(self.folder / name, text)

    @rule(data=st.data())
    def meddle(self, data: st.DataObject) -> None:
        """Somebody else does something, past dsops."""
        deed = data.draw(st.sampled_from(("change", "change", "make", "remove")), "deed")
        name, number = data.draw(st.sampled_from(self.account.names()), "name"), data.draw(st.integers(1, 3), "number")
        self.seen = None
        self.account.meddle(deed, name, number)

    @rule(data=st.data(), verb=st.sampled_from(("plan", "drift")))
    def look(self, data: st.DataObject, verb: str) -> None:
        """Plan, or look for drift."""
        self.run(verb, verb, *self._weather(data))

    @rule(data=st.data(), other=_MOSTLY)
    def apply(self, data: st.DataObject, *, other: bool) -> None:
        """Apply what is declared, mostly something new."""
        if other:
            self.declare(data)
        ran = self.run("apply", "apply --auto-approve --format json", *self._weather(data))
        if ran.done.code != 1:
            checks.check_report(ran.done.json, ran)

    @rule(data=st.data(), other=_MOSTLY, between=st.booleans())
    def apply_saved(self, data: st.DataObject, *, other: bool, between: bool) -> None:
        """Save a plan, and apply that; perhaps somebody does something in between."""
        if other:
            self.declare(data)
        file = self.folder / "plan.saved"
        planned = self.run("plan", f"plan --format json --save {file}", *self._weather(data))
        if planned.done.code == 0:
            if between:
                self.meddle(data)
            ran = self.run("apply", f"apply --format json {file}", *self._weather(data))
            if ran.done.code != 1:
                checks.check_report(ran.done.json, ran)
                checks.check_planned(planned.done.json, ran.done.json, ran)
            file.unlink()

    @rule(seconds=st.sampled_from((-7200.0, -90.0, 90.0, 7200.0)), whose=st.sampled_from(("ours", "theirs")))
    def set_clock(self, seconds: float, whose: str) -> None:
        """A clock is set, ours or the server's."""
        if whose == "ours":
            self.run("plan", "plan", [], [], wall=seconds)
        elif seconds > 0:
            self.account.call("POST", "/_emulator/clock", {"advance": seconds})
        else:
            self.account.call("POST", "/_emulator/clock", {"now": None})

    @rule()
    def heal(self) -> None:
        """The troubles are over: it converges."""
        ran = self._applied()
        for _ in range(_APPLIES - 1):
            ran = self._applied(*self._confirming()) if ran.done.code else ran
        assert ran.done.code == 0, f"{_APPLIES} applies, and it isn't done:\n{ran.done.out}\n{ran.done.err}"
        again = self.run("plan", "plan --detailed-exitcode", [], [])
        assert again.done.code == 0, again.done.out
        things = self.account.things()
        assert list(self.account.differs(self.declared, things)) == []
        orphans = [
            each.name for remote_id, each in things.items() if remote_id in self.ours and self._may_not_stay(each)
        ]
        assert orphans == [], "made or recorded by dsops, declared no longer, and still there"
        state = self._state()
        assert state.intents == ()
        assert {each.remote_id for each in state.records.values()} <= things.keys()
        assert len(state.records) == len(self.declared.documents)

    def _may_not_stay(self, thing: Thing) -> bool:
        return thing.name not in self.declared.documents and not re.search(self.account.facts.kept, thing.name)

    def _confirming(self) -> tuple[str, ...]:
        """Return what passes an object that holds what strangers put there, and is to go."""
        plan = self.run("plan", "plan --format json", [], []).done.json
        blocked = any(each["action"] == "blocked" for each in plan["changes"])
        return ("--confirm", plan["planId"]) if blocked else ()

    def _applied(self, *more: str) -> Ran:
        ran = self.run("apply", " ".join(("apply --auto-approve --format json", *more)), [], [])
        assert ran.done.code != 1, ran.done.err
        checks.check_report(ran.done.json, ran)
        return ran

    def teardown(self) -> None:
        """Whatever happened: at the end it converges."""
        try:
            if self.declared.documents:
                self.heal()
        finally:
            shutil.rmtree(self.folder)

    # -- running

    def run(
        self, verb: str, command: str, faults: Sequence[Trouble], past: Sequence[Trouble], *, wall: float = 0
    ) -> Ran:
        """Run a command, with everything that must hold after it."""
        things = self.account.things() if self.seen is None else self.seen
        before = Sight(things, self.ours | self._recorded())
        if past:
            self.account.call("POST", "/_emulator/faults", list(past))
        try:
            ran = self.worker.run(
                self.folder, *command.split(), troubles=faults, env=self.account.facts.secrets, wall=wall
            )
        finally:
            self.account.call("DELETE", "/_emulator/faults")
        note(f"{command}: exit {ran.done.code} after {ran.took:.1f} s\n{_requests(ran)}{ran.done.err}")
        self.seen = after = self.account.things()
        checks.check_said(ran)
        checks.check_code(verb, ran)
        checks.check_pauses(ran, self.concurrency)
        checks.check_things(self.account, self.declared, before, after, ran.writes)
        self.ours |= self._recorded() | (after.keys() - before.things.keys())
        return ran

    def _weather(self, data: st.DataObject) -> tuple[list[Trouble], list[Trouble]]:
        return data.draw(troubles(self.account.facts.listing), "troubles"), data.draw(stale(), "stale")

    def _state(self) -> Any:
        address = "sqlite:.dsops/default.db"
        return open_store(address, root=self.folder, stack="machine", env=None).load()

    def _recorded(self) -> set[str]:
        return {each.remote_id for each in self._state().records.values()}


def _requests(ran: Ran) -> str:
    return "".join(f"  {each.method} {each.target} {each.status} {each.trouble}\n" for each in ran.arrived)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
