"""Random troubles: what may happen to the requests of one run."""

from typing import Any

from hypothesis import strategies as st

Trouble = dict[str, Any]

_FAULTS = (
    "closed before",
    "closed after",
    "reset before",
    "reset after",
    "503 before",
    "503 after",
    "half of the JSON",
    "cut short",
    "in pieces",
    "never answered",
)
_PAUSES = (1, 2, 9, 40, 250, 1000)
_BODIES = ("", "{", "[]", "{}", "null", "[[[", '"text"', '{"datasets": null}', "\x00\x01", "nothing to see here")

_DEEDS = st.one_of(
    st.sampled_from(_FAULTS).map(lambda name: {"fault": name}),
    st.builds(
        lambda status, seconds, date, after: {"pause": seconds, "status": status, "date": date, "after": after},
        st.just(429),
        st.sampled_from(_PAUSES),
        st.booleans(),
        st.just(False),
    ),
    st.builds(
        lambda seconds, date, after: {"pause": seconds, "status": 503, "date": date, "after": after},
        st.sampled_from(_PAUSES[:4]),
        st.booleans(),
        st.booleans(),
    ),
    st.builds(lambda status, after: {"page": status, "after": after}, st.sampled_from((200, 502)), st.booleans()),
    st.sampled_from((401, 500)).map(lambda status: {"refuse": status}),
    st.sampled_from(_BODIES).map(lambda body: {"nonsense": body}),
)
_ANY = st.builds(
    lambda do, on, skip, times: {"do": do, "on": on, "skip": skip, "times": times},
    _DEEDS,
    st.sampled_from(("write", "write", "read", "any")),
    st.sampled_from((0, 0, 1, 2, 4, 7)),
    st.sampled_from((1, 1, 2, 3, 12)),
)
_SET_BACK = st.builds(
    lambda trouble, wall: {**trouble, "wall": wall}, _ANY, st.sampled_from((-86400.0, -30.0, 30.0, 86400.0))
)


def troubles(listing: str) -> st.SearchStrategy[list[Trouble]]:
    """Return lists of troubles.

    Args:
        listing: The paths of listings, which may also be cut short or come again.
    """
    cut = st.builds(
        lambda keep, counts, skip, times: {
            "do": {"keep": keep, "counts": counts},
            "on": "read",
            "path": listing,
            "skip": skip,
            "times": times,
        },
        st.integers(0, 1),
        st.booleans(),
        st.integers(0, 2),
        st.sampled_from((1, 2, None)),
    )
    again = st.builds(
        lambda skip: {"do": {"repeat": True}, "on": "read", "path": listing, "skip": skip, "times": None},
        st.integers(0, 1),
    )
    # Names are taken twice and lists have no count: one that is always cut short can't be told from a whole one.
    more = () if "Exports" in listing else (cut, again)
    return st.lists(st.one_of(_ANY, _ANY, _SET_BACK, *more), min_size=1, max_size=4)


def stale() -> st.SearchStrategy[list[Trouble]]:
    """Return rules of the emulator: reads answered as things stood before the run."""
    one = st.builds(
        lambda skip, times: {"fault": "stale", "skip": skip, "times": times}, st.integers(0, 12), st.integers(1, 4)
    )
    return st.lists(one, max_size=2)
