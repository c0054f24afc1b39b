"""What is wrong, where, and what to do: a table of mistakes."""

# ruff: noqa: E501 - tables, a line a case

from typing import NamedTuple

import pytest

from dsops.model import Severity
from tests.unit.manifest.conftest import STACK, Load

DATASET = "apiVersion: uipath/v1\nkind: Dataset\nmetadata: {name: collateral}\nspec:\n  project: p\n"
STREAM = "apiVersion: uipath/v1\nkind: Stream\nmetadata: {name: dispute}\nspec:\n  dataset: p/d\n"


class Mistake(NamedTuple):
    """Text of ``a.yaml``, and what is said of it; the hint need only hold the words given."""

    text: str
    place: str
    summary: str
    hint: str = ""


ENVELOPE = [
    Mistake("a: 1", "a.yaml:1:1", "This document has no apiVersion", "Begin it with apiVersion"),
    Mistake("apiVersion: uipath/v1", "a.yaml:1:1", "This document has no kind"),
    Mistake("apiVersion: 1\nkind: Dataset", "a.yaml:1:1", "This document has no text as apiVersion"),
    Mistake("[a]", "a.yaml:1:1", "This document is a list"),
    Mistake("just text", "a.yaml:1:1", "This document is text"),
    Mistake("apiVersion: uipath/v2\nkind: Dataset", "a.yaml:1:13", "There is no apiVersion uipath/v2", "Did you mean uipath/v1?"),
    Mistake("apiVersion: geai/v1\nkind: Dataset", "a.yaml:1:13", "There is no apiVersion geai/v1", "Known apiVersions: dsops/v1, uipath/v1."),
    Mistake("apiVersion: uipath/v1\nkind: dataset", "a.yaml:2:7", "There is no kind dataset in uipath/v1", "Did you mean Dataset?"),
    Mistake("apiVersion: uipath/v1\nkind: Thing", "a.yaml:2:7", "There is no kind Thing in uipath/v1", "Known kinds: Dataset, Stream."),
    Mistake("apiVersion: uipath/v1\nkind: Stack", "a.yaml:2:7", "There is no kind Stack in uipath/v1"),
    Mistake(STACK, "a.yaml:1:1", "A stack is declared outside its stack file", "another stack needs a folder of its own"),
    Mistake(DATASET + "---\n" + DATASET, "a.yaml:7:1", "uipath/Dataset/collateral is declared twice, in a.yaml:1:1 and a.yaml:7:1"),
]  # fmt: skip

METADATA = [
    Mistake("apiVersion: uipath/v1\nkind: Dataset\nspec: {project: p}", "a.yaml:1:1", "metadata is missing"),
    Mistake(DATASET.replace("{name: collateral}", "{}"), "a.yaml:3:1", "metadata.name is missing"),
    Mistake(DATASET.replace("collateral", "a/b"), "a.yaml:3:18", 'metadata.name can\'t be "a/b"', "letters, digits"),
    Mistake(DATASET.replace("collateral", "'${var.x}'"), "a.yaml:3:18", 'metadata.name can\'t be "${var.x}"', "letters, digits"),
    Mistake(DATASET.replace("collateral", "8"), "a.yaml:3:18", "metadata.name must be text, not a number", 'Quote it: "8".'),
    Mistake(DATASET.replace("collateral", "c, protct: true"), "a.yaml:3:21", "metadata has no field protct", "Did you mean protect?"),
    Mistake(DATASET.replace("collateral", "c, protect: yes"), "a.yaml:3:30", "metadata.protect must be true or false, not text", "Write true or false; yes is text in YAML 1.2."),
    Mistake(DATASET.replace("collateral", "c, policy: [create, destroy]"), "a.yaml:3:38", 'metadata.policy[1] can\'t be "destroy"', "Known values: create, delete, update."),
    Mistake(DATASET.replace("collateral", "c, policy: [create, create]"), "a.yaml:3:29", 'metadata.policy lists "create" twice'),
    Mistake(DATASET.replace("collateral", "c, replace: allow"), "a.yaml:3:30", 'metadata.replace can\'t be "allow"', "Did you mean allowed?"),
    Mistake(DATASET.replace("collateral", "c, ignore: [{path: title}]"), "a.yaml:3:30", "metadata.ignore[0].reason is missing", "Why, for whoever reads it later."),
    Mistake(DATASET.replace("collateral", "c, ignore: [{path: title, reason: x, until: soon}]"), "a.yaml:3:62", 'metadata.ignore[0].until can\'t be "soon"', "2025-12-31"),
    Mistake(DATASET.replace("collateral", "c, ignore: [{path: title, reason: x, until: 2025-02-30}]"), "a.yaml:3:62", "metadata.ignore[0].until is 2025-02-30, and no calendar has that day"),
    Mistake(DATASET.replace("collateral", "c, connection: cmm"), "a.yaml:3:33", "There is no connection cmm", "Did you mean cm?"),
]  # fmt: skip

