"""What depends on what."""

import json
from collections.abc import Sequence
from typing import Any

from dsops.model import Address, Resource
from dsops.render.style import printable


def graph_text(resources: Sequence[Resource]) -> str:
    """Write each resource, and below it what it depends on."""
    lines = []
    for each in sorted(resources, key=lambda resource: resource.address):
        lines.append(str(each.address))
        lines += [f"  needs {printable(needed)}" for needed in _needs(each)]
    return "\n".join(lines)


def graph_document(resources: Sequence[Resource]) -> dict[str, Any]:
    """Return the graph as JSON content: address to what it depends on, a parent outside the stack by its name."""
    return {str(each.address): _needs(each) for each in sorted(resources, key=lambda resource: resource.address)}


def graph_dot(resources: Sequence[Resource]) -> str:
    """Write the graph in the DOT language; an arrow leads to what is needed."""
    lines = ["digraph dsops {", "  rankdir = RL;", "  node [shape = box];"]
    for each in sorted(resources, key=lambda resource: resource.address):
        lines.append(f"  {_quoted(str(each.address))};")
        lines += [f"  {_quoted(str(each.address))} -> {_quoted(needed)};" for needed in _needs(each)]
    return "\n".join([*lines, "}"])


def _needs(resource: Resource) -> list[str]:
    outside = [] if isinstance(resource.parent, Address | None) else [resource.parent]
    return sorted(map(str, resource.depends_on)) + outside


def _quoted(name: str) -> str:
    return json.dumps(printable(name), ensure_ascii=False)
