"""A secret never gets out: each is searched for in all that is said and left, plain, in hex and in Base64."""

import base64
import html
import json
import os
import signal
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.security.front import Answer, Heard, Said
from tests.security.house import IN_A_FILE, SECRETS, House, everything, house, marks
from tests.support import DSOPS

LOUD = ("--log-level", "debug")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with house(tmp_path) as made:
        own = made.folder / "tmp"
        own.mkdir()
        monkeypatch.setenv("TMPDIR", str(own))
        made.stack()
        made.write("all.yaml", *everything())
        yield made


def test_the_search_finds_what_it_looks_for(home: House) -> None:
    for secret in SECRETS.values():
        for form in (secret, quote(secret), json.dumps(secret), secret.encode().hex()):
            home.said = [form]
            assert home.leaks(), form
        for before in ("", "x", "xy"):
            home.said = [base64.b64encode(f"{before}{secret}{before}".encode()).decode()]
            assert home.leaks(), before
    assert len(marks()) == 5 * len(SECRETS)


def test_the_whole_life_of_a_stack(home: House) -> None:
    """All goes well, everything is logged; also while calls are in flight, when the write-ahead log is there."""
    seen_in_flight: list[str] = []
    logs: set[str] = set()

    def look(heard: Heard) -> None:
        if heard.is_write:
            logs.update(path.name for path in home.files())
            seen_in_flight.extend(home.leaks())

    home.front.watch = look
    home.run("validate", "--format", "json", *LOUD)
    home.run("plan", "--save", "it.plan", "--full", *LOUD)
    for form in ("text", "json", "markdown"):
        home.run("show", "it.plan", "--full", "--format", form)
    home.run("apply", "it.plan", "--full", "--log-format", "json", *LOUD)
    home.write("all.yaml", *everything("Letters"))
    home.run("apply", "--auto-approve", "--format", "json", *LOUD)
    home.write("all.yaml", *everything("Cards"))
    for form in ("text", "json", "markdown", "github"):
        home.run("drift", "--full", "--format", form, code=(0, 2))
    for args in (
        ("graph",), ("state", "list"), ("state", "list", "--format", "json"), ("state", "pull"),
        ("state", "show", "modelarts/Dataset/zoo"), ("state", "history", "--format", "json"),
    ):  # fmt: skip
        home.run(*args, *LOUD)
    for name in ("cm", "evals", "art", "photos"):
        home.run("dataset", "list", "--connection", name, "--format", "json")
    for name in ("mail", "faq", "zoo", "shelves"):
        home.run("dataset", "get", name, "--format", "json")
    home.run("state", "rm", "vi/Dataset/shelves", "modelarts/Dataset/zoo", "geai/Dataset/faq")
    home.run("state", "restore", "--list", code=(0, 1))
    home.run("destroy", "--auto-approve", *LOUD)
    assert "default.db-wal" in logs
    assert seen_in_flight == []
    assert home.leaks() == []
    assert home.open_to_others() == []
    assert any(marks()["DWS_PASSWORD"] in heard.body for heard in home.front.heard), "it never was at stake"


def test_what_is_imported_holds_none(home: House) -> None:
    home.run("apply", "--auto-approve")
    home.run("state", "rm", *(line.split()[0] for line in home.run("state", "list").out.splitlines()))
    (home.folder / "all.yaml").unlink()
    for name in ("cm", "evals", "photos", "art"):
        home.run("import", "--connection", name, "--all", "--into", home.folder / f"found-{name}", *LOUD)
    assert len(list(home.folder.glob("found-*/*.yaml"))) == 4
    assert home.leaks() == []


# -- servers that answer with what they were sent


def _echoes(heard: Heard) -> str:
    """Return all headers, and the body, in every form that a careless server may put them."""
    sent = " ".join(f"{name}: {value}" for name, value in heard.headers.items())
    both = sent + heard.body.decode()
    coded = [base64.b64encode(f"{before}{sent}".encode()).decode() for before in ("", "x", "xy")]
    safe = base64.urlsafe_b64encode(heard.headers.get("authorization", "").encode()).decode()
    plain = [both, html.escape(both), quote(both), quote_plus(both), quote(both).lower(), quote(quote(both))]
    return " | ".join([*plain, json.dumps(both), json.dumps(json.dumps(both)), both.encode().hex(), safe, *coded])


