"""Listings and single objects: aligned, complete, and harmless on a terminal and in markdown."""

from dsops.model import Address
from dsops.render import (
    Row,
    fetched_text,
    listing_markdown,
    listing_text,
    object_markdown,
    object_text,
    row_document,
)

FIELDS = {"title": "title", "model": "model.version"}
ROWS = [
    Row("p/mail/a", "cm", Address("uipath", "Stream", "a"), {"title": "A | B", "model": {"version": 8}}),
    Row("p/mail/bb", "cm", None, {"title": "\x1b[31mred\u202e", "model": None, "more": {"x": [1, {"y": 2}], "z": {}}}),
]


def test_a_listing_is_a_table_with_titles() -> None:
    assert listing_text(ROWS, FIELDS).splitlines() == [
        "NAME        TITLE               MODEL   ADDRESS",
        "p/mail/a    A | B               8       uipath/Stream/a",
        r"p/mail/bb   \x1b[31mred\u202e   -       -",
    ]
    assert listing_text(ROWS[:1], FIELDS, named=False).splitlines() == ["TITLE   MODEL", "A | B   8"]
    assert listing_text(ROWS[:1], FIELDS, colour=True).startswith("\x1b[1mNAME")


def test_a_listing_in_markdown() -> None:
    assert listing_markdown(ROWS, FIELDS).splitlines() == [
        "| name | title | model | address |",
        "|---|---|---|---|",
        r"| `p/mail/a` | `A \| B` | `8` | `uipath/Stream/a` |",
        r"| `p/mail/bb` | `\x1b[31mred\u202e` | `-` | `-` |",
    ]
    assert listing_markdown([], FIELDS, named=False) == "| title | model |\n|---|---|"


def test_an_object_is_all_that_was_answered() -> None:
    assert object_text(ROWS[1]).splitlines() == [
        "p/mail/bb on connection cm",
        r'  title:  "\u001b[31mred\u202e"',
        "  model:  null",
        '  more.x: [1,{"y":2}]',
        "  more.z: {}",
    ]
    assert object_text(ROWS[0]).splitlines()[0] == "p/mail/a on connection cm, uipath/Stream/a"
    assert r'| `title` | `"A \| B"` |' in object_markdown(ROWS[0])


def test_a_document_keeps_the_provider_s_as_it_came() -> None:
    assert row_document(ROWS[0]) == {
        "name": "p/mail/a",
        "connection": "cm",
        "address": "uipath/Stream/a",
        "object": ROWS[0].document,
    }
    assert row_document(ROWS[1])["address"] is None


def test_what_a_fetch_brought() -> None:
    told = fetched_text("s", 1, filtered=2, position="Q", advanced=True, at_end=True)
    assert told == "1 comment, 2 left out by the filter, the end of the stream. Advanced to Q."
    told = fetched_text("s", 0, filtered=2, position="Q", advanced=False, at_end=False)
    assert told.endswith("The stream stays; past them with: dsops stream advance s Q")
    assert fetched_text("s", 0, filtered=0, position="Q", advanced=False, at_end=False) == "0 comments."
