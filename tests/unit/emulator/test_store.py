from pathlib import Path

import pytest

from dsops.emulator import Options, SetupError
from dsops.emulator.store import Store
from tests.unit.emulator.client import DATASET, STREAMS, Client


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    options = Options(data=tmp_path / "data.db")
    client = Client(options).with_stream(title="T", model={"version": 3})
    before = [client.good("GET", path) for path in (DATASET, STREAMS)]
    client.app.state.store.close()
    client = Client(options)
    assert [client.good("GET", path) for path in (DATASET, STREAMS)] == before
    client.good("PUT", STREAMS, {"stream": {"name": "other"}})
    assert len({stream["id"] for stream in client.good("GET", STREAMS)["streams"]}) == 2
    client.app.state.store.close()


def test_a_file_has_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    owner = Store(path)
    with owner.transaction():
        owner.put("kind", "", "a", {})
    with pytest.raises(SetupError, match=r"data\.db.*another emulator"):
        Store(path)
    owner.close()
    Store(path).close()


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    path.write_text("something else, long enough to be looked at as a header of a file" * 20)
    with pytest.raises(SetupError, match=r"data\.db"):
        Store(path)
    with pytest.raises(SetupError, match="nowhere"):
        Store(tmp_path / "nowhere" / "data.db")


def test_a_failed_transaction_leaves_data_ids_and_lists_as_they_were() -> None:
    store = Store(None)

    def shown() -> bytes:
        return store.listing("kind", "p", b",".join)

    with store.transaction():
        store.put("kind", "p", "a", {"n": 1})
    before = shown()
    ids = []

    def fail() -> None:
        with store.transaction():
            ids.append(store.new_id())
            store.put("kind", "p", "b", {"n": 2})
            assert shown() != before
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert shown() == before
    assert [store.new_id()] == ids


def test_lists_are_kept_until_one_of_their_documents_is_written() -> None:
    store = Store(None)
    built = []

    def build(documents: list[bytes]) -> bytes:
        built.append(len(documents))
        return b"".join(documents)

    def ask(parent: str | None) -> None:
        store.listing("kind", parent, build)

    with store.transaction():
        store.put("kind", "p", "a", {})
        store.put("kind", "q", "b", {})
    for parent in ("p", None, "q", "p", None, "q"):
        ask(parent)
    assert built == [1, 2, 1]
    with store.transaction():
        store.delete("kind", "p", "a")
    for parent in ("q", "p", None):
        ask(parent)
    assert built == [1, 2, 1, 0, 1]