def refusing(status: int, *, writes: bool = False) -> Answer:
    """Answer with a status, and in everything an answer has with what was sent."""

    def answer(heard: Heard) -> Said | None:
        if writes and not heard.is_write:
            return None
        told = _echoes(heard)
        body = {"message": told, "error_code": "E.1", "error_msg": told, "errors": [{"description": told}], told: told}
        headers = [("x-echo", quote(told)), ("location", f"https://elsewhere.test/{quote(told)}?{quote(told)}")]
        return Said(status, json.dumps(body).encode(), headers)

    return answer


def speaking(status: int, *, writes: bool = False) -> Answer:
    """Answer with no JSON: a page, that is cut off in the middle of the secret wherever one may cut it."""

    def answer(heard: Heard) -> Said | None:
        if writes and not heard.is_write:
            return None
        token = heard.headers.get("x-auth-token") or heard.headers["authorization"]
        page = "".join(f"<p>{'-' * number}{token}" for number in range(40))
        return Said(status, page.encode(), [("content-type", "text/html")])

    return answer


def silent(heard: Heard) -> Said | None:
    return Said(0) if heard.is_write else None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 302, 307])
def test_a_refused_reading(home: House, status: int) -> None:
    for nasty in (refusing(status), speaking(status)):
        home.front.nasty = nasty
        for args in (
            ("plan",), ("plan", "--format", "json", "--log-format", "json"), ("drift", "--format", "markdown"),
            ("apply", "--auto-approve"), ("import", "--connection", "cm", "--all", "--into", "found"),
            ("dataset", "list", "--connection", "photos"), ("dataset", "export", "p/mail", "--connection", "cm"),
        ):  # fmt: skip
            home.run(*args, *LOUD, code=(1, 3))
    assert home.front.heard
    assert home.leaks() == []


@pytest.mark.parametrize("nasty", [speaking(200), Said(200, b'{"a": "%s')], ids=["page", "half"])
def test_an_answer_that_is_none(home: House, nasty: Answer | Said) -> None:
    def half(heard: Heard) -> Said:
        return Said(200, b'{"you sent": "' + _echoes(heard).encode())

    home.front.nasty = half if isinstance(nasty, Said) else nasty
    home.run("plan", *LOUD, code=1)
    home.run("dataset", "list", "--connection", "evals", *LOUD, code=1)
    assert home.leaks() == []


@pytest.mark.parametrize(
    "nasty",
    [*(refusing(status, writes=True) for status in (400, 401, 403, 500, 302)), speaking(500, writes=True),
     speaking(200, writes=True), silent],
    ids=["400", "401", "403", "500", "302", "page 500", "page 200", "nothing"],
)  # fmt: skip
def test_a_refused_write(home: House, nasty: Answer) -> None:
    home.front.nasty = nasty
    home.run("apply", "--auto-approve", "--format", "json", *LOUD, code=3)
    home.run("state", "history", "--format", "json", *LOUD)
    home.run("state", "list", *LOUD)
    home.run("plan", "--save", "it.plan", *LOUD, code=(0, 1))
    assert home.leaks() == []


# -- states that are kept elsewhere

STATE_WORD = "canary-state-word-19c4"


def state_leaks(home: House, *more: str) -> list[str]:
    """Return where a secret of the state's store can be read."""
    words = [STATE_WORD, base64.b64encode(f"states:{STATE_WORD}".encode()).decode(), *more]
    texts = home.said + [path.read_bytes().decode("latin-1") for path in home.files()]
    return [word for word in words for text in texts if word in text]


