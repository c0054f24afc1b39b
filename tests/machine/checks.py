"""What must hold after every run, whatever the network and the server did meanwhile."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from dsops.model import digest
from dsops.model.values import KNOWN_AFTER_APPLY
from tests.machine.account import Account, Declared, Things
from tests.machine.worker import Arrived, Ran

_CODES = {"plan": {0, 1}, "drift": {0, 1, 2}, "apply": {0, 1, 3}}
_STATUSES = {"succeeded", "failed", "skipped", "unknown"}


@dataclass(frozen=True, slots=True)
class Sight:
    """How things stood at one moment.

    Attributes:
        things: What was there.
        ours: Ids of what dsops made or recorded so far.
    """

    things: Things
    ours: AbstractSet[str]


def check_said(ran: Ran) -> None:
    """No traceback, a code that the command may have, and no write unless it applies."""
    command = ran.done
    assert "Traceback" not in command.err, command.err
    assert "bug in dsops" not in command.err, command.err


def check_code(verb: str, ran: Ran) -> None:
    """The exit code is one of the command's; 1 means that nothing was written, and only apply writes."""
    code = ran.done.code
    assert code in _CODES[verb], f"{verb}: exit {code}\n{ran.done.out}\n{ran.done.err}"
    if verb != "apply" or code == 1:
        told = [f"{each.method} {each.target}" for each in ran.writes]
        assert told == [], f"{verb}: exit {code}, and it wrote {told}"
    if code == 1:
        assert ran.done.err.strip(), "an error without a word"


def check_pauses(ran: Ran, concurrency: int) -> None:
    """Nothing is sent before a stated time, but for what was on its way when that was stated."""
    for begin, end in ran.stated:
        early = [f"{each.method} {each.target} {end - each.at:.3f} s" for each in ran.arrived if begin < each.at < end]
        assert len(early) < concurrency, f"sent too early: {early}"


def check_report(report: Mapping[str, Any], ran: Ran) -> None:
    """Every change is accounted for, and so is every write that arrived."""
    outcomes = report["outcomes"]
    assert len({each["address"] for each in outcomes}) == len(outcomes)
    assert {each["status"] for each in outcomes} <= _STATUSES
    assert [each for each in outcomes if each["status"] != "succeeded" and not each["reason"]] == []
    done = all(each["status"] == "succeeded" for each in outcomes)
    assert (ran.done.code, report["done"]) == ((0, True) if done else (3, False))
    sent, arrived = sum(each["sent"] for each in outcomes), _taken(ran)
    told = [f"{each.method} {each.target} {each.status} {each.trouble}" for each in ran.writes]
    # What was refused for its pace doesn't count, but for the last time, where it was given up after that.
    assert len(arrived) <= sent <= len(ran.writes), f"{sent} writes reported, and these arrived: {told}\n{report}"


def check_planned(plan: Mapping[str, Any], report: Mapping[str, Any], ran: Ran) -> None:
    """The writes are those of the plan, each at most once, and the repeats and repairs that are reported."""
    calls = [call for change in plan["changes"] for call in change["calls"]]
    # Paths that were known when it was planned first: one known later may look like any.
    waiting, others = sorted(calls, key=lambda call: KNOWN_AFTER_APPLY in call["path"]), []
    for request in _taken(ran):
        found = next((call for call in waiting if _is(call, request)), None)
        if found is None:
            others.append(request)
        else:
            waiting.remove(found)
    outcomes = report["outcomes"]
    assert {each["address"] for each in outcomes} == {each["address"] for each in plan["changes"]}
    repeats, repairs = (sum(each[name] for each in outcomes) for name in ("repeats", "repairs"))
    told = [f"{each.method} {each.target}" for each in others]
    shown = [f"{each['method']} {each['path']}" for each in calls]
    besides = f"sent besides the plan {shown}: {told}; reported: {repeats} + {repairs}"
    given_up = len(ran.writes) - len(_taken(ran))  # of the repeats, those that were refused for the pace
    assert len(others) <= repeats + repairs <= len(others) + given_up, besides
    unplanned = [each for each in others if not any(_is(call, each) for call in calls)]
    assert len(unplanned) <= repairs, f"sent, and neither planned nor a repair: {told}"


def check_things(account: Account, declared: Declared, before: Sight, after: Things, writes: list[Arrived]) -> None:
    """Only what is ours was touched, nothing was made twice, and nothing that is declared is gone."""
    wrong = [*_gone(declared, before, after), *_made(declared, before, after)]
    for remote_id, thing in before.things.items():
        now = after.get(remote_id)
        if now is None:
            continue
        if thing.name in declared.documents:
            wrong += account.conflicts(declared, thing, now)
        elif now != thing and remote_id not in before.ours:  # ours may show that what was below it went
            wrong.append(f"{thing.name} was a stranger's, and was changed: {thing} -> {now}")
    told = [f"{each.method} {each.target} {each.status}" for each in writes]
    assert wrong == [], f"{wrong}\nwrites: {told}"


def _gone(declared: Declared, before: Sight, after: Things) -> list[str]:
    gone = [(each, thing) for each, thing in before.things.items() if each not in after]
    wrong = [f"{thing.name} was a stranger's, and is gone" for each, thing in gone if each not in before.ours]
    return wrong + [f"{thing.name} is declared, and is gone" for _, thing in gone if thing.name in declared.documents]


def _made(declared: Declared, before: Sight, after: Things) -> list[str]:
    names = {thing.name for thing in before.things.values()}
    made = [thing.name for each, thing in after.items() if each not in before.things]
    wrong = [f"{name} was made, and nobody declares it" for name in made if name not in declared.documents]
    wrong += [f"{name} was made, and was there already" for name in made if name in names]
    return wrong + [f"{name} was made twice" for name in set(made) if made.count(name) > 1]


def _taken(ran: Ran) -> list[Arrived]:
    """Return the writes but those that were refused for the pace: what was not taken doesn't count."""
    return [each for each in ran.writes if each.status != 429]


def _is(call: Mapping[str, Any], request: Arrived) -> bool:
    if call["method"] != request.method:
        return False
    before, known_after, after = call["path"].partition(KNOWN_AFTER_APPLY)
    if known_after:
        if not (request.target.startswith(before) and request.target.endswith(after)):
            return False
    elif call["path"] != request.target:
        return False
    return call["bodySha256"] in (None, digest(request.json))
