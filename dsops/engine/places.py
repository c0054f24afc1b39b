"""Places: what a name means that a person gives, and on which connection.

::

    collateral                   a resource that the stack declares
    uipath/Dataset/collateral    the same, by its address
    project1/collateral          an object outside the stack, by its names at the provider
    faq-eval                     with --connection: one whose provider knows no parents
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dsops.engine.connect import kinds_of
from dsops.engine.options import Workspace
from dsops.model import Address, DsopsError, NaturalKey, Operation, Resource, Stack
from dsops.planner import declare
from dsops.providers import kind_of, provider, provider_names, schemas
from dsops.state import open_store


@dataclass(frozen=True, slots=True)
class Place:
    """An object at a provider.

    Attributes:
        connection: Name of the connection it lives on.
        key: Its natural key; empty for the account itself.
        address: What the stack calls it; None when it doesn't declare it.
    """

    connection: str
    key: NaturalKey
    address: Address | None = None

    @property
    def name(self) -> str:
        """Its names at the provider, parents first: ``project1/collateral``."""
        return "/".join(self.key)

    def __str__(self) -> str:
        return str(self.address or self.name)


def account(workspace: Workspace, name: str, connection: str | None) -> Place:
    """Return the account in which an operation on no particular object is done.

    Args:
        workspace: The stack.
        name: The words of the command.
        connection: Name of the connection; None for the only one whose provider can do it.

    Raises:
        DsopsError: There is no such connection, or several.
    """
    return Place(_connection(workspace.stack, name, connection), ())


def locate(workspace: Workspace, name: str, text: str, connection: str | None) -> Place:
    """Find the object that a person names: a declared one, or one outside the stack by its names at the provider.

    Args:
        workspace: The stack.
        name: The words of the command; they say which kind is meant.
        text: An address, the name of a declared resource, or ``project/dataset``.
        connection: Name of the connection, where it isn't clear.

    Raises:
        DsopsError: It names nothing, or more than one thing.
    """
    kind = next(each[name].kind for each in _all_operations() if name in each)
    declared = [each for each in workspace.resources if each.address.kind == kind]
    named = [each for each in declared if text in {str(each.address), each.address.name}]
    here = [each for each in named if connection is None or each.connection == connection]
    if len(here) == 1:
        return _declared_place(workspace, name, here[0])
    if len(here) > 1:
        several = ", ".join(str(each.address) for each in here)
        raise DsopsError.of(f"{text!r} names several resources", hint=f"give the address: {several}")
    if named:
        raise DsopsError.of(f"{named[0].address} lives on connection {named[0].connection}, not on {connection}")
    return _outside(workspace, name, kind, text, connection)


def _declared_place(workspace: Workspace, name: str, resource: Resource) -> Place:
    operation_on(workspace.stack, resource.connection, name)
    keys = declare(workspace.resources, kinds_of(workspace.stack)).keys
    return Place(resource.connection, keys[resource.address], resource.address)


def _outside(workspace: Workspace, name: str, kind: str, text: str, connection: str | None) -> Place:
    declared = [each.address for each in workspace.resources if each.address.kind == kind]
    parts = tuple(text.split("/"))
    is_address = len(parts) == 3 and parts[0] in provider_names() and parts[1] == kind
    # A single name is that of a resource, unless the connection is named on which it is another's.
    if is_address or (len(parts) == 1 and connection is None):
        raise _undeclared(kind, text, [str(each) if is_address else each.name for each in declared])
    chosen = _connection(workspace.stack, name, connection)
    form = _parts(f"{workspace.stack.connections[chosen].provider}/{kind}")
    if len(form) == 1:
        parts = (text,)
    elif len(parts) == 1:
        raise _undeclared(kind, text, [each.name for each in declared])
    if len(parts) != len(form) or not all(parts):
        raise DsopsError.of(f"{text!r} is not the name of a {kind}", hint=_form(kind))
    return Place(chosen, parts, addresses_on(workspace, kind, chosen).get(parts))


def _undeclared(kind: str, text: str, known: list[str]) -> DsopsError:
    near = difflib.get_close_matches(text, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"the stack declares: {', '.join(sorted(known)) or 'none'}"
    return DsopsError.of(f"the stack declares no {kind} {text!r}", hint=f"{hint}; {_form(kind)}")


def recorded_id(workspace: Workspace, place: Place, endpoint: str) -> str:
    """Return the id under which the state has an object of the stack; empty where it has none.

    Raises:
        StateError: The state can't be read.
    """
    if place.address is None:
        return ""
    stack = workspace.stack
    state = open_store(stack.state, root=Path(stack.root), stack=stack.name, env=stack.env).load()
    record = state.records.get(place.address)
    return record.remote_id if record is not None and record.endpoint == endpoint else ""


def addresses_on(workspace: Workspace, kind: str, connection: str) -> dict[NaturalKey, Address]:
    """Return what the stack calls the objects of a kind on a connection."""
    declared = declare(workspace.resources, kinds_of(workspace.stack))
    return {
        declared.keys[each.address]: each.address
        for each in workspace.resources
        if each.address.kind == kind and each.connection == connection
    }


def _form(kind: str) -> str:
    forms = {_parts(type_) for type_ in schemas() if type_.endswith(f"/{kind}")}
    written = ["/".join(form) if len(form) > 1 else "by its name with --connection" for form in forms]
    return f"one outside the stack is written {' or '.join(sorted(written, reverse=True))}"


def _parts(type_: str) -> tuple[str, ...]:
    """Return what the parts of a kind's natural key are called: ``project``, ``dataset``, ``stream``."""
    info = kind_of(type_).info
    above = _parts(info.parent) if info.parent else ()
    own = tuple(info.kind.lower() if part == "name" else part for part in info.own_key)
    return (*above, *own)


def _connection(stack: Stack, name: str, connection: str | None) -> str:
    fitting = sorted(each.name for each in stack.connections.values() if name in provider(each.provider).operations)
    if connection is not None and connection in stack.connections:
        operation_on(stack, connection, name)
        return connection
    if connection is None and len(fitting) == 1:
        return fitting[0]
    told = f"connections that know {name}: {', '.join(fitting) or 'none'}"
    if connection is not None:
        raise DsopsError.of(f"the stack has no connection {connection!r}", hint=told)
    raise DsopsError.of("which connection is meant? Give --connection", hint=told)


def operation_on(stack: Stack, connection: str, name: str) -> Operation:
    """Return what a command's words mean on a connection.

    Raises:
        DsopsError: Nothing: its provider can't do that.
    """
    offered = provider(stack.connections[connection].provider)
    if name not in offered.operations:
        known = ", ".join(sorted(offered.operations)) or "none"
        raise DsopsError.of(f"{offered.name} doesn't know {name}", hint=f"it knows: {known}")
    return offered.operations[name]


def _all_operations() -> list[Mapping[str, Operation]]:
    return [provider(name).operations for name in provider_names()]
