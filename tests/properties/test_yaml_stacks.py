"""Whatever lies in a stack folder, loading it gives resources or diagnostics."""

# ruff: noqa: E501 - pools of values

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dsops.manifest import load
from dsops.model.assets import asset

SCHEMAS = {f"uipath/{kind}": asset("schemas", "uipath", f"{kind}.json") for kind in ("Dataset", "Stream")}

values = st.sampled_from(
    ["a", "8", "1.5", "no", "null", "[]", "{}", "[a, [b]]", "{a: {b: c}}", "${var.x}", "'${var.y}'", "'a ${var.y}'", "'${'", "'$${'",
     "${uipath/Dataset/a.id}", "${uipath/Dataset/a.title}", "${uipath/Dataset/a.model.version}", "'${uipath/Dataset/b.title} x'",
     "${uipath/Stream/a.name}", "${env:X}", "'${file:../x}'", "{version: 1}", "2020-01-01T00:00:00Z", "2020-02-30T00:00:00Z", "collateral", "p/d",
     "!!str x", "&x [1]", "*x", "010", ".inf", "{<<: 1}", "'\\ud800'", '"\\e[0m"']
)  # fmt: skip
fields = st.sampled_from(
    ["project", "title", "description", "sourceIds", "modelFamily", "hasSentiment", "dataset", "model", "commentFilter", "startFrom", "name", "x", "'${var.x}'"]
)  # fmt: skip
names = st.sampled_from(["a", "b", "a.title", "a/b", "8", "''", "${var.x}"])
kinds = st.sampled_from(["Dataset", "Stream", "Datset", "Stack", "[]"])
extras = st.sampled_from(
    [
        "",
        ", connection: cm",
        ", connection: x",
        ", protect: yes",
        ", policy: [x]",
        ", ignore: [{path: a, until: 1}]",
        ", replace: ${var.x}",
    ]
)


@st.composite
def manifests(draw: st.DrawFn) -> str:
    spec = draw(st.dictionaries(fields, values, max_size=6))
    lines = "".join(f"  {key}: {value}\n" for key, value in spec.items()) or "  {}\n"
    name = draw(names)
    return f"apiVersion: uipath/v1\nkind: {draw(kinds)}\nmetadata: {{name: {name}{draw(extras)}}}\nspec:\n{lines}"


@st.composite
def stacks(draw: st.DrawFn) -> str:
    variables = draw(st.dictionaries(st.sampled_from(["x", "y", "1", "'${'"]), values, max_size=2))
    connection = draw(
        st.dictionaries(st.sampled_from(["provider", "endpoint", "token", "timeout", "insecure"]), values, max_size=5)
    )
    lines = "".join(f"    {key}: {{default: {value}}}\n" for key, value in variables.items()) or "    {}\n"
    account = "".join(f"      {key}: {value}\n" for key, value in {"provider": "uipath", **connection}.items())
    return f"apiVersion: dsops/v1\nkind: Stack\nmetadata: {{name: m}}\nspec:\n  variables:\n{lines}  connections:\n    cm:\n{account}"


@given(
    stack=stacks(),
    base=st.lists(manifests(), max_size=4).map("---\n".join),
    overlay=st.none() | st.lists(manifests(), max_size=2).map("---\n".join),
    given_=st.dictionaries(st.sampled_from(["x", "y", "z"]), st.text(max_size=5), max_size=2),
)
def test_any_stack_gives_resources_or_diagnostics(
    stack: str, base: str, overlay: str | None, given_: dict[str, str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "dsops.yaml").write_text(stack, encoding="utf-8")
        (root / "a.yaml").write_text(base, encoding="utf-8")
        if overlay is not None:
            (root / "env").mkdir()
            (root / "env" / "prod.yaml").write_text(overlay, encoding="utf-8")
        env = None if overlay is None else "prod"
        loaded = load(root, env=env, variables=given_, environ={}, schemas=SCHEMAS)
        assert loaded == load(root, env=env, variables=given_, environ={}, schemas=SCHEMAS)
    assert loaded.stack is not None or loaded.diagnostics
    assert list(loaded.diagnostics) == sorted(set(loaded.diagnostics), key=lambda each: each.sort_key)
    for each in loaded.resources:
        assert each.address.name
        assert each.connection == "cm"
