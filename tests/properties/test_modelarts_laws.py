"""Laws of ModelArts: one canonical form, words and numbers both ways, and label changes that are the smallest."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsops.model import LiveObject, Response
from dsops.providers import kind_of, provider
from dsops.providers.modelarts import words
from dsops.providers.modelarts.labels import canonical_labels, label_changes, new_labels, read_labels, renames
from dsops.providers.modelarts.words import Words
from tests.support.planning import drive

DATASET, VERSION = kind_of("modelarts/Dataset"), kind_of("modelarts/DatasetVersion")
TABLES = [each for each in vars(words).values() if isinstance(each, Words)]
COLOR, SHORTCUT, RENAME = "@modelarts:color", "@modelarts:shortcut", "@modelarts:rename_to"
names = st.sampled_from(["a", "b", "c", "d", "e"])
texts = st.text("ab\u732b-_ ", max_size=4)
attributes = st.lists(
    st.fixed_dictionaries(
        {"name": names, "type": st.sampled_from(["text", "select"])},
        optional={"defaultValue": texts, "values": st.lists(texts, max_size=2)},
    ),
    max_size=2,
    unique_by=lambda each: each["name"],
)
labels = st.lists(
    st.fixed_dictionaries(
        {"name": names},
        optional={
            "color": st.sampled_from(["#00ff00", "#00FF00", "#123456"]),
            "shape": st.sampled_from(["bndbox", "point"]),
            "shortcut": st.sampled_from(["x", "y"]),
            "from": names,
            "to": names,
            "attributes": attributes,
        },
    ),
    max_size=5,
    unique_by=lambda each: each["name"],
)
types = st.sampled_from(["image-classification", "text-triplet", 777])
specs = st.fixed_dictionaries(
    {
        "type": st.sampled_from([*words.DATASET_TYPE.numbers, 0, 400, 777]),
        "dataSource": st.fixed_dictionaries(
            {"type": st.sampled_from(["obs", "dli", 0, 9]), "path": st.sampled_from(["/b/in/", "/b/in"])},
            optional={"withColumnHeader": st.booleans(), "ip": texts, "clusterMode": st.sampled_from(["normal"])},
        ),
        "workPath": st.sampled_from(["/b/out/", "/b/out"]),
    },
    optional={
        "description": texts,
        "labels": labels,
        "managed": st.booleans(),
        "importData": st.booleans(),
        "schema": st.lists(st.fixed_dictionaries({"name": names, "type": texts}), max_size=2),
    },
)


@given(st.sampled_from(TABLES), st.integers(-5, 2000))
def test_words_and_numbers_go_both_ways_and_what_has_no_word_survives(table: Words, number: int) -> None:
    word = table.word(number)
    assert table.number(word) == number
    assert table.canonical(word) == table.canonical(number) == word
    assert isinstance(word, str) == (number in table.words)


def test_no_two_numbers_share_a_word() -> None:
    assert len(TABLES) > 10
    for table in TABLES:
        assert len(table.words) == len(table.numbers)


@given(specs)
def test_normalising_again_changes_nothing(spec: dict[str, Any]) -> None:
    once = DATASET.normalise(spec)
    again = DATASET.normalise(DATASET.manifest(LiveObject("d", ("a",), once)))
    # What is empty is left out of a manifest, and empty again in what is made of it.
    assert {path: value for path, value in once.items() if value not in ("", [], False)} == {
        path: value for path, value in again.items() if path != "name" and value not in ("", [], False)
    }


@given(specs)
def test_what_a_server_keeps_of_a_creation_reads_back_as_declared(spec: dict[str, Any]) -> None:
    declared = DATASET.normalise(spec)
    (call,) = DATASET.create(("a",), declared)
    document = {"dataset_id": "d", "labels": [], "schema": [], "description": "", **call.body}
    live = drive(DATASET.reading(("a",), "d"), Response(200, body=document))
    for path, value in declared.items():
        assert live.attributes.get(path, "") == value


@given(labels, st.randoms(use_true_random=False))
def test_the_order_of_labels_means_nothing(some: list[dict[str, Any]], random: Any) -> None:
    once = canonical_labels(some)
    assert canonical_labels(random.sample(some, len(some))) == once
    assert canonical_labels(once) == once


@given(labels, types)
def test_new_labels_read_back(some: list[dict[str, Any]], type_: Any) -> None:
    once = canonical_labels(some)
    assert read_labels(new_labels(once, type_)) == once


Changes = Mapping[str, Sequence[Mapping[str, Any]]]


def served(live: list[dict[str, Any]], changes: Changes, *, merges: bool) -> list[dict[str, Any]]:
    """What a server makes of its labels: it deletes, updates, adds; updates merge properties, or replace them."""
    kept = {each["name"]: each for each in new_labels(live, "image-classification")}
    for each in changes.get("delete_labels", ()):
        del kept[each["name"]]
    for each in changes.get("update_labels", ()):
        old = kept.pop(each["name"])
        given_ = dict(each["property"])
        name = given_.pop(RENAME, each["name"])
        assert name not in kept
        properties = {**(old.get("property") or {}), **given_} if merges else given_
        kept[name] = {**old, **each, "name": name, "property": {key: it for key, it in properties.items() if it != ""}}
    for each in changes.get("add_labels", ()):
        assert each["name"] not in kept
        kept[each["name"]] = dict(each)
    return read_labels(list(kept.values()))


@given(labels, labels, types, st.booleans())
def test_label_changes_lead_from_any_set_to_any_other_whether_a_server_merges_or_replaces(
    before: list[dict[str, Any]], after: list[dict[str, Any]], type_: Any, merges: bool
) -> None:
    live, wanted = canonical_labels(before), canonical_labels(after)
    changes = label_changes(live, wanted, {}, type_)
    assert served(live, changes, merges=merges) == wanted
    assert label_changes(wanted, wanted, {}, type_) == {}


@given(labels, labels, names, names, st.booleans())
def test_with_a_rename_too(
    before: list[dict[str, Any]], after: list[dict[str, Any]], was: str, name: str, merges: bool
) -> None:
    live, wanted = canonical_labels(before), canonical_labels(after)
    declared = [{**each, "renamedFrom": was} if each["name"] == name else each for each in wanted]
    if any(each["name"] == was for each in wanted):
        return
    changes = label_changes(live, wanted, renames(declared), "image-classification")
    assert served(live, changes, merges=merges) == wanted
    there = {each["name"] for each in live}
    renamed = [each for each in changes.get("update_labels", ()) if RENAME in each["property"]]
    assert bool(renamed) == (was in there and name not in there and name in {each["name"] for each in wanted})


def every_set() -> Iterator[list[dict[str, Any]]]:
    """Yield every set of up to three labels, each bare or with a colour or with a shortcut."""
    forms: list[dict[str, Any] | None] = [None, {}, {"color": "#000000"}, {"shortcut": "s"}]
    for chosen in itertools.product(forms, repeat=3):
        yield [{"name": name, **form} for name, form in zip("abc", chosen, strict=True) if form is not None]


def test_no_smaller_change_would_do() -> None:
    """Every pair of sets: each label that differs is named once, and no other: one entry less would leave it."""
    for live, wanted in itertools.product(every_set(), repeat=2):
        changes = label_changes(live, wanted, {}, "image-classification")
        named = [each["name"] for entries in changes.values() for each in entries]
        differing = {name for name in "abc" if one(live, name) != one(wanted, name)}
        assert sorted(named) == sorted(differing)
        for what, entries in changes.items():
            for number in range(len(entries)):
                fewer = {**changes, what: [*entries[:number], *entries[number + 1 :]]}
                assert served(live, fewer, merges=True) != wanted


def one(some: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    return next((each for each in some if each["name"] == name), None)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "format": st.sampled_from(["Default", "CarbonData", "CSV"]),
            "description": texts,
            "trainEvaluateRatio": st.sampled_from(["0", "1", "0.8", "0.80", "1.00", "0.05"]),
            "exportImages": st.booleans(),
            "current": st.booleans(),
        },
    )
)
def test_a_version_normalised_again_is_the_same(spec: dict[str, Any]) -> None:
    once = VERSION.normalise(spec)
    assert VERSION.normalise(once) == once


def test_each_state_that_a_server_can_show_is_a_word_in_the_operations_too() -> None:
    listing = provider("modelarts").operations["dataset list"]
    for number, word in words.STATUS.words.items():
        body = {"datasets": [{"dataset_id": "d", "dataset_name": "a", "status": number}]}
        page = drive(listing.flow((), {}), Response(200, body=body))
        assert page.items[0].document["status"] == word
