"""What a download brought, and what a deletion of assets did."""

from collections.abc import Mapping
from typing import Any

from dsops.render.style import columns, printable


def download_text(told: Mapping[str, Any]) -> str:
    """Tell what a download brought: the folder, then a line a split.

    Args:
        told: As ``--format json`` has it.
    """
    made = "made for it" if told["made"] else "as it was"
    lines = [
        f"{printable(told['folder'])}: {told['files']:,} files, {megabytes(told['bytes'])}.",
        f"Export {printable(told['export'])} ({printable(told['specification'])}), {made}; "
        f"{megabytes(told['archiveBytes'])} to download"
        + (f", {megabytes(told['resumedAt'])} of them by an earlier run." if told["resumedAt"] else "."),
    ]
    rows = [
        [printable(name), f"{each['assets']:,}", f"{each['annotations']:,}"] for name, each in told["splits"].items()
    ]
    if rows:
        total = ["all", f"{told['assets']:,}", f"{told['annotations']:,}"]
        lines += columns([["SPLIT", "ASSETS", "ANNOTATIONS"], *rows, *([total] if len(rows) > 1 else [])])
    return "\n".join(lines)


def megabytes(count: int) -> str:
    """Return a size as people write it."""
    return f"{count / 1_000_000:,.1f} MB"
