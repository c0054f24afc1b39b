"""Progress, one line an event."""

from dsops.model import Event, EventKind, Status
from dsops.render.document import json_text
from dsops.render.style import Style, printable

_LOOKS = {Status.SUCCEEDED: "green", Status.FAILED: "red", Status.SKIPPED: "yellow", Status.UNKNOWN: "magenta"}


def event_text(event: Event, *, colour: bool = False) -> str:
    """Tell what happened: ``succeeded uipath/Stream/dispute: update``."""
    style = Style(colour)
    word = event.kind.value
    if event.kind is EventKind.FINISHED and event.status is not None:
        word = style(event.status.value, _LOOKS[event.status])
    head = f"{word} {event.address}" if event.address else word
    return f"{head}: {printable(event.text)}" if event.text else head


def event_json(event: Event) -> str:
    """Write the event as one line of JSON."""
    return json_text(
        {
            "event": event.kind.value,
            "address": str(event.address) if event.address else None,
            "status": event.status.value if event.status else None,
            "total": event.total,
            "text": event.text,
        },
        compact=True,
    )
