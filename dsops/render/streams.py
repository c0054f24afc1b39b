"""What is said about consuming a stream."""

from dsops.render.style import counted, printable


def fetched_text(stream: str, results: int, *, filtered: int, position: str, advanced: bool, at_end: bool) -> str:
    """Say what a fetch brought and where the stream stands after it."""
    told = counted(results, "comment")
    if filtered:
        told += f", {filtered:,} left out by the filter"
    if at_end:
        told += ", the end of the stream"
    if advanced:
        return printable(f"{told}. Advanced to {position}.")
    if results or filtered:
        return printable(f"{told}. The stream stays; past them with: dsops stream advance {stream} {position}")
    return f"{told}."
