"""Nothing that somebody else named is obeyed by a terminal or a build server, nor hides from a reader."""

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsops.cli.output import harmless
from dsops.render import json_text
from tests.security.front import Heard, Said
from tests.security.house import SECRETS, House, house, of
from tests.support import DSOPS
from tests.support.vi import add_dataset

HOSTILE = (
    "\x1b[31mred\x1b]8;;http://evil.test\x1b\\link\x07\b\rover\x9b2J\x7f\x85 \u202egnp\u2066\u200b\u00ad\u061c\u2028"
    "\U000e0041\ufeff\u0600\n::error file=x::forged\n  ::stop-commands::x\n##[set-env name=A;]b ##vso[task.x]c"
)
"""Colours, a link, a bell, backspace, C1, directions, what has no width, lines of its own, orders to build servers."""
SHORT = "\x1b[31mred\x1b]8;;x\x07\x9b2J\u202e::\u2066\u200b##[x]"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        made.stack()
        yield made


def evil(name: str = "evil", words: str = HOSTILE) -> list[dict[str, object]]:
    """Return manifests of all providers with hostile words wherever there may be any."""
    rows = {"key": "input", "items": [{"input": words, "expectedAnswer": words, "contextDocument": words}]}
    labels = [{"name": re.sub("[!<>=&\"']", "", words)}]
    source = {"type": "obs", "path": "/o/p/"}
    threshold = {"version": 1, "labelThresholds": {SHORT: 0.5 if words == HOSTILE else 0.6}}
    return [
        of("uipath", "Dataset", name, project="p", title=words[:128], description=words),
        of("uipath", "Stream", f"{name}-s", dataset=name, title=words[-128:], model=threshold),
        of("geai", "Dataset", f"{name}-rows", type="E", active=True, description=words, rows=rows),
        of(
            "modelarts",
            "Dataset",
            name,
            type="image-classification",
            dataSource=source,
            workPath="/o/w/",
            labels=labels,
        ),
        of("vi", "Dataset", f"{name}-vi", type="phrase-grounding", content="Image", description=words),
    ]


def harms(text: str, *, commands: bool = False) -> list[str]:
    """Return the lines of an output that could do harm; ``commands``: annotations are what was asked for."""
    found = [line for line in text.split("\n") if not line.isprintable()]
    if not commands:
        found += [line for line in text.split("\n") if line.strip().startswith("::") or re.search(r"##\w*\[", line)]
    return found


def all_harmless(home: House) -> None:
    assert any("red" in text for text in home.said), "nothing hostile was ever shown"
    assert [line for text in home.said for line in harms(text)] == []


def test_what_the_search_takes_for_harm() -> None:
    for line in HOSTILE.split("\n"):
        assert harms(line), line
    assert harms("::error::x", commands=True) == []
    assert harms("a :: b, ##, naïve 日本") == []


def test_hostile_manifests_through_all_commands(home: House) -> None:
    home.write("evil.yaml", *evil())
    for args in (
        ("validate",), ("validate", "--format", "json"), ("plan", "--full"), ("plan", "--format", "json"),
        ("plan", "--format", "markdown", "--full"), ("plan", "--save", "it.plan"), ("show", "it.plan", "--full"),
        ("graph",), ("graph", "--format", "dot"), ("graph", "--format", "json"),
    ):  # fmt: skip
        home.run(*args)
    home.run("apply", "--auto-approve", "--log-level", "debug")
    home.write("evil.yaml", *evil(words=f"changed {HOSTILE}"))
    home.run("plan", "--full", "--log-level", "debug", "--log-format", "json")
    for form in ("text", "json", "markdown"):
        home.run("drift", "--full", "--format", form)
    home.run("apply", "--auto-approve", "--format", "json")
    for looking in (
        ("state", "list"), ("state", "pull"), ("state", "show", "uipath/Dataset/evil"), ("state", "history"),
        ("state", "show", "uipath/Dataset/evil", "--format", "json"), ("dataset", "get", "evil"),
        ("dataset", "get", "evil", "--format", "json"), ("dataset", "get", "evil-vi", "--format", "markdown"),
        ("dataset", "get", "evil-rows", "--row", HOSTILE),
        ("dataset", "list", "--connection", "evals"), ("dataset", "list", "--connection", "cm", "--format", "markdown"),
        ("stream", "list", "evil"),
    ):  # fmt: skip
        home.run(*looking, code=(0, 1))
    all_harmless(home)


