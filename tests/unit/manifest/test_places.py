"""Where the parts of a document stand."""

import pytest

from dsops.manifest import Places, parse
from dsops.manifest.overlay import Overlaid, nearest
from dsops.model import Source

TEXT = """\
# a comment
first: 1
---
base: &base {title: T, count: 3}
spec:
  title: "ä: b"
  list:
    - one
    - {two: 2}
  "dotted.key": x
  merged:
    <<: *base
    count: 4
  again: *base
"""

pytestmark = pytest.mark.usefixtures("parser")


def places(text: str = TEXT, number: int = 1) -> Places:
    return parse(text.encode(), "a.yaml").documents[number].places


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("spec",), (5, 1), (6, 3)),
        (("spec", "title"), (6, 3), (6, 10)),
        (("spec", "list"), (7, 3), (8, 5)),
        (("spec", "list", 0), (8, 7), (8, 7)),
        (("spec", "list", 1, "two"), (9, 8), (9, 13)),
        (("spec", "dotted.key"), (10, 3), (10, 17)),
        (("spec", "merged", "count"), (13, 5), (13, 12)),
        (("spec", "merged", "title"), (4, 14), (4, 21)),
        (("spec", "again", "count"), (4, 24), (4, 31)),
    ],
)
def test_keys_and_values(path: tuple[str | int, ...], key: tuple[int, int], value: tuple[int, int]) -> None:
    assert places().find(path) == (Source("a.yaml", *key), Source("a.yaml", *value))


@pytest.mark.parametrize("path", [("nothing",), ("spec", "list", 2), ("spec", "title", "x"), ("first",)])
def test_what_is_not_there(path: tuple[str | int, ...]) -> None:
    assert places().find(path) is None


def test_as_a_mapping_of_field_paths() -> None:
    found = places()
    assert found["spec.list[1].two"] == Source("a.yaml", 9, 8)
    assert found["spec.merged.count"] == Source("a.yaml", 13, 5)
    assert found.get("spec.merged.nothing") is None
    assert {"base", "base.title", "spec.list[0]", "spec.dotted.key", "spec.merged.title"} <= set(found)
    assert len(found) == len(list(found))


def test_the_nearest_thing_above() -> None:
    assert nearest(places(), ("spec", "list", 7)) == (Source("a.yaml", 7, 3), Source("a.yaml", 8, 5))
    assert nearest(places(), ("nothing",)) is None


def test_an_overlay_comes_first() -> None:
    base = places("a:\n  keep: 1\n  list: [1, 2]\n  gone: {x: 1}\n", 0)
    over = parse(b"a:\n  list: [3]\n  gone: null\n  new: 1\n", "env/prod.yaml").documents[0].places
    both = Overlaid(base, over)
    assert {path: str(source) for path, source in both.items()} == {
        "a": "env/prod.yaml:1:1",
        "a.keep": "a.yaml:2:3",
        "a.list": "env/prod.yaml:2:3",
        "a.list[0]": "env/prod.yaml:2:10",
        "a.gone": "env/prod.yaml:3:3",
        "a.new": "env/prod.yaml:4:3",
    }
    assert len(both) == 6
    assert nearest(both, ("a", "keep")) == (Source("a.yaml", 2, 3), Source("a.yaml", 2, 9))
