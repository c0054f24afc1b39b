"""An account with comments: a source, a dataset that shows it, and a stream, on a clock that the test moves."""

from collections.abc import Iterable
from typing import Any

from dsops.emulator import Options
from tests.unit.emulator.client import DATASET, STREAMS, Client

SOURCE = "/api/v1/sources/project1/mail"
SOURCE_ID = "18ba5ce699f8da1f"
OTHER_ID = "0123456789abcdef"
STREAM = f"{STREAMS}/dispute"
MORNING = "2024-05-01T08:00:00Z"


def comment(name: str, text: str = "", **fields: Any) -> dict[str, Any]:
    return {"id": name, "timestamp": "2024-04-30T10:00:00Z", "messages": [{"body": {"text": text}}], **fields}


class Mailbox(Client):
    """A client of an emulator whose clock stands at MORNING."""

    def __init__(self, options: Options | None = None, **stream: Any) -> None:
        super().__init__(options)
        self.at(MORNING)
        self.source_id = self.good("PUT", SOURCE, {"source": {}})["source"]["id"]
        self.with_dataset(source_ids=[self.source_id])
        self.good("PUT", STREAMS, {"stream": {"name": "dispute", **stream}})

    def at(self, instant: str) -> None:
        """Let the clock stand at an instant."""
        assert self.call("POST", "/_emulator/clock", {"now": instant}).status_code == 200

    def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        assert self.call("POST", "/_emulator/clock", {"advance": seconds}).status_code == 200

    def upload(self, *comments: str | dict[str, Any]) -> dict[str, int]:
        """Upload comments now; of a name alone, an empty one."""
        whole = [comment(each) if isinstance(each, str) else each for each in comments]
        counts = self.good("POST", f"{SOURCE}/sync", {"comments": whole})
        return {key: counts[key] for key in ("new", "updated", "unchanged")}

    def fetch(self, size: int = 8, **more: Any) -> Any:
        """Fetch from the stream."""
        return self.good("POST", f"{STREAM}/fetch", {"size": size, **more})

    def advance(self, sequence_id: str) -> None:
        """Advance the stream."""
        answer = self.good("POST", f"{STREAM}/advance", {"sequence_id": sequence_id})
        assert answer == {"sequence_id": sequence_id, "status": "ok"}

    def reset(self, instant: str) -> str:
        """Reset the stream; answers the sequence id."""
        return str(self.good("POST", f"{STREAM}/reset", {"to_comment_created_at": instant})["sequence_id"])

    def export(self, **request: Any) -> Any:
        """One page of an export."""
        return self.good("POST", f"{DATASET}/export", request)

    def uid(self, name: str) -> str:
        """The uid of a comment."""
        return f"{self.source_id}.{name}"


def names(items: Iterable[dict[str, Any]]) -> str:
    """The ids of the comments in an answer, one after the other."""
    return "".join(item["comment"]["id"] for item in items)