def _locked_by_an_echo(heard: Heard) -> Said | None:
    if heard.target.startswith("/states"):
        told = heard.headers.get("authorization", "")
        body = {"ID": "x", "Who": f"{told} {base64.b64decode(told[6:]).decode()}", "Operation": told, "Info": told}
        return Said(423 if heard.method == "LOCK" else 404, json.dumps(body).encode())
    return None


def test_a_state_on_a_server(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password is in the address as a reference; the server repeats it, as the name of who holds the lock."""
    monkeypatch.setenv("STATE_WORD", STATE_WORD)
    address = home.front.url.replace("//", "//states:${env:STATE_WORD}@")
    home.stack(state=f"{address}/states/a")
    for nasty in (refusing(401), refusing(404), refusing(409), _locked_by_an_echo):
        home.front.nasty = nasty
        home.run("plan", "--save", "it.plan", *LOUD, code=(0, 1))
        home.run("apply", "--auto-approve", "--format", "json", *LOUD, code=1)
        home.run("state", "list", *LOUD, code=(0, 1))
        home.run("state", "unlock", "--auto-approve", *LOUD, code=(0, 1))
    assert {heard.method for heard in home.front.heard if "authorization" in heard.headers} >= {"GET", "LOCK"}
    assert any("***" in text for text in home.said), "nobody repeated it"
    assert state_leaks(home) == []
    assert home.leaks() == []


def test_a_state_in_a_bucket(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {
        "AWS_ACCESS_KEY_ID": "CANARYBUCKETKEY1",
        "AWS_SECRET_ACCESS_KEY": STATE_WORD,
        "AWS_SESSION_TOKEN": f"{STATE_WORD}-session",
    }
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    home.stack(state=f"s3://bucket/x?endpoint={home.front.url}&region=eu")
    for nasty in (refusing(400), refusing(401), refusing(403), refusing(409), speaking_of_all(403)):
        home.front.nasty = nasty
        home.run("plan", *LOUD, code=1)
        home.run("apply", "--auto-approve", "--format", "json", *LOUD, code=1)
        home.run("state", "list", *LOUD, code=1)
    assert any(STATE_WORD in heard.headers["x-amz-security-token"] for heard in home.front.heard)
    assert state_leaks(home, "CANARYBUCKETKEY1") == []


def speaking_of_all(status: int) -> Answer:
    """Answer as S3 does, with all that was sent in the message."""

    def answer(heard: Heard) -> Said:
        return Said(status, f"<Error><Code>AccessDenied</Code><Message>{_echoes(heard)}</Message></Error>".encode())

    return answer


# -- ends that nobody wished for


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_twice(home: House, number: signal.Signals) -> None:
    """The first signal drains, the second abandons; what is left and said then holds no secret either."""
    arrived, released = threading.Event(), threading.Event()

    def hold(heard: Heard) -> Said | None:
        if not heard.is_write:
            return None
        arrived.set()
        released.wait(60)
        return Said(0)  # the emulator never hears of it: nothing is committed behind the next run

    home.front.nasty = hold
    env = {**os.environ, **{name: value for name, value in SECRETS.items() if name != IN_A_FILE}}
    command = [*DSOPS, "apply", "--auto-approve", *LOUD]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=home.folder, env=env, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert arrived.wait(60)
            process.send_signal(number)
            process.send_signal(number)
            while process.poll() is None and not released.wait(0.2):
                process.send_signal(number)
            out, err = process.communicate(timeout=60)
        finally:
            released.set()
            process.kill()
    home.said += [out, err]
    assert process.returncode == 128 + number
    home.front.nasty = lambda _: None
    home.run("plan", *LOUD)
    home.run("apply", "--auto-approve", *LOUD)
    assert home.leaks() == []


def test_the_emulator_remembers_no_credentials(home: House) -> None:
    home.run("apply", "--auto-approve")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        f"{home.front.upstream}/_emulator/requests", timeout=60
    ) as answer:
        log = answer.read()
    assert b"/api/v1/datasets" in log
    known = {name: mark for name, mark in marks().items() if not name.startswith("DWS")}  # bodies it does remember
    assert [name for name, mark in known.items() if mark in log] == []
