"""Paths that climb: what manifests, arguments and providers name stays where it belongs."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.house import House, house, of
from tests.support.vi import add_dataset

WORD = "canary-outside-5c2e"
ROW = json.dumps({"input": WORD, "expectedAnswer": WORD})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """Return a stack beside things that are none of its business, with links to them."""
    with house(tmp_path) as made:
        made.stack()
        outside = tmp_path / "outside"
        (outside / "deep").mkdir(parents=True)
        for name in ("rows.jsonl", "rows.json", "deep/rows.jsonl", "manifest.yaml"):
            (outside / name).write_text(ROW)
        yield made


def linked(home: House) -> None:
    """Make links that lead out, in a folder where manifests aren't looked for."""
    (home.folder / ".l").mkdir()
    (home.folder / ".l" / "rows.jsonl").symlink_to(home.folder.parent / "outside" / "rows.jsonl")
    (home.folder / ".l" / "way").symlink_to(home.folder.parent / "outside")
    (home.folder / ".l" / "zero.jsonl").symlink_to("/dev/zero")
    (home.folder / ".l" / "self.jsonl").symlink_to("self.jsonl")
    (home.folder / ".l" / "environ.jsonl").symlink_to("/proc/self/environ")
    os.mkfifo(home.folder / ".l" / "pipe.jsonl")


@pytest.mark.parametrize(
    "pattern",
    [
        "../outside/rows.jsonl", "x/../../outside/rows.jsonl", "/etc/passwd", "../outside/*.jsonl", "../**/rows.jsonl",
        ".l/rows.jsonl", ".l/*.jsonl", ".l/way/rows.jsonl", ".l/way/*.jsonl", ".l/way/**/rows.jsonl", ".l/zero.jsonl",
        ".l/self.jsonl", ".l/pipe.jsonl", ".l/environ.jsonl", "a\0b.jsonl", f"{'x' * 5000}.jsonl", "..", "",
        "~/x.jsonl", "file:///etc/passwd", "http://127.0.0.1/x.jsonl", "..\\outside\\rows.jsonl",
        "rows.jsonl/../../outside/rows.jsonl",
    ],
)  # fmt: skip
def test_rows_from_elsewhere(home: House, pattern: str) -> None:
    linked(home)
    home.write("rows.yaml", of("geai", "Dataset", "r", type="E", rows={"key": "input", "from": pattern}))
    for args in (("validate",), ("plan", "--format", "json")):
        home.run(*args, code=1)
    assert not [text for text in home.said if WORD in text]
    assert not [each for each in home.front.heard if WORD.encode() in each.body]


def test_a_pattern_for_all_depths_does_not_leave_by_a_link(home: House) -> None:
    (home.folder / "rows").mkdir()
    (home.folder / "rows" / "mine.jsonl").write_text(json.dumps({"input": "mine", "expectedAnswer": "a"}))
    (home.folder / "rows" / ".way").symlink_to(home.folder.parent / "outside")
    home.write("rows.yaml", of("geai", "Dataset", "r", type="E", rows={"key": "input", "from": "**/*.jsonl"}))
    home.run("apply", "--auto-approve")
    assert not [each for each in home.front.heard if WORD.encode() in each.body]
    (home.folder / "rows" / "way").symlink_to(home.folder.parent / "outside")
    home.run("plan", code=1)
    assert "leads out of the stack folder" in home.said[-1]


def test_manifests_behind_links(home: House) -> None:
    (home.folder / "out.yaml").symlink_to(home.folder.parent / "outside" / "manifest.yaml")
    home.run("validate", code=1)
    assert "leads out of the stack folder" in home.said[-1]
    assert WORD not in home.said[-1]


@pytest.mark.parametrize("env", ["../outside/manifest", "/etc/passwd", "..", ".", "a/b", "", "x\0y", "-x", "a b"])
def test_an_environment_is_a_name(home: House, env: str) -> None:
    """It becomes the name of files: of overlays, and of the state."""
    home.write("env/prod.yaml", {"apiVersion": "dsops/v1", "kind": "Stack", "spec": {}})
    home.write("one.yaml", of("uipath", "Dataset", "one", project="p", title="One"))
    before = {path for path in home.folder.parent.rglob("*") if home.folder not in path.parents}
    home.run("apply", "--auto-approve", f"--env={env}", code=1 if env else 0)
    assert {path for path in home.folder.parent.rglob("*") if home.folder not in path.parents} == before
    assert not [text for text in home.said if WORD in text]


@pytest.mark.parametrize("into", ["env", "env/x", ".dsops", ".hidden/x", "other", "other/x"])
def test_an_import_goes_where_it_is_read(home: House, into: str) -> None:
    """What is recorded and not found among the manifests would be deleted by the next apply."""
    home.write("other/dsops.yaml", {"apiVersion": "dsops/v1", "kind": "Stack", "metadata": {"name": "o"}, "spec": {}})
    add_dataset(home.front.upstream, "theirs")
    home.run("import", "--connection", "photos", "--all", "--into", into, code=1)
    assert "is not read with the stack" in home.said[-1]
    assert home.run("state", "list").out.strip() == ""


@pytest.mark.parametrize("into", ["../out", "/tmp/dsops-out-of-the-stack", ".l/way/new", ".l/way"])
def test_an_import_stays_below_the_stack(home: House, into: str) -> None:
    """Manifests name rows from there; and a link in a pull request must not say where files go."""
    linked(home)
    add_dataset(home.front.upstream, "theirs")
    before = sorted(home.folder.parent.rglob("*"))
    home.run("import", "--connection", "photos", "--all", "--into", into, code=1)
    assert "is not below the stack folder" in home.said[-1]
    assert [path for path in sorted(home.folder.parent.rglob("*")) if "tmp" not in path.parts[-1:]] == before
    assert not Path("/tmp/dsops-out-of-the-stack").exists()


def test_an_import_replaces_nothing(home: House) -> None:
    """Names that become one name get others; what is there already, a link that leads nowhere too, stops it."""
    for name in ("a/b", "a-b", "a b", "A-B", "..", "...", ".hidden", "-x", "nul.txt", "dsops", "é"):
        add_dataset(home.front.upstream, name)
    home.run("import", "--connection", "photos", "--all", "--into", "found")
    names = [path.name for path in (home.folder / "found").iterdir()]
    assert len(names) == 11
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.yaml", name) for name in names), names
    home.run("plan", "--detailed-exitcode")  # one of them is called dsops, and dsops.yaml would be another stack
    add_dataset(home.front.upstream, "later")
    (home.folder / "found" / "later.yaml").symlink_to(home.folder.parent / "victim")
    home.run("import", "--connection", "photos", "--all", "--into", "found", code=1)
    assert not (home.folder.parent / "victim").exists()


def test_names_in_calls_can_t_climb(home: House) -> None:
    """A name with a slash, or one that is only full stops, addresses nothing else at the provider."""
    for title, name in enumerate(("..", ".", "a/../b", "%2e%2e", "a?b#c", "a%2Fb")):
        home.write(
            "one.yaml",
            of("geai", "Dataset", f"d{title}", type="E", active=True, name=name),
            of("vi", "Dataset", f"v{title}", type="vqa", content="Image", name=name),
        )
        home.run("apply", "--auto-approve", code=(0, 1, 3))
        home.run("dataset", "get", name, "--connection", "cm", code=1)
        home.run("dataset", "get", f"p/{name}", "--connection", "cm", code=1)
    for heard in home.front.heard:
        path = heard.target.partition("?")[0]
        assert not {"..", ".", "%2e%2e", "%2E%2E"} & set(path.split("/")), path
