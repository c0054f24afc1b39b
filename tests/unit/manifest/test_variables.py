"""Variables, references to fields, secrets."""

# ruff: noqa: E501 - tables, a line a case

from collections.abc import Mapping
from typing import Any

import pytest

from dsops.model import SecretRef
from tests.unit.manifest.conftest import STACK, Load

HEAD = STACK + "  variables:\n"


def dataset(name: str = "a", **fields: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in {"project": "p", **fields}.items())
    return f"apiVersion: uipath/v1\nkind: Dataset\nmetadata: {{name: {name}}}\nspec:\n{lines}"


def stream(**fields: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in {"dataset": "p/d", **fields}.items())
    return f"apiVersion: uipath/v1\nkind: Stream\nmetadata: {{name: s}}\nspec:\n{lines}"


@pytest.mark.parametrize(
    ("given", "environ", "overlay", "value"),
    [
        ({}, {}, False, "base"),
        ({}, {}, True, "overlay"),
        ({}, {"DSOPS_VAR_x": "environ"}, True, "environ"),
        ({"x": "given"}, {"DSOPS_VAR_x": "environ"}, True, "given"),
        ({"x": ""}, {"DSOPS_VAR_x": "environ"}, True, ""),
    ],
)
def test_which_value_counts(
    stack: Load, given: Mapping[str, str], environ: Mapping[str, str], overlay: bool, value: str
) -> None:
    files = {
        "dsops.yaml": HEAD + "    x: {default: base}\n",
        "a.yaml": dataset(title="${var.x}"),
        "env/prod.yaml": "apiVersion: dsops/v1\nkind: Stack\nspec: {variables: {x: {default: overlay}}}",
    }
    loaded = stack(files, env="prod" if overlay else None, variables=given, environ=environ)
    assert loaded.diagnostics == ()
    assert loaded.resources[0].spec["title"] == value


@pytest.mark.parametrize(
    ("declared", "given", "value"),
    [
        ("{default: 8}", None, 8),
        ("{default: 8}", "9", 9),
        ("{}", "9", 9),
        ("", "9", 9),
        ("{default: null}", "9", 9),
    ],
)
def test_a_whole_scalar_keeps_its_type(stack: Load, declared: str, given: str | None, value: Any) -> None:
    loaded = stack(
        {"dsops.yaml": HEAD + f"    x: {declared}\n", "a.yaml": stream(model='{version: "${var.x}"}')},
        variables={} if given is None else {"x": given},
    )
    assert loaded.diagnostics == ()
    assert loaded.resources[0].spec["model"]["version"] == value


@pytest.mark.parametrize(
    ("default", "given"), [("'010'", "020"), ("eu", "1"), ("''", "no"), ("eu", "true"), ("x", ".inf")]
)
def test_text_stays_text(stack: Load, default: str, given: str) -> None:
    loaded = stack(
        {"dsops.yaml": HEAD + f"    x: {{default: {default}}}\n", "a.yaml": dataset(title="${var.x}")},
        variables={"x": given},
    )
    assert loaded.resources[0].spec["title"] == given


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        ("eu", "in ${var.x}!", "in eu!"),
        ("8", "v${var.x}", "v8"),
        ("true", "${var.x}${var.x}", "truetrue"),
        ("0.5", "a ${var.x}", "a 0.5"),
        ("eu", "$${var.x}", "${var.x}"),
        ("eu", "$${var.x} ${var.x}", "${var.x} eu"),
        ("eu", "$$${var.x}", "$${var.x}"),
        ("eu", "$ { } $x ${ var.x }", "$ { } $x eu"),
        ("'$${x}'", "a ${var.x}", "a ${x}"),
    ],
)
def test_inside_text_it_becomes_text(stack: Load, default: str, text: str, value: str) -> None:
    loaded = stack({"dsops.yaml": HEAD + f"    x: {{default: {default}}}\n", "a.yaml": dataset(title=f"'{text}'")})
    assert loaded.diagnostics == ()
    assert loaded.resources[0].spec["title"] == value


