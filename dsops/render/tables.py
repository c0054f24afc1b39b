"""Objects at the provider, as it told them: listings and single ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dsops.model import Address
from dsops.render.plan_markdown import cell, code
from dsops.render.style import Style, columns, printable, value_text


@dataclass(frozen=True, slots=True)
class Row:
    """One object.

    Attributes:
        name: Its names at the provider, parents first.
        connection: Where it lives.
        address: What the stack calls it; None when it doesn't declare it.
        document: The provider's document about it.
    """

    name: str
    connection: str
    address: Address | None
    document: Mapping[str, Any]


def listing_text(rows: Sequence[Row], fields: Mapping[str, str], *, named: bool = True, colour: bool = False) -> str:
    """Write a table, with a line of titles.

    Args:
        rows: The objects.
        fields: The title of each column, and the path of its value in the document.
        named: Whether the first column is the name and the last one the address.
        colour: Whether the titles stand out.
    """
    style = Style(colour)
    titles = [title.upper() for title in _titles(fields, named=named)]
    head, *lines = columns([titles, *(list(_cells(row, fields, named=named)) for row in rows)])
    return "\n".join([style(head, "bold"), *lines])


def listing_markdown(rows: Sequence[Row], fields: Mapping[str, str], *, named: bool = True) -> str:
    """Write a table in markdown."""
    titles = list(_titles(fields, named=named))
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    lines += [f"| {' | '.join(map(code, _cells(row, fields, named=named)))} |" for row in rows]
    return "\n".join(lines)


def row_document(row: Row) -> dict[str, Any]:
    """Return an object as JSON content; the provider's document is in it as it came."""
    return {
        "name": row.name,
        "connection": row.connection,
        "address": str(row.address) if row.address else None,
        "object": row.document,
    }


def object_text(row: Row, *, colour: bool = False) -> str:
    """Tell all the provider says about an object, a line a field."""
    style = Style(colour)
    fields = [(f"{printable(path)}:", shown) for path, shown in _leaves(row.document)]
    return "\n".join([style(_head(row), "bold"), *(f"  {line}" for line in columns(fields, gap=" "))])


def summary_text(row: Row, summary: Mapping[str, str], *, colour: bool = False) -> str:
    """Tell what a person wants to know of an object: labels with words, a line each."""
    style = Style(colour)
    fields = [(f"{label}:", printable(words)) for label, words in summary.items()]
    return "\n".join([style(_head(row), "bold"), *(f"  {line}" for line in columns(fields, gap=" "))])


def object_markdown(row: Row) -> str:
    """Tell it as a table in markdown."""
    lines = [f"### {cell(_head(row))}", "", "| field | value |", "|---|---|"]
    return "\n".join([*lines, *(f"| {code(path)} | {code(shown)} |" for path, shown in _leaves(row.document))])


def _head(row: Row) -> str:
    declared = f", {row.address}" if row.address else ""
    return printable(f"{row.name} on connection {row.connection}{declared}")


def _titles(fields: Mapping[str, str], *, named: bool) -> Iterator[str]:
    yield from ("name", *fields, "address") if named else fields


def _cells(row: Row, fields: Mapping[str, str], *, named: bool) -> Iterator[str]:
    if named:
        yield printable(row.name)
    for path in fields.values():
        yield _shown(_value(row.document, path))
    if named:
        yield str(row.address or "-")


def _value(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "-"
    return printable(value) if isinstance(value, str) else value_text(value)


def _leaves(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value_text(value)