def test_names_that_others_gave(home: House) -> None:
    """Unmanaged at the provider, listed, imported; a file gets a name of its own."""
    home.write("one.yaml", of("vi", "Dataset", "mine", type="vqa", content="Image"))
    home.run("apply", "--auto-approve")
    for name in (HOSTILE, "../../etc/passwd", "con", "a/b|c`<img src=x>", "x" * 256, "Ab", "aB"):
        add_dataset(home.front.upstream, name)
    for form in ("text", "json", "markdown"):
        home.run("drift", "--format", form, code=(0, 2))
        home.run("dataset", "list", "--connection", "photos", "--format", form)
    home.run("import", "--connection", "photos", "--all", "--into", home.folder / "found")
    home.run("plan")
    home.run("dataset", "get", HOSTILE, "--connection", "photos", code=(0, 1))
    all_harmless(home)
    made = [path.relative_to(home.folder).as_posix() for path in (home.folder / "found").rglob("*") if path.is_file()]
    assert len(made) >= 6
    assert all(re.fullmatch(r"found/[A-Za-z0-9._-]{1,255}", name) for name in made), made
    assert not (home.folder.parent / "etc").exists()


@pytest.mark.parametrize("status", [400, 401, 404, 200])
def test_a_hostile_answer(home: House, status: int) -> None:
    def nasty(heard: Heard) -> Said:
        told = {"message": HOSTILE, "error_code": HOSTILE, "error_msg": HOSTILE, "errors": [{"description": HOSTILE}]}
        body = json.dumps(told) if status >= 400 and "datasets" in heard.target else f"<html>{HOSTILE}"
        return Said(status, body.encode())

    home.write("evil.yaml", *evil())
    home.front.nasty = nasty
    for form in ("text", "json"):
        home.run("plan", "--format", form, "--log-level", "debug", code=1)
    home.run("drift", "--log-format", "json", "--log-level", "debug", code=1)
    home.run("dataset", "list", "--connection", "cm", code=1)
    all_harmless(home)


def test_a_hostile_answer_to_a_write(home: House) -> None:
    home.write("evil.yaml", *evil())
    home.front.nasty = lambda heard: Said(400, json.dumps({"message": HOSTILE}).encode()) if heard.is_write else None
    for form in ("text", "json"):
        home.run("apply", "--auto-approve", "--format", form, "--log-level", "debug", code=3)
    all_harmless(home)


def test_hostile_arguments_and_names_of_files(home: House) -> None:
    bad = os.fsdecode(b"red-\xff\x1b[31m")
    home.write("one.yaml", of("uipath", "Dataset", "one", project="p", title="One"))
    for args in (
        ("plan", "--env", HOSTILE), ("plan", "--env", bad), ("plan", "--target", HOSTILE), ("show", HOSTILE),
        ("state", "show", HOSTILE), ("state", "rm", bad), ("import", HOSTILE, HOSTILE, "--into", "x"),
        ("dataset", "get", HOSTILE), ("dataset", "get", bad, "--connection", "evals"), ("plan", HOSTILE), (HOSTILE,),
        ("plan", "--format", HOSTILE), ("plan", f"--{HOSTILE}"), ("plan", "--var", HOSTILE),
        ("plan", "--var", f"{bad}=1"), ("schema", HOSTILE), ("validate", "-C", HOSTILE), ("validate", "-C", bad),
        ("state", "mv", HOSTILE, bad),
    ):  # fmt: skip
        home.run(*args, code=(0, 1))
        home.run(*args, "--format", "json", code=(0, 1))
    (home.folder / bad).mkdir()
    (home.folder / bad / f"{bad}.yaml").write_text("apiVersion: uipath/v1\nkind: Dataset\nmetadata: 1\n")
    (home.folder / "evil\x1b]8;;x.yaml").write_text("apiVersion: [")
    (home.folder / "rows\x1b[31m.jsonl").write_text("{")
    home.write("rows.yaml", of("geai", "Dataset", "r", type="E", rows={"from": "*.jsonl"}))
    for form in ("text", "json"):
        home.run("validate", "--format", form, code=1)
        home.run("plan", "--format", form, code=1)
    all_harmless(home)
    home.said.clear()
    home.run("validate", "--format", "github", code=1)
    lines = home.said[0].rstrip("\n").split("\n")
    assert [line for line in lines if not re.fullmatch(r"::(error|warning|notice) [^:]*::.*", line)] == []
    assert harms(home.said[0], commands=True) == []


