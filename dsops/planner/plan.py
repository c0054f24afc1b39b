"""The plan: a function of what is declared, recorded and live."""

from dsops.model import Action, Diagnostic, Plan, Record, in_order, warning
from dsops.planner.changes import changes
from dsops.planner.decisions import Decisions, decide_all
from dsops.planner.guards import guards
from dsops.planner.inputs import Inputs


def make_plan(inputs: Inputs) -> Plan:
    """Return what closes the gap between declared and live. Same inputs, same plan."""
    decisions = decide_all(inputs)
    planned = changes(inputs, decisions)
    problems = tuple(inputs.observation.failed.values())
    return Plan(
        stack=inputs.stack.name,
        env=inputs.stack.env,
        lineage=inputs.state.lineage,
        serial=inputs.state.serial,
        complete=not problems,
        changes=planned,
        noop=sum(each.action is Action.NOOP for each in decisions.by_address.values()),
        rows_noop=sum(
            each.rows.noop
            for each in decisions.by_address.values()
            if each.rows is not None and each.action is not Action.BLOCKED
        ),
        refresh=_refresh(decisions),
        guards=guards(inputs, planned),
        diagnostics=in_order((*problems, *_remarks(inputs))),
        reads=inputs.observation.reads,
        endpoints={name: connection.endpoint for name, connection in sorted(inputs.stack.connections.items())},
    )


def _refresh(decisions: Decisions) -> tuple[Record, ...]:
    """Records of objects that are as declared, where the record says otherwise."""
    stale = (
        each.after
        for each in decisions.by_address.values()
        if each.action is Action.NOOP and each.after is not None and each.after != each.subject.record
    )
    return tuple(sorted(stale, key=lambda record: record.address))


def _remarks(inputs: Inputs) -> list[Diagnostic]:
    return [
        warning(
            f"{each.path} is compared again since {each.until}: its ignore has run out",
            detail=each.reason,
            hint="remove the entry from metadata.ignore, or give it a later date",
            source=resource.source,
            address=resource.address,
        )
        for resource in inputs.declared.resources.values()
        for each in resource.meta.ignore
        if each.until is not None and each.until < inputs.today
    ]
