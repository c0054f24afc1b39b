"""Reads the one file of a form (multipart/form-data, RFC 7578), or takes the body as the file."""

import re
from collections.abc import Mapping

from dsops.emulator.exchange import Refusal

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_PART_NAME = re.compile(rb'^content-disposition:[^\r\n]*;\s*name=(?:"([^"]*)"|([^\s;]+))', re.IGNORECASE | re.MULTILINE)


def uploaded(headers: Mapping[str, str], body: bytes) -> bytes:
    """The content of the part `file`, whatever its own type says; of another type than a form, the body itself.

    headers: of the request, names in lower case. Raises Refusal 400 for a form without such a part.
    """
    content_type = headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        return body
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Refusal(400, "Content-Type: multipart/form-data without a boundary")
    for head, content in _parts(body, (found[1] or found[2]).encode("latin-1")):
        name = _PART_NAME.search(head)
        if name and (name[1] or name[2]) == b"file":
            return content
    raise Refusal(400, "body: the form has no part named file")


def _parts(body: bytes, boundary: bytes) -> list[tuple[bytes, bytes]]:
    """Head and content of each part. What stands before the first and after the last boundary doesn't count."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not pieces[-1].startswith(b"--") or len(pieces) < 2:
        raise Refusal(400, "body: the form has no end; is its boundary that of the Content-Type?")
    parts = []
    for piece in pieces[1:-1]:
        head, empty_line, content = piece.partition(b"\r\n\r\n")
        if not empty_line:
            raise Refusal(400, "body: a part of the form has no empty line after its headers")
        parts.append((head, content))
    return parts