def test_given_text_stands_inside_text_as_given(stack: Load) -> None:
    loaded = stack({"dsops.yaml": HEAD + "    x: {}\n", "a.yaml": dataset(title="v${var.x}")}, variables={"x": "1.10"})
    assert loaded.resources[0].spec["title"] == "v1.10"


def test_maps_and_lists_as_values(stack: Load) -> None:
    text = HEAD + "    ids: {default: [18ba5ce699f8da1f]}\n    model: {default: {version: 3}}\n"
    loaded = stack(
        {"dsops.yaml": text, "a.yaml": dataset(sourceIds="${var.ids}") + "---\n" + stream(model="${var.model}")}
    )
    assert loaded.diagnostics == ()
    assert [each.spec.get("sourceIds", each.spec.get("model")) for each in loaded.resources] == [
        ["18ba5ce699f8da1f"],
        {"version": 3},
    ]


def test_variables_in_the_stack_file(stack: Load) -> None:
    text = (
        STACK.replace("https://cloud.example.com/acme", "https://${var.host}/acme")
        + "  variables: {host: {default: x.example}}\n"
    )
    loaded = stack({"dsops.yaml": text + '  state: "sqlite:${var.host}.db"\n'})
    assert loaded.stack is not None
    assert loaded.stack.connections["cm"].endpoint == "https://x.example/acme"
    assert loaded.stack.state == "sqlite:x.example.db"


def test_escapes_may_write_a_reference(stack: Load) -> None:
    loaded = stack({"dsops.yaml": HEAD + "    x: {default: eu}\n", "a.yaml": dataset(title='"\\x24{var.x}"')})
    assert loaded.resources[0].spec["title"] == "eu"


@pytest.mark.parametrize(
    ("variables", "given", "place", "summary", "hint"),
    [
        ("x: {default: eu}", {"y": "1"}, "-", "--var y: the stack declares no variable y", "Known variables: x."),
        ("region: {default: eu}", {"regoin": "1"}, "-", "--var regoin: the stack declares no variable regoin", "Did you mean region?"),
        ("x: {}", {}, "dsops.yaml:8:5", "The variable x has no value", "--var x=VALUE or DSOPS_VAR_x"),
        ("x:", {}, "dsops.yaml:8:5", "The variable x has no value", "--var x=VALUE or DSOPS_VAR_x"),
        ("x: {default: 1}", {"x": "010"}, "dsops.yaml:8:5", "The variable x has a value that can't be read", "default that is text"),
        ("x: {default: a}", {"x": "\udc80"}, "dsops.yaml:8:5", "The variable x has a value that can't be read", ""),
        ("x: {default: '${var.y}'}", {}, "dsops.yaml:8:18", "A default holds a reference", "Write the value"),
        ("x: {default: [a, '${']}", {}, "dsops.yaml:8:22", "A reference is not closed", "$${"),
        ("x: {defualt: a}", {"x": "1"}, "dsops.yaml:8:9", "spec.variables.x has no field defualt", "Did you mean default?"),
        ("1x: {default: a}", {}, "dsops.yaml:8:5", 'spec.variables can\'t have the key "1x"', "begins with a letter"),
    ],
)  # fmt: skip
def test_mistakes(stack: Load, variables: str, given: Mapping[str, str], place: str, summary: str, hint: str) -> None:
    (only,) = stack({"dsops.yaml": HEAD + f"    {variables}\n"}, variables=given).diagnostics
    assert (str(only.source or "-"), only.summary) == (place, summary)
    assert hint in only.hint


@pytest.mark.parametrize("default", ["[1]", "{a: b}", "null"])
def test_what_is_no_text_has_no_place_inside_text(stack: Load, default: str) -> None:
    loaded = stack({"dsops.yaml": HEAD + f"    x: {{default: {default}}}\n", "a.yaml": dataset(title="a ${var.x}")})
    (only,) = loaded.diagnostics
    assert only.summary.endswith("which can't stand inside text")


