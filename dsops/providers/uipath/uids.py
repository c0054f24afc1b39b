"""Comment uids: ``18ba5ce699f8da1f.0123456789abcdef``, a source's id and a comment's."""

import re
from collections.abc import Iterable

_UID = re.compile(r"[0-9a-f]{16}\.[^\s/]{1,1024}")


def checked_uids(uids: Iterable[str]) -> list[str]:
    """Return the uids in their order, each once.

    Raises:
        ValueError: There is none, or one is not a uid.
    """
    distinct = list(dict.fromkeys(uids))
    if not distinct:
        raise ValueError("no comment uid is given")
    wrong = next((uid for uid in distinct if not _UID.fullmatch(uid)), None)
    if wrong is not None:
        raise ValueError(f"{wrong[:80]!r} is not a comment uid; one is written SOURCE_ID.COMMENT_ID")
    return distinct
