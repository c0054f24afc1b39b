"""Folding deltas."""

from dsops.model import RowsPatch
from dsops.state.entries import Delta, HistoryEntry, PlanRun, PlanStatus, merged


def entry(summary: str) -> HistoryEntry:
    return HistoryEntry(0.0, 1, "a@b", "dsops apply", summary, ())


def test_of_two_words_about_one_thing_the_later_stands() -> None:
    begun = PlanRun("p", saved=True, status=PlanStatus.STARTED, serial=1)
    done = PlanRun("p", saved=True, status=PlanStatus.FINISHED, serial=1)
    both = merged(
        [
            Delta(announced={1: b"one"}, records={"a": b"1", "b": b"1"}, runs={"p": begun}, notes=[entry("first")]),
            Delta(rows=[RowsPatch("x", clear=True)], traits={("u", "n"): "1", ("u", "m"): "1"}),
            Delta(announced={2: b"two"}, settled={1: "done"}, records={"a": None, "c": b"2"}, runs={"p": done}),
            Delta(records={"b": b"3"}, notes=[entry("second")], rows=[RowsPatch("x")], traits={("u", "n"): "2"}),
        ]
    )
    assert both == Delta(
        announced={1: b"one", 2: b"two"},
        settled={1: "done"},
        records={"a": None, "b": b"3", "c": b"2"},
        runs={"p": done},
        notes=(entry("first"), entry("second")),
        rows=(RowsPatch("x", clear=True), RowsPatch("x")),
        traits={("u", "n"): "2", ("u", "m"): "1"},
    )


def test_one_alone_stays_as_it_is() -> None:
    only = Delta(settled={1: "done"})
    assert merged([only]) is only
