"""What people and programs read: plans, drift, reports, diagnostics, as text, JSON, markdown and annotations.

Belongs here: pure functions from a noun to a string, and the words in it. Does not belong here: deciding anything,
writing to a stream, asking, clocks. Whatever a provider named is printed with its control characters escaped, and
nothing is wrapped.
"""

from dsops.render.diagnostics import diagnostics_github, diagnostics_json, diagnostics_text
from dsops.render.document import json_text, visible_json
from dsops.render.download import download_text
from dsops.render.drift import drift_github, drift_json, drift_markdown, drift_text
from dsops.render.events import event_json, event_text
from dsops.render.graph import graph_document, graph_dot, graph_text
from dsops.render.kinds import kinds_document, kinds_text
from dsops.render.plan_markdown import plan_markdown
from dsops.render.plan_text import calls_phrase, plan_json, plan_summary, plan_text
from dsops.render.report import report_json, report_text
from dsops.render.state import (
    backups_document,
    backups_text,
    history_document,
    history_text,
    holder_text,
    intents_text,
    record_document,
    record_text,
    state_list_text,
)
from dsops.render.streams import fetched_text
from dsops.render.style import counted, printable
from dsops.render.tables import (
    Row,
    listing_markdown,
    listing_text,
    object_markdown,
    object_text,
    row_document,
    summary_text,
)

__all__ = [
    "Row",
    "backups_document",
    "backups_text",
    "calls_phrase",
    "counted",
    "diagnostics_github",
    "diagnostics_json",
    "diagnostics_text",
    "download_text",
    "drift_github",
    "drift_json",
    "drift_markdown",
    "drift_text",
    "event_json",
    "event_text",
    "fetched_text",
    "graph_document",
    "graph_dot",
    "graph_text",
    "history_document",
    "history_text",
    "holder_text",
    "intents_text",
    "json_text",
    "kinds_document",
    "kinds_text",
    "listing_markdown",
    "listing_text",
    "object_markdown",
    "object_text",
    "plan_json",
    "plan_markdown",
    "plan_summary",
    "plan_text",
    "printable",
    "record_document",
    "record_text",
    "report_json",
    "report_text",
    "row_document",
    "state_list_text",
    "summary_text",
    "visible_json",
]
