"""`dsops emulator`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from dsops.cli.extras import require_emulator
from dsops.cli.options import Common, common_options
from dsops.cli.output import say

# Shown in --help as it stands, and at the start with the real address in the place of {url}.
_GUIDE = """\
Token: emulator (Authorization: Bearer emulator); Vi: dtvi_ and any 98 characters, and Organization-Id as in the path.
Under {url}/_emulator, without a token:
  GET  /requests    what arrived, and what became of it (DELETE empties it)
  POST /faults      rules for trouble (DELETE drops them); GET /held, POST /release
  POST /clock       {{"now": "2024-01-01T00:00:00Z"}}, {{"advance": 60}}, {{"now": null}}
  POST /reset       back to the data of the start
The third POST commits, and then its connection drops:
  curl {url}/_emulator/faults -d '[{{"match": {{"method": "POST"}}, "skip": 2, "fault": "drop_after"}}]'
Comments come from --generate or --seed, or are uploaded now:
  curl -X PUT {url}/api/v1/sources/project1/mail -H 'Authorization: Bearer emulator' -d '{{"source": {{}}}}'
  curl {url}/api/v1/sources/project1/mail/sync -H 'Authorization: Bearer emulator' -d '{{"comments": [
    {{"id": "1", "timestamp": "2024-01-01", "messages": [{{"body": {{"text": "Where is my refund?"}}}}]}}]}}'"""

Command = TypeVar("Command", bound=Callable[..., object])
_FILE = click.Path(dir_okay=False, path_type=Path)
# option: its values, of which the first is the default, and what it is about.
_GEAI = {
    "--extension-field": (("either", "vendor", "sdk", "both"), "which spelling of a source's extension counts."),
    "--row-put": (("replace", "merge", "ignore-nested"), "what PUT of a row does with its sources and variables."),
    "--upload": (("sync", "async"), "whether an upload is done at once, or accepted with 202 and done later."),
    "--upload-answer": (("rows", "summary"), "what an upload of rows answers."),
    "--delete-answer": (("message", "empty"), "what a delete answers."),
}


def _geai_options(command: Command) -> Command:
    """Add the switches for what GEAI's documentation leaves open (specs/geai.md)."""
    command = click.option("--error-in-200", is_flag=True, help="GEAI: errors of validation come as HTTP 200.")(command)
    for name, (values, help_) in reversed(_GEAI.items()):
        choice = click.Choice(values)
        option = click.option(name, type=choice, default=values[0], show_default=True, help=f"GEAI: {help_}")
        command = option(command)
    return command


def _modelarts_options(command: Command) -> Command:
    """Add the switches for what ModelArts' documentation leaves open, and for its speed (specs/modelarts.md)."""
    seconds = click.FloatRange(min=0)
    command = click.option(
        "--version-interval", type=seconds, default=60, show_default=True, help="ModelArts: seconds between versions."
    )(command)
    command = click.option(
        "--modelarts-delay", type=seconds, default=0.2, show_default=True, help="ModelArts: seconds that work takes."
    )(command)
    return click.option(
        "--offset",
        type=click.Choice(("page", "records")),
        default="page",
        show_default=True,
        help="ModelArts: what the offset of a list counts.",
    )(command)


def _vi_options(command: Command) -> Command:
    """Add the switches for what Vi's documentation leaves open, and for its speed (specs/vi.md)."""
    seconds = click.FloatRange(min=0)
    names = click.Choice(("free", "unique"))
    urls = click.Choice(("renewed", "fixed"))
    for option in (
        click.option(
            "--vi-url-seconds", type=seconds, default=3600, show_default=True, help="Vi: how long they are good for."
        ),
        click.option(
            "--vi-urls", type=urls, default="renewed", show_default=True, help="Vi: addresses, when read again."
        ),
        click.option(
            "--vi-names", type=names, default="free", show_default=True, help="Vi: whether a name may be taken twice."
        ),
        click.option("--vi-delay", type=seconds, default=0.2, show_default=True, help="Vi: seconds that work takes."),
    ):
        command = option(command)
    return command


