"""From a stream's results to stdout; for `dsops stream fetch`."""

from collections.abc import Mapping
from typing import Any

from dsops.cli.operating import operate
from dsops.cli.options import Common
from dsops.cli.output import deliver, say
from dsops.cli.workspace import load_workspace
from dsops.engine.consume import each_result, fetch, whole_batch
from dsops.engine.consume import follow as follow_stream
from dsops.engine.places import locate
from dsops.render import fetched_text

_NAME = "stream fetch"


def consume(
    common: Common,
    stream: str,
    connection: str | None,
    arguments: Mapping[str, Any],
    *,
    advance: bool,
    follow: bool,
) -> int:
    """Print one batch, or follow the stream until nobody reads any more; returns the exit code."""
    workspace = load_workspace(common)
    place = locate(workspace, _NAME, stream, connection)
    form = whole_batch if common.format == "json" else each_result
    if follow:
        operate(common, workspace, _NAME, lambda desk: follow_stream(desk, place, arguments, deliver, form=form))
        return 0
    fetched = operate(
        common,
        workspace,
        _NAME,
        lambda desk: fetch(desk, place, arguments, deliver, advance=advance, form=form),
    )
    if fetched.read:
        say(
            fetched_text(
                str(place),
                fetched.results,
                filtered=fetched.filtered,
                position=fetched.position,
                advanced=fetched.advanced,
                at_end=fetched.at_end,
            )
        )
    return 0
