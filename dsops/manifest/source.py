"""Bytes of a file to text that a YAML parser may see."""

from pathlib import Path

from dsops.model import Diagnostic, Source, error

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes in one manifest file."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def read(path: Path, file: str) -> bytes | Diagnostic:
    """Return the bytes of a file, or what is wrong with it.

    Args:
        path: Where it lies.
        file: How diagnostics call it.
    """
    try:
        size = path.stat().st_size
        return too_large(file, size) or path.read_bytes()
    except OSError as failed:
        return error(f"{file} can't be read", detail=failed.strerror or str(failed), source=Source(file, 1))


def too_large(file: str, size: int) -> Diagnostic | None:
    """Return an error for a file above the limit."""
    if size <= LARGEST_FILE:
        return None
    return error(
        f"{file} is too large for a manifest",
        detail=f"It has {size / 2**20:.0f} MiB; the limit is {LARGEST_FILE // 2**20} MiB.",
        hint="Split it into several files.",
        source=Source(file, 1),
    )


def decode(raw: bytes, file: str) -> str | Diagnostic:
    """Return the text of a file without its byte order mark, or what is wrong with it."""
    if raw.startswith(_UTF16):
        return error(f"{file} is UTF-16", hint="Save it as UTF-8.", source=Source(file, 1))
    if b"\0" in raw:
        where = _place(raw, raw.index(b"\0"), file)
        return error("The file holds a NUL character", hint="Save it as plain UTF-8 text.", source=where)
    try:
        text = raw.decode().removeprefix(_BOM)
    except UnicodeDecodeError as failed:
        return error(
            "The file is not UTF-8",
            detail=f"The byte 0x{raw[failed.start]:02x} here begins no UTF-8 character.",
            hint="Save it as UTF-8.",
            source=_place(raw, failed.start, file),
        )
    if _BOM in text:
        before = text[: text.index(_BOM)]
        return error(
            "A byte order mark stands inside the file",
            detail="It is invisible, and belongs at the very beginning or nowhere; joining files leaves it inside.",
            hint="Remove it.",
            source=Source(file, before.count("\n") + 1, len(before) - before.rfind("\n")),
        )
    return text


def _place(raw: bytes, index: int, file: str) -> Source:
    before = raw[:index].decode(errors="replace")
    return Source(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