SPEC = [
    Mistake(DATASET.replace("  project: p\n", "  title: x\n"), "a.yaml:4:1", "spec.project is missing", "The project that owns the dataset."),
    Mistake(DATASET.replace("spec:\n  project: p\n", "spec:\n"), "a.yaml:4:6", "spec is empty; it must be a map"),
    Mistake(DATASET + "  titel: x", "a.yaml:6:3", "spec has no field titel", "Did you mean title?"),
    Mistake(DATASET + "  source_ids: []", "a.yaml:6:3", "spec has no field source_ids", "Did you mean sourceIds?"),
    Mistake(DATASET + "  xyz: x", "a.yaml:6:3", "spec has no field xyz", "Known fields: description, hasSentiment,"),
    Mistake(DATASET + "  title: 8", "a.yaml:6:10", "spec.title must be text, not a number", 'Quote it: "8".'),
    Mistake(DATASET + "  title:", "a.yaml:6:9", "spec.title is empty; it must be text", "Give it a value or leave the field out."),
    Mistake(DATASET + "  title: null", "a.yaml:6:10", "spec.title is empty; it must be text"),
    Mistake(DATASET + f"  title: {'x' * 129}", "a.yaml:6:10", "spec.title has 129 characters; at most 128 are allowed"),
    Mistake(DATASET + f"  description: {'x' * 16385}", "a.yaml:6:16", "spec.description has 16,385 characters; at most 16,384 are allowed"),
    Mistake(DATASET + "  sourceIds: [abc]", "a.yaml:6:15", 'spec.sourceIds[0] can\'t be "abc"', "A source id has 16 characters"),
    Mistake(DATASET + "  sourceIds:\n  - 1234567890123456", "a.yaml:7:5", "spec.sourceIds[0] must be text, not a number", 'Quote it: "1234567890123456".'),
    Mistake(DATASET + "  sourceIds: 18ba5ce699f8da1f", "a.yaml:6:14", "spec.sourceIds must be a list, not text"),
    Mistake(DATASET + "  sourceIds: [18ba5ce699f8da1f, 18ba5ce699f8da1f]", "a.yaml:6:14", 'spec.sourceIds lists "18ba5ce699f8da1f" twice'),
    Mistake(DATASET + "  sourceIds: [" + ", ".join(f"s{n:015x}".replace("s", "a") for n in range(1025)) + "]", "a.yaml:6:14", "spec.sourceIds has 1,025 entries; at most 1,024 are allowed"),
    Mistake(DATASET + "  modelFamily: German", "a.yaml:6:16", 'spec.modelFamily can\'t be "German"', "Did you mean german?"),
    Mistake(DATASET + "  hasSentiment: on", "a.yaml:6:17", "spec.hasSentiment must be true or false, not text", "on is text in YAML 1.2"),
    Mistake(STREAM + "  model: {}", "a.yaml:6:3", "spec.model needs version or tag"),
    Mistake(STREAM + "  model: {version: 1, tag: live}", "a.yaml:6:3", "spec.model has version and tag", "Give one of them: version or tag."),
    Mistake(STREAM + "  model: {version: -1}", "a.yaml:6:20", "spec.model.version is -1; it must be 0 or more"),
    Mistake(STREAM + "  model: {version: 1.5}", "a.yaml:6:20", "spec.model.version must be a whole number, not 1.5"),
    Mistake(STREAM + '  model: {version: "8"}', "a.yaml:6:20", "spec.model.version must be a whole number, not text", "Leave the quotes out."),
    Mistake(STREAM + "  model: {tag: ''}", "a.yaml:6:16", "spec.model.tag has 0 characters; it needs at least 1"),
    Mistake(STREAM + "  model:\n    version: 1\n    labelThresholds:\n      A: 1.1", "a.yaml:9:10", "spec.model.labelThresholds.A is 1.1; it must be 1 or less"),
    Mistake(STREAM + "  model:\n    version: 1\n    labelThresholds:\n      A>B: 1", "a.yaml:9:7", 'spec.model.labelThresholds can\'t have the key "A>B"', 'joined by " > "'),
    Mistake(STREAM + f"  model: {{version: 1, labelThresholds: {{{'x' * 65}: 1}}}}", "a.yaml:6:41", f'spec.model.labelThresholds can\'t have the key "{"x" * 56}..."', "1 to 64 characters"),
    Mistake(STREAM + f"  model: {{version: 1, labelThresholds: {{{' > '.join('x' * 65)}: 1}}}}", "a.yaml:6:41", f'spec.model.labelThresholds can\'t have the key "{"x > " * 14}..."', "1 to 64 levels"),
    Mistake(STREAM + "  commentFilter: {userProperties: {Country: {oneOf: [uk]}}}", "a.yaml:6:36", 'spec.commentFilter.userProperties can\'t have the key "Country"', '"string:Name"'),
    Mistake(STREAM + '  commentFilter: {userProperties: {"string:C": {oneOf: []}}}', "a.yaml:6:56", "spec.commentFilter.userProperties.string:C.oneOf has 0 entries; it needs at least 1"),
    Mistake(STREAM + '  commentFilter: {userProperties: {"string:C": {minimum: 1}}}', "a.yaml:6:49", "spec.commentFilter.userProperties.string:C has no field minimum", "Known fields: domainNotOneOf, notOneOf, oneOf."),
    Mistake(STREAM + '  commentFilter: {userProperties: {"number:C": {}}}', "a.yaml:6:48", "spec.commentFilter.userProperties.number:C has 0 entries; it needs at least 1"),
    Mistake(STREAM + "  commentFilter: {user_properties: {}}", "a.yaml:6:19", "spec.commentFilter has no field user_properties", "Did you mean userProperties?"),
    Mistake(STREAM + "  startFrom: yesterday", "a.yaml:6:14", 'spec.startFrom can\'t be "yesterday"', "2020-06-03T16:05:00Z"),
    Mistake(STREAM + "  startFrom: 2023-02-29T00:00:00Z", "a.yaml:6:14", "spec.startFrom is 2023-02-29T00:00:00Z, and no calendar has that day"),
    Mistake(STREAM + '  startFrom: "2023-02-28T00:00:00Z\\n"', "a.yaml:6:14", 'spec.startFrom can\'t be "2023-02-28T00:00:00Z\\n"'),
]  # fmt: skip