def _limit_options(command: Command) -> Command:
    """Add the options of a limit on the rate of requests (specs/uipath.md)."""
    positive = click.FloatRange(min=0, min_open=True)
    for option in (
        click.option(
            "--retry-after",
            type=click.Choice(("seconds", "date", "none")),
            default="seconds",
            show_default=True,
            help="What a 429 of --rate says.",
        ),
        click.option("--burst", type=click.FloatRange(min=1), help="With --rate: requests at once; those of a second."),
        click.option("--rate", type=positive, help="Requests a second; more are refused with 429."),
    ):
        command = option(command)
    return command


@click.command(
    epilog="\b\nExample:\n  dsops emulator --port 0 --data emulator.db\n"
    "  dsops emulator --generate comments=10000,datasets=2,streams=4\n"
    "  dsops emulator --generate geai-rows=10000 --row-put merge --upload async\n\n\b\n"
    + _GUIDE.format(url="http://127.0.0.1:8321")
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8321, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--data", type=_FILE, help="SQLite file that keeps the data; in memory without it.")
@click.option("--seed", type=_FILE, help="YAML or JSON file of objects to begin with.")
@click.option(
    "--generate",
    metavar="NAME=N,...",
    help="Objects to make up to begin with: comments=10000, and datasets and streams (1 of each); geai-rows=1000; "
    "modelarts-datasets=100; vi-assets=100.",
)
@click.option("--tokens", type=_FILE, help="JSON file of further tokens with their permissions.")
@click.option(
    "--echo-thresholds/--no-echo-thresholds",
    default=True,
    show_default=True,
    help="UiPath: whether streams answer their thresholds.",
)
@click.option(
    "--put-existing",
    type=click.Choice(("conflict", "upsert")),
    default="conflict",
    show_default=True,
    help="UiPath: what PUT on a name that is taken does.",
)
@_limit_options
@_geai_options
@_modelarts_options
@_vi_options
@common_options("text")
def command(
    common: Common,
    host: str,
    port: int,
    data: Path | None,
    seed: Path | None,
    generate: str | None,
    tokens: Path | None,
    **switches: Any,
) -> int:
    """Serve the providers' APIs on one local port, to try and to test.

    When it is ready it prints one line, {"url": "http://127.0.0.1:8321"}, and on stderr how to use it, unless
    --log-level is warning or error. It runs until it is interrupted.
    """
    require_emulator()
    from dsops import emulator
    from dsops.emulator.serve import serve
    from dsops.http.lanes import is_loopback
    from dsops.model import DsopsError
    from dsops.render import printable

    if not is_loopback(host):
        say(printable(f"warning: whoever reaches {host or 'this machine'} can use it, and read what it was sent."))
    guide = common.log_level in {"debug", "info"}
    try:
        options = emulator.Options(
            data=data,
            seed=seed,
            generate=emulator.parse_generate(generate) if generate else {},
            tokens=tokens,
            **_by_provider(switches),
        )
        serve(host, port, options, (lambda url: say(_GUIDE.format(url=url))) if guide else None)
    except emulator.SetupError as error:
        raise DsopsError.of(f"the emulator can't start: {error}") from error
    return 0


def _by_provider(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The switches, by the names of click's parameters, as fields of the emulator's Options."""
    from dsops import emulator

    rate, burst = chosen["rate"], chosen["burst"]
    return {
        "limit": emulator.Limit(rate, burst or max(1.0, rate), chosen["retry_after"]) if rate else None,
        "echo_thresholds": chosen["echo_thresholds"],
        "put_existing": emulator.PutExisting(chosen["put_existing"]),
        "geai": emulator.GeaiSwitches(
            extension_field=emulator.ExtensionField(chosen["extension_field"]),
            row_put=emulator.RowPut(chosen["row_put"]),
            upload=emulator.Upload(chosen["upload"]),
            upload_answer=emulator.UploadAnswer(chosen["upload_answer"]),
            delete_answer=emulator.DeleteAnswer(chosen["delete_answer"]),
            error_in_200=chosen["error_in_200"],
        ),
        "modelarts": emulator.ModelartsSwitches(
            offset=emulator.Offset(chosen["offset"]),
            delay=chosen["modelarts_delay"],
            version_interval=chosen["version_interval"],
        ),
        "vi": emulator.ViSwitches(
            delay=chosen["vi_delay"],
            unique_names=chosen["vi_names"] == "unique",
            renew_urls=chosen["vi_urls"] == "renewed",
            url_lifetime=chosen["vi_url_seconds"],
        ),
    }
