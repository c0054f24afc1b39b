"""Two texts told as one: by words, short, in bounded time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsops.render.differences import differences, shortened
from dsops.render.rows import field_words
from dsops.render.style import Style, printable, sized

REMOVED = re.compile(r"\[-(.*?)-\]", re.DOTALL)
ADDED = re.compile(r"\{\+(.*?)\+\}", re.DOTALL)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            "The capital of France is Lyon.",
            "The capital of France is Paris.",
            "The capital of France is [-Lyon-]{+Paris+}.",
        ),
        ("a b c d", "a x y d", "a [-b c-]{+x y+} d"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("a password", "a passwords", "a [-password-]{+passwords+}"),
        ("end", "end ", "end{+ +}"),
        ("one\ntwo", "one\r\ntwo", "one[-\\n-]{+\\r\\n+}two"),
        ("\x1b[31mred", "\x1b[32mred", "\\x1b[[-31mred-]{+32mred+}"),
        ("First thing. Third.", "First! thing. Fourth.", "First{+!+} thing. [-Third-]{+Fourth+}."),
        ("首都はリヨンです", "首都は東京です", "首都は[-リヨン-]{+東京+}です"),
        ("x", "x", "x"),
    ],
)
def test_by_words(before: str, after: str, told: str) -> None:
    assert differences(before, after) == told


def test_what_looks_alike_is_said_to_be_another_form() -> None:
    told = differences("a cafe\u0301 here", "a caf\u00e9 here")
    assert told == "a [-cafe\u0301-]{+caf\u00e9+} here (the same letters in another Unicode form)"


def test_what_is_equal_is_left_out_around_a_difference() -> None:
    told = differences("x " * 500 + "old" + " y" * 500, "x " * 500 + "new" + " y" * 500)
    assert told == "…" + "x " * 19 + "[-old-]{+new+}" + " y" * 19 + "…"
    assert differences("x " * 500 + "old", "x " * 500 + "new", whole=True) == "x " * 500 + "[-old-]{+new+}"


def test_many_places_are_counted() -> None:
    before = " and ".join(f"a{each}" for each in range(20))
    after = " and ".join(f"b{each}" for each in range(20))
    told = differences(before, after)
    assert "[-a5-]{+b5+}" in told
    assert "a6" not in told
    assert told.endswith(" (and 14 more)")
    assert "[-a19-]{+b19+}" in differences(before, after, whole=True)


def test_what_comes_and_goes_is_cut_in_the_middle() -> None:
    told = differences("", "word " * 1000)
    assert told == "{+" + "word " * 16 + "…(4,840 characters)…" + "word " * 16 + "+}"
    assert shortened("abcd", 4) == "abcd"


def test_colours_add_nothing_but_colour() -> None:
    coloured = differences("is Lyon.", "is Paris.", style=Style(colour=True))
    assert coloured == "is \x1b[31m[-Lyon-]\x1b[0m\x1b[32m{+Paris+}\x1b[0m."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ab " * 300_000, "ba " * 300_000),
        ("a" * 3_000_000, "a" * 2_000_000),
        (" ".join("w" for _ in range(200)), " ".join("v w" for _ in range(199))),
        ("x" + "a b " * 90, "y" + "b a " * 90),
    ],
)
def test_long_texts_take_bounded_time(before: str, after: str) -> None:
    # Compared word by word each of the first two would take hours, and the limit of a test is a minute.
    assert len(differences(before, after)) < 3000


@given(st.text("ab -+.\n\u00e9\u0301京", max_size=40), st.text("ab -+.\n\u00e9\u0301京", max_size=40))
def test_nothing_is_lost_or_invented(before: str, after: str) -> None:
    plain = str.maketrans({"-": "m", "+": "p"})  # so that the marks are marks
    one, other = before.translate(plain), after.translate(plain)
    told = differences(one, other, whole=True).removesuffix(" (the same letters in another Unicode form)")
    assert ADDED.sub("", REMOVED.sub(r"\1", told)) == printable(one)
    assert REMOVED.sub("", ADDED.sub(r"\1", told)) == printable(other)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [{"name": "a"}], '{+{"name":"a"}+}'),
        ([["a", "b"]], [["a", "c"]], '[-["a","b"]-] {+["a","c"]+}'),
        ([1, 1, 2], [1, 2, 2], "[-1-] {+2+} (2 unchanged)"),
        ("text", ["text"], '[-"text"-]{+["text"]+}'),
        (None, "\x1b", '[-null-]{+"\\u001b"+}'),
        (list(range(9)), [], "[-0-] [-1-] [-2-] [-3-] [-4-] (and 4 more)"),
        (["x" * 300], [], "[-" + '"' + "x" * 99 + "…(102 characters)…" + "x" * 99 + '"' + "-]"),
    ],
)
def test_fields_of_a_row(before: object, after: object, told: str) -> None:
    assert field_words(before, after) == told


def test_all_entries_with_full() -> None:
    assert field_words(list(range(9)), [], full=True).count("[-") == 9


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (4104, "4.1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (8_000_000_000, "8,000.0 MB"),
    ],
)
def test_sizes(number: int, told: str) -> None:
    assert sized(number) == told