def test_a_variable_without_a_value_is_reported_once(stack: Load) -> None:
    files = {
        "dsops.yaml": HEAD + "    x: {}\n",
        "a.yaml": dataset(title="${var.x}", description="a ${var.x}", project="${var.x}"),
    }
    assert [each.summary for each in stack(files).diagnostics] == ["The variable x has no value"]


def test_fields_of_other_resources(stack: Load) -> None:
    loaded = stack({
        "a.yaml": dataset("a.b", title="From ${uipath/Dataset/b.title}", sourceIds="${uipath/Dataset/b.sourceIds}"),
        "b.yaml": dataset("b", title="B of ${uipath/Stream/s.model.version}", sourceIds="[18ba5ce699f8da1f]"),
        "s.yaml": stream(
            model='{version: 8, labelThresholds: {"A > B": 0.5, "C.d": 0.6}}',
            title="${uipath/Dataset/a.b.project}",
            description="${uipath/Stream/s.model.labelThresholds.C.d} ${uipath/Dataset/b.sourceIds.0} ${uipath/Dataset/b.name}",
        ),
    })  # fmt: skip
    summaries = [each.summary for each in loaded.diagnostics]
    assert summaries == ["uipath/Stream/s has no field model.labelThresholds.C"]
    a, b = loaded.resources
    assert a.spec["title"] == "From B of 8"
    assert a.spec["sourceIds"] == b.spec["sourceIds"] == ["18ba5ce699f8da1f"]
    assert a.depends_on == ()
    assert a.late is False


def test_the_longest_name_counts(stack: Load) -> None:
    loaded = stack({
        "a.yaml": dataset("a", title="short", description="${uipath/Dataset/a.title.title}"),
        "b.yaml": dataset("a.title", title="long"),
    })  # fmt: skip
    assert loaded.resources[0].spec["description"] == "long"


def test_two_fields_may_refer_to_each_other_s_neighbours(stack: Load) -> None:
    loaded = stack({
        "a.yaml": dataset("a", title="A", description="${uipath/Dataset/b.title}"),
        "b.yaml": dataset("b", title="B", description="${uipath/Dataset/a.title}"),
    })  # fmt: skip
    assert [each.spec["description"] for each in loaded.resources] == ["B", "A"]


def test_a_circle_of_fields_is_named_once(stack: Load) -> None:
    loaded = stack({
        "a.yaml": dataset("a", title="${uipath/Dataset/b.title}"),
        "b.yaml": dataset("b", title="x ${uipath/Dataset/a.title}"),
        "c.yaml": dataset("c", title="${uipath/Dataset/a.title}"),
    })  # fmt: skip
    (only,) = loaded.diagnostics
    assert (str(only.source), only.summary) == ("a.yaml:6:10", "References go round in a circle")
    assert only.detail == "uipath/Dataset/b.title -> uipath/Dataset/a.title -> uipath/Dataset/b.title"


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_what_a_field_resolved_to_is_not_read_again(stack: Load, names: tuple[str, str]) -> None:
    first, second = names
    loaded = stack({
        "a.yaml": dataset(first, title="$${var.x}"),
        "b.yaml": dataset(second, title=f"${{uipath/Dataset/{first}.title}}"),
    })  # fmt: skip
    assert loaded.diagnostics == ()
    assert [each.spec["title"] for each in loaded.resources] == ["${var.x}", "${var.x}"]


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a"), ("b", "c", "a")])
def test_a_field_that_is_late_makes_its_reader_late(stack: Load, names: tuple[str, str, str]) -> None:
    root, middle, reader = names
    loaded = stack({
        f"{root}.yaml": dataset(root),
        f"{middle}.yaml": dataset(middle, title=f"of ${{uipath/Dataset/{root}.id}}"),
        f"{reader}.yaml": dataset(reader, title=f"${{uipath/Dataset/{middle}.title}}"),
    })  # fmt: skip
    by_name = {each.address.name: each for each in loaded.resources}
    assert by_name[reader].spec == by_name[middle].spec
    assert by_name[reader].depends_on == (by_name[root].address,)
    assert by_name[reader].late