def test_keys_and_kinds_of_a_manifest(home: House) -> None:
    for document in (
        {"apiVersion": HOSTILE, "kind": HOSTILE, "metadata": {"name": HOSTILE}},
        {"apiVersion": "uipath/v1", "kind": HOSTILE, "metadata": {"name": "a"}, "spec": {}},
        {**of("uipath", "Dataset", HOSTILE, project=HOSTILE), HOSTILE: HOSTILE},
        of("uipath", "Stream", "s", dataset=f"p/{HOSTILE}", title="T"),
        of("uipath", "Stream", "s", dataset=HOSTILE, title="T"),
        of("uipath", "Dataset", "d", project=f"${{{HOSTILE}}}", title=f"${{var.{HOSTILE}}}", **{HOSTILE: 1}),
    ):
        home.write("evil.yaml", document)
        for args in (("validate",), ("graph",), ("graph", "--format", "dot"), ("plan", "--format", "json")):
            home.run(*args, code=(0, 1))
    all_harmless(home)


def test_a_hostile_saved_plan_and_state(home: House) -> None:
    home.write("one.yaml", of("uipath", "Dataset", "one", project="p", title="One"))
    home.run("plan", "--save", "it.plan")
    plan = (home.folder / "it.plan").read_text()
    inside = json.dumps(HOSTILE)[1:-1]
    for word in ("uipath/Dataset/one", "PUT", "house", "create", "not_recorded", '"cm"'):
        hostile = plan.replace(word, f'"{inside}"' if word.startswith('"') else inside)
        (home.folder / "it.plan").write_text(hostile)
        for form in ("text", "json", "markdown"):
            home.run("show", "it.plan", "--format", form, code=(0, 1))
    home.run("apply", "--auto-approve")
    home.run("state", "pull")
    state = home.said.pop()
    for word in ("uipath/Dataset/one", "house", '"cm"', '"p"'):
        (home.folder / "it.json").write_text(state.replace(word, f'"{inside}"' if word.startswith('"') else inside))
        home.run("state", "push", "it.json", code=(0, 1))
        for args in (("state", "list"), ("state", "show", "uipath/Dataset/one"), ("plan",)):
            home.run(*args, code=(0, 1))
    assert [line for text in home.said for line in harms(text)] == []


def test_what_is_exported_to_a_terminal(home: House) -> None:
    """Lines of JSON, written past everything else: they say the same and hold no orders."""
    home.write("evil.yaml", *evil())
    home.run("apply", "--auto-approve")
    done = home.process("dataset", "export", "evil-rows", "--into", "-")
    assert harms(done.out) == []
    assert json.loads(done.out)["input"] == HOSTILE


def test_on_a_terminal(home: House) -> None:
    """Colours are ours there, and a display moves; theirs are still not obeyed."""
    home.write("evil.yaml", *evil())
    env = {**os.environ, **SECRETS, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    seen = b""
    for args in (("plan", "--full"), ("apply", "--auto-approve"), ("drift",)):
        ours, theirs = pty.openpty()
        with subprocess.Popen([*DSOPS, *args], cwd=home.folder, env=env, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            shown = b""
            while piece := _read(ours):
                shown += piece
        os.close(ours)
        assert process.returncode in {0, 2}, shown
        # What moves and colours is all of one form, and its numbers are few; theirs has words right behind it.
        assert b"\x1b[" in shown
        rest = re.sub(rb"\x1b\[[0-9;?]*[ABKhlm]", b"", shown)
        assert [each for each in rest.decode() if each not in "\r\n" and not each.isprintable()] == []
        for order in (b"\x1b[31mred", b"\x1b]8", b"\rover", b"\x07"):
            assert order not in shown
        seen += shown
    assert b"red" in seen


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_the_last_door(home: House) -> None:
    """What a renderer forgot is escaped where it leaves; our own looks stay, lines stay."""
    assert harms(harmless(HOSTILE)) == []
    assert harmless("\x1b[31;1mred\x1b[0m") == "\\x1b[31;1mred\\x1b[0m"
    assert harmless("\x1b[31;1mred\x1b[0m :: x\n  plain", looks=True) == "\x1b[31;1mred\x1b[0m :: x\n  plain"
    assert harmless("\x1b[8mhidden\x1b[2J", looks=True) == "\\x1b[8mhidden\\x1b[2J"
    assert harmless(" ::x\n::y ##[z]") == " \\x3a:x\n\\x3a:y \\x23#[z]"
    assert harmless("::error::x\x1b", commands=True) == "::error::x\\x1b"


def test_half_a_character_in_json() -> None:
    document = {"a": [HOSTILE, "\ud800", "😀", os.fsdecode(b"\xff")]}
    for compact in (True, False):
        text = json_text(document, compact=compact)
        assert harms(text) == []
        assert json.loads(text) == document