REFERENCES = [
    Mistake(DATASET + "---\n" + STREAM.replace("p/d", "colateral"), "a.yaml:11:12", "spec.dataset: the stack has no uipath/Dataset called colateral", "Did you mean collateral?"),
    Mistake(STREAM.replace("p/d", "x"), "a.yaml:5:12", "spec.dataset: the stack has no uipath/Dataset called x", "There are no names."),
    Mistake(STREAM.replace("p/d", "a b"), "a.yaml:5:12", 'spec.dataset can\'t be "a b"', "project/dataset"),
    Mistake(STREAM.replace("p/d", "a/b/c"), "a.yaml:5:12", 'spec.dataset can\'t be "a/b/c"', "project/dataset"),
    Mistake(DATASET + "---\n" + STREAM.replace("p/d", "${uipath/Dataset/collateral.id}"), "a.yaml:11:12", "spec.dataset takes a name, not a reference", "metadata.name"),
    Mistake(DATASET + "  title: ${var.x}", "a.yaml:6:10", "There is no variable x", "There are no variables."),
    Mistake(DATASET + "  title: ${uipath/Dataset/other.title}", "a.yaml:6:10", "The stack has no uipath/Dataset/other", "Known names: collateral."),
    Mistake(DATASET + "  title: ${uipath/Dataset/colateral.id}", "a.yaml:6:10", "The stack has no uipath/Dataset/colateral", "Did you mean collateral?"),
    Mistake(DATASET + "  title: ${uipath/Dataset/collateral.projct}", "a.yaml:6:10", "uipath/Dataset/collateral has no field projct", "Did you mean project?"),
    Mistake(DATASET + "  title: ${uipath/Dataset/collateral.project.x}", "a.yaml:6:10", "uipath/Dataset/collateral has no field project.x"),
    Mistake(DATASET + "  title: ${uipath/Dataset/collateral.title}", "a.yaml:6:10", "References go round in a circle", "Write one of the values out."),
    Mistake(DATASET + "  title: ${uipath/Dataset/collateral.id}", "a.yaml:1:1", "Resources depend on each other in a circle"),
    Mistake(DATASET.replace("collateral", "a, connection: '${uipath/Dataset/a.id}'"), "a.yaml:3:33", "metadata.connection can't be an id"),
    Mistake(DATASET + "  title: ${env:HOME}", "a.yaml:6:10", "spec.title can't be a secret", "use a variable"),
    Mistake(DATASET + "  title: a ${file:x} b", "a.yaml:6:10", "A secret can't stand inside text, in spec.title"),
    Mistake(DATASET + "  title: a ${var.x", "a.yaml:6:10", "A reference is not closed, in spec.title", "$${"),
    Mistake(DATASET + "  title: ${}", "a.yaml:6:10", "A reference can't be read, in spec.title", "${var.name}"),
    Mistake(DATASET + "  title: ${region}", "a.yaml:6:10", "A reference can't be read, in spec.title", "${var.name}"),
    Mistake(DATASET + "  title: ${uipath/Dataset/collateral}", "a.yaml:6:10", "A reference can't be read, in spec.title"),
    Mistake(DATASET + "  title: ${env:}", "a.yaml:6:10", "A reference names no environment variable, in spec.title"),
    Mistake(DATASET + '  "${var.x}": a', "a.yaml:6:3", "A key holds a reference", "Only values may hold references."),
    Mistake(DATASET + "---\n" + STREAM + '  model: {version: "${uipath/Dataset/collateral.id}"}', "a.yaml:12:20", "spec.model.version can't be ${uipath/Dataset/collateral.id}"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", [*ENVELOPE, *METADATA, *SPEC, *REFERENCES], ids=lambda each: each.summary[:60])
def test_mistake(stack: Load, mistake: Mistake) -> None:
    loaded = stack({"a.yaml": mistake.text})
    found = [each for each in loaded.diagnostics if each.summary == mistake.summary]
    assert len(found) == 1, "\n".join(f"{each.source} {each.summary}" for each in loaded.diagnostics)
    (first,) = found
    assert first.severity is Severity.ERROR
    assert str(first.source) == mistake.place
    assert mistake.hint in first.hint
    known = "key" in mistake.summary or "connection" in mistake.summary
    assert len(loaded.diagnostics) <= (2 if known else 1), [each.summary for each in loaded.diagnostics]


def test_a_resource_says_its_address(stack: Load) -> None:
    (only,) = stack({"a.yaml": DATASET + "  titel: x"}).diagnostics
    assert str(only.address) == "uipath/Dataset/collateral"


def test_all_at_once_in_order(stack: Load) -> None:
    loaded = stack({
        "b.yaml": DATASET + "  titel: x\n  hasSentiment: 3\n  modelFamily: x",
        "a.yaml": "a: b: c",
        "c/d.yaml": STREAM + "  model: {}",
    })  # fmt: skip
    places = [str(each.source) for each in loaded.diagnostics]
    assert [place.rsplit(":", 1)[0] for place in places] == [
        "a.yaml:1",
        "b.yaml:6",
        "b.yaml:7",
        "b.yaml:8",
        "c/d.yaml:6",
    ]
    assert loaded.resources == ()
    assert loaded.stack is not None


def test_sound_resources_are_kept(stack: Load) -> None:
    loaded = stack({"a.yaml": DATASET, "b.yaml": STREAM + "  model: {}"})
    assert [str(each.address) for each in loaded.resources] == ["uipath/Dataset/collateral"]


def test_a_file_that_cant_be_read_makes_no_names_unknown(stack: Load) -> None:
    loaded = stack({
        "a.yaml": STREAM.replace("p/d", "elsewhere") + "  title: ${uipath/Dataset/elsewhere.title}",
        "b.yaml": "apiVersion: [",
    })  # fmt: skip
    assert [each.source.file for each in loaded.diagnostics if each.source] == ["b.yaml"]


def test_a_document_with_a_mistake_still_has_its_name(stack: Load) -> None:
    loaded = stack({"a.yaml": STREAM.replace("p/d", "collateral"), "b.yaml": DATASET + "  titel: x"})
    assert [each.summary for each in loaded.diagnostics] == ["spec has no field titel"]


def test_resources_of_an_unreadable_stack_are_checked_all_the_same(stack: Load) -> None:
    loaded = stack({"dsops.yaml": STACK + "  bad: [", "a.yaml": DATASET + "  title: ${var.x}\n  titel: y"})
    assert [each.summary for each in loaded.diagnostics] == [
        "spec has no field titel",
        "A value is missing, or a [ or { is not closed",
    ]


def test_a_circle_of_dependencies_is_named(stack: Load) -> None:
    text = "---\n".join(
        DATASET.replace("collateral", name) + f"  title: ${{uipath/Dataset/{other}.id}}\n"
        for name, other in [("a", "b"), ("b", "c"), ("c", "a")]
    )
    (only,) = stack({"a.yaml": text}).diagnostics
    assert only.summary == "Resources depend on each other in a circle"
    assert sorted(only.detail.split(" <- ")[:-1]) == [f"uipath/Dataset/{name}" for name in "abc"]
    assert only.detail.split(" <- ")[0] == only.detail.split(" <- ")[-1] == "uipath/Dataset/a"
