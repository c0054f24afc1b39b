"""Small promises that need no world of their own: crashes, state addresses, endpoints, modes of files, the emulator."""

import contextlib
import io
import json
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsops.cli.run import _bug
from dsops.http import resolve_secret
from dsops.http.secret import Redactor
from dsops.model import DsopsError, SecretRef, StateError
from dsops.state import open_store
from dsops.state.address import take_apart
from tests.security.house import SECRETS, House, house, of
from tests.support import DSOPS

WORD = "canary-word-7d1f"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        made.stack()
        yield made


# -- a bug shows its traceback, and no secret in it


def test_a_traceback_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", f"{WORD}/+%")
    monkeypatch.setenv("DSOPS_STATE_PASSWORD", f"{WORD}-state")
    value = resolve_secret(SecretRef("env", "A_TOKEN"), tmp_path)
    password = take_apart("https://states.test/x", tmp_path, ()).credentials()[1]
    first = KeyError(f"header {value!r}", password.encode())
    bug = ValueError(f"https://store.test/a/b?X-Signature=abc\x1b[31m {json.dumps(value)}")
    bug.__cause__ = first
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        assert _bug(bug) == 1
    said = err.getvalue()
    assert "KeyError" in said
    assert "https://store.test/a/b?***" in said
    assert not [each for each in (WORD, "X-Signature", "\x1b") if each in said], said


# -- addresses that hold what they should not


@pytest.mark.parametrize(
    "address",
    [
        f"postgres://me:{WORD}@db.test/x", f"https://me:{WORD}@s.test/x", f"postgres://me:12#{WORD}@db.test/x",
        f"postgres://me:1/{WORD}@db.test/x", f"postgres://me:1?{WORD}@db.test/x", f"postgres://me:{WORD}#@db.test/x",
        f"postgres://db.test/x?password={WORD}", f"s3://bucket/x?endpoint=https://me:{WORD}@s3.test",
        f"s3://bucket/x?secret_access_key={WORD}", f"https://s.test:{WORD}/x", f"https://[{WORD}/x",
        f"https://me:${{env:X}}{WORD}@s.test/x", f"https://s.test/x#{WORD}", f"{WORD}:{WORD}@x",
    ],
)  # fmt: skip
def test_a_state_address_with_a_secret_in_it(home: House, address: str) -> None:
    """Refused by every command that needs the state, and never repeated."""
    home.stack(state=address)
    for args in (("plan",), ("state", "list"), ("apply", "--auto-approve", "--format", "json"), ("state", "pull")):
        home.run(*args, code=1)
    for text in home.said:
        assert WORD not in text or address.startswith(WORD), text