def test_a_long_chain_is_refused(stack: Load) -> None:
    files = {f"{n:02}.yaml": dataset(f"d{n}", title=f"${{uipath/Dataset/d{n + 1}.title}}") for n in range(30)}
    loaded = stack({**files, "z.yaml": dataset("d30", title="end")})
    assert {each.summary for each in loaded.diagnostics} == {"More than 8 references lead to each other"}


def test_references_that_multiply_are_refused(stack: Load) -> None:
    text = "".join(
        dataset(f"d{n}", description=f'"{f"${{uipath/Dataset/d{n + 1}.description}}" * 60}"') + "---\n"
        for n in range(8)
    )
    loaded = stack({"a.yaml": text + dataset("d8", description="x" * 1000)})
    assert "References to fields bring in too much" in {each.summary for each in loaded.diagnostics}


def secrets(token: str) -> str:
    return STACK.replace('"${env:TOKEN}"', token)


@pytest.mark.parametrize(
    ("token", "secret"),
    [
        ("${env:A_b1}", SecretRef("env", "A_b1")),
        ("${file:secrets/token}", SecretRef("file", "secrets/token")),
        ("${file:a b.txt}", SecretRef("file", "a b.txt")),
    ],
)
def test_secrets(stack: Load, token: str, secret: SecretRef) -> None:
    loaded = stack({"dsops.yaml": secrets(f'"{token}"')})
    assert loaded.diagnostics == ()
    assert loaded.stack is not None
    assert loaded.stack.connections["cm"].secrets == {"token": secret}


@pytest.mark.parametrize(
    ("token", "summary"),
    [
        ("hunter2", "spec.connections.cm.token holds a secret itself"),
        ("4711815", "spec.connections.cm.token holds a secret itself"),
        ("[hunter2]", "spec.connections.cm.token holds a secret itself"),
        ("{hunter2: hunter2}", "spec.connections.cm.token holds a secret itself"),
        ('"$${env:hunter2}"', "spec.connections.cm.token holds a secret itself"),
        ('"${var.x}"', "spec.connections.cm.token holds a secret itself"),
        ('"hunter2${env:X}"', "A secret can't stand inside text, in spec.connections.cm.token"),
        ('"${hunter2}"', "A reference can't be read, in spec.connections.cm.token"),
        ('"${env:hunter-2}"', "A reference names no environment variable, in spec.connections.cm.token"),
        ('"${file:/etc/hunter2}"', "A secret's file lies outside the stack folder, in spec.connections.cm.token"),
        ('"${file:../hunter2}"', "A secret's file lies outside the stack folder, in spec.connections.cm.token"),
        ("0471181502", "A number begins with a zero: YAML 1.1 reads it as octal, YAML 1.2 as decimal"),
        ("null", "spec.connections.cm.token is empty; it must be text"),
    ],
)
def test_a_secret_is_never_repeated(stack: Load, token: str, summary: str) -> None:
    loaded = stack({"dsops.yaml": secrets(token) + "  variables: {x: {default: hunter2}}\n"})
    assert [each.summary for each in loaded.diagnostics] == [summary]
    words = repr(loaded.diagnostics)
    assert not {"hunter", "4711"} & {word for word in ("hunter", "4711") if word in words}
    assert loaded.stack is None


def test_a_missing_secret(stack: Load) -> None:
    (only,) = stack({"dsops.yaml": STACK.replace(', token: "${env:TOKEN}"', "")}).diagnostics
    assert (str(only.source), only.summary) == ("dsops.yaml:6:5", "spec.connections.cm.token is missing")


def test_a_plain_setting_is_no_place_for_a_secret(stack: Load) -> None:
    (only,) = stack({"dsops.yaml": STACK.replace("https://cloud.example.com/acme", "${env:URL}")}).diagnostics
    assert only.summary == "spec.connections.cm.endpoint can't be a secret"
    assert "DSOPS_VAR_name" in only.hint
