"""Which files make up a stack."""

import os
from pathlib import Path

import pytest

from dsops.manifest import find_root
from dsops.manifest.discovery import manifests, overlays
from dsops.model import DsopsError


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def names(root: Path) -> list[str]:
    found = manifests(root)
    assert found.diagnostics == []
    return [each.name for each in found.files]


def test_yaml_files_below_the_folder_sorted(tmp_path: Path) -> None:
    touch(tmp_path, "dsops.yaml", "b.yml", "a/z.yaml", "a/b/c.yaml", "notes.md", "rows/faq.jsonl", "x.yaml.bak")
    assert names(tmp_path) == ["a/b/c.yaml", "a/z.yaml", "b.yml", "dsops.yaml"]


def test_dot_folders_overlays_and_other_stacks_are_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "dsops.yaml", ".hidden.yaml", ".github/x.yaml", "env/prod.yaml", "other/dsops.yaml", "other/y.yaml")
    touch(tmp_path, "deep/env/z.yaml", "deep/other/dsops.yaml", "deep/other/sub/y.yaml")
    assert names(tmp_path) == ["deep/env/z.yaml", "dsops.yaml"]


def test_folders_and_pipes_with_the_name_of_a_manifest(tmp_path: Path) -> None:
    touch(tmp_path, "dsops.yaml", "folder.yaml/in.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    assert names(tmp_path) == ["dsops.yaml", "folder.yaml/in.yaml"]


def test_links_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    root, outside = tmp_path / "stack", tmp_path / "outside"
    touch(root, "dsops.yaml")
    touch(outside, "a.yaml")
    (root / "a.yaml").symlink_to(outside / "a.yaml")
    (root / "folder").symlink_to(outside)
    (root / "nowhere.yaml").symlink_to("missing.yaml")
    (root / "circle.yaml").symlink_to("circle.yaml")
    (root / "notes.md").symlink_to(outside / "a.yaml")
    found = manifests(root)
    assert [each.name for each in found.files] == ["dsops.yaml"]
    assert sorted(str(each.source) for each in found.diagnostics) == [
        "a.yaml:1:1", "circle.yaml:1:1", "folder:1:1", "nowhere.yaml:1:1",
    ]  # fmt: skip


def test_links_inside_the_folder_declare_nothing_twice(tmp_path: Path) -> None:
    touch(tmp_path, "dsops.yaml", "real/a.yaml", "..data/b.yaml")
    (tmp_path / "again.yaml").symlink_to("real/a.yaml")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "b.yaml").symlink_to("..data/b.yaml")
    assert names(tmp_path) == ["b.yaml", "dsops.yaml", "real/a.yaml"]


def test_the_stack_folder_may_itself_be_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "real", "dsops.yaml", "a.yaml")
    (tmp_path / "link").symlink_to("real")
    root = find_root(tmp_path / "link")
    assert root == tmp_path / "real"
    assert names(root) == ["a.yaml", "dsops.yaml"]


def test_only_the_folder_itself_is_looked_at(tmp_path: Path) -> None:
    touch(tmp_path, "dsops.yaml", "sub/a.yaml")
    with pytest.raises(DsopsError) as missing:
        find_root(tmp_path / "sub")
    (only,) = missing.value.diagnostics
    assert only.summary == f"no dsops.yaml in {tmp_path / 'sub'}"
    assert "dsops init" in only.hint


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["env/prod.yaml"], ["env/prod.yaml"]),
        (["env/prod.yml"], ["env/prod.yml"]),
        (
            ["env/prod/b.yaml", "env/prod/a.yml", "env/prod/x/c.yaml"],
            ["env/prod/a.yml", "env/prod/b.yaml", "env/prod/x/c.yaml"],
        ),
        (["env/prod.yaml", "env/prod/a.yaml", "env/test.yaml"], ["env/prod.yaml", "env/prod/a.yaml"]),
    ],
)
def test_files_of_an_overlay(tmp_path: Path, files: list[str], found: list[str]) -> None:
    touch(tmp_path, "dsops.yaml", *files)
    assert [each.name for each in overlays(tmp_path, "prod").files] == found


@pytest.mark.parametrize(
    ("files", "hint"),
    [
        ([], "Make env/prod.yaml, or leave --env out."),
        (["env/test.yaml", "env/live/a.yaml", "env/notes.md"], "Known environments: live, test."),
        (["env/prd.yaml"], "Did you mean prd?"),
        (["env/prod/notes.md", "env/test.yaml"], "Known environments: test."),
    ],
)
def test_an_environment_that_is_not_there(tmp_path: Path, files: list[str], hint: str) -> None:
    touch(tmp_path, "dsops.yaml", *files)
    (only,) = overlays(tmp_path, "prod").diagnostics
    assert (only.summary, only.hint) == ("There is no environment prod", hint)