@pytest.mark.parametrize(
    "endpoint",
    [
        f"https://me:{WORD}@cm.test", f"https://me:{WORD}/x", f"https://{WORD}@cm.test/x", f"https://cm.test/x?token={WORD}",
        f"https://cm.test/#{WORD}", f"http://me:{WORD}@127.0.0.1:1/", f"https://cm.test:{WORD}", f"https://[{WORD}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("field", ["endpoint", "iamEndpoint"])
def test_an_endpoint_with_a_secret_in_it(home: House, field: str, endpoint: str) -> None:
    connections = home.connections()
    connections["art"][field] = endpoint
    home.stack(connections=connections)
    home.write(
        "one.yaml", of("modelarts", "Dataset", "d", type="image-classification", dataSource={}, workPath="/o/w/")
    )
    for args in (("validate",), ("validate", "--format", "json"), ("plan",), ("drift", "--format", "json")):
        home.run(*args, code=1)
    assert not [text for text in home.said if WORD in text]


@pytest.mark.parametrize("secret", ["literal", "prefix", "mixed", "default"])
def test_a_literal_secret_is_not_repeated(home: House, secret: str) -> None:
    value = {"literal": WORD, "prefix": f"Bearer {WORD}", "mixed": f"${{env:X}}{WORD}", "default": "${var.t}"}[secret]
    connections = home.connections()
    for name, field in (("cm", "token"), ("art", "secretKey"), ("art", "securityToken"), ("photos", "token")):
        connections[name][field] = value
    home.stack(connections=connections, variables={"t": {"default": WORD}})
    for form in ("text", "json"):
        home.run("validate", "--format", form, code=1)
        home.run("plan", "--format", form, code=1)
    assert not [text for text in home.said if WORD in text]


# -- secrets in files stay below the stack


@pytest.mark.parametrize("name", ["../out", "/etc/hostname", ".hidden/link", "folder/../../out", ".hidden/way/out"])
def test_a_secret_file_outside(home: House, name: str) -> None:
    """A pull request may bring a link along; what it leads to would be sent to an endpoint of its choice."""
    outside = home.folder.parent / "out"
    outside.write_text(WORD)
    hidden = home.folder / ".hidden"  # where no manifests are looked for, whose links would be refused at once
    hidden.mkdir()
    (hidden / "link").symlink_to(outside)
    (hidden / "way").symlink_to(home.folder.parent)
    (home.folder / "folder").mkdir()
    connections = home.connections()
    connections["cm"]["token"] = f"${{file:{name}}}"
    home.stack(connections=connections)
    home.write("one.yaml", of("uipath", "Dataset", "one", project="p", title="One"))
    home.run("plan", code=1)
    home.stack(state=f"https://me:${{file:{name}}}@127.0.0.1:1/x")
    home.run("state", "list", code=1)
    assert home.front.heard == []
    assert all("outside the stack folder" in text for text in home.said), home.said
    with pytest.raises(StateError, match="outside the stack folder"):
        take_apart(f"https://me:${{file:{name}}}@s.test/x", home.folder, ()).credentials()


def test_a_link_that_stays_inside_is_followed(tmp_path: Path) -> None:
    """As mounted secrets have them."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "token").write_text(f"{WORD}\n")
    (tmp_path / "token").symlink_to(Path("..data") / "token")
    assert resolve_secret(SecretRef("file", "token"), tmp_path) == WORD
    assert take_apart("https://me:${file:token}@s.test/x", tmp_path, ()).credentials() == ("me", WORD)


# -- masks


def test_what_servers_make_of_secrets_is_masked() -> None:
    secret = "p4ss/w0rd+12=="
    mask = Redactor([secret, "short"]).text
    for text in (
        "p4ss%252Fw0rd%252B12%253D%253D", "p4ss&#x2F;w0rd&#43;12==", "p4ss\\\\/w0rd\\\\u002b12", secret.encode().hex(),
    ):  # fmt: skip
        assert "***" in mask(f"a {text} b"), text
        assert not re.search("p4ss|w0rd|7034", mask(f"a {text} b")), text
    assert mask("nothing of p4ss, nothing of w0rd far away from it: " + "-" * 80 + " 12") == mask(
        "nothing of p4ss, nothing of w0rd far away from it: " + "-" * 80 + " 12"
    )
    assert mask("plain words stay; ss/w0rd too") == "plain words stay; ss/w0rd too"


# -- others on the same machine


def test_what_dsops_keeps_is_its_owners(home: House) -> None:
    before = os.umask(0)
    try:
        home.write("one.yaml", of("uipath", "Dataset", "one", project="p", title="One"))
        home.run("plan", "--save", "it.plan")
        home.run("apply", "it.plan")
        (home.folder / "it.json").write_text(home.run("state", "pull").out)
        home.run("state", "push", "it.json", code=(0, 1))
    finally:
        os.umask(before)
    assert home.open_to_others() == []
    assert stat.S_IMODE((home.folder / ".dsops").stat().st_mode) == 0o700


def test_a_saved_plan_replaces_a_link_and_does_not_follow_it(home: House, tmp_path: Path) -> None:
    target = tmp_path / "victim"
    target.write_text("mine")
    (home.folder / "it.plan").symlink_to(target)
    home.write("one.yaml", of("uipath", "Dataset", "one", project="p", title="One"))
    home.run("plan", "--save", "it.plan")
    assert target.read_text() == "mine"
    assert not (home.folder / "it.plan").is_symlink()


# -- the emulator


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)])
def test_the_emulator_says_when_others_can_reach_it(host: str, warned: bool) -> None:
    command = [*DSOPS, "emulator", "--host", host, "--port", "0", "--log-level", "error"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline()
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert json.loads(ready)["url"].startswith("http://")
    assert ("warning" in said) == warned


def test_without_a_word_the_emulator_listens_here_alone() -> None:
    done = subprocess.run([*DSOPS, "emulator", "--help"], capture_output=True, text=True, check=True)
    assert re.search(r"--host\s.*\[default:\s+127\.0\.0\.1\]", done.stdout, re.DOTALL)


def test_a_missing_secret_is_named_and_nothing_is_sent(home: House) -> None:
    home.write("one.yaml", of("uipath", "Dataset", "one", project="p", title="One"))
    lacking = {name: value for name, value in SECRETS.items() if name != "CM_TOKEN"}
    assert "CM_TOKEN" in home.run("plan", code=1, secrets=lacking).err
    assert home.front.heard == []
    with pytest.raises(DsopsError):
        open_store("s3://bucket/${file:../x}", root=home.folder, stack="s", env=None).load()
