"""`dsops emulator`."""

from pathlib import Path

import click

from dsops.cli.extras import require_emulator
from dsops.cli.options import Common, common_options

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog="\b\nExample:\n  dsops emulator --port 0 --data emulator.db")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8321, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option("--data", type=_FILE, help="SQLite file that keeps the data; in memory without it.")
@click.option("--seed", type=_FILE, help="YAML or JSON file of objects to begin with.")
@click.option("--tokens", type=_FILE, help="JSON file of further tokens with their permissions.")
@click.option(
    "--echo-thresholds/--no-echo-thresholds",
    default=True,
    show_default=True,
    help="Whether streams answer their thresholds.",
)
@click.option(
    "--put-existing",
    type=click.Choice(("conflict", "upsert")),
    default="conflict",
    show_default=True,
    help="What PUT on a name that is taken does.",
)
@common_options("text")
def command(
    common: Common,
    host: str,
    port: int,
    data: Path | None,
    seed: Path | None,
    tokens: Path | None,
    echo_thresholds: bool,
    put_existing: str,
) -> int:
    """Serve the providers' APIs on one local port, to try and to test.

    When it is ready it prints one line, {"url": "http://127.0.0.1:8321"}. It takes the token `emulator`, and runs until
    it is interrupted.
    """
    del common
    require_emulator()
    from dsops.emulator import Options, PutExisting, SetupError
    from dsops.emulator.serve import serve
    from dsops.model import DsopsError

    options = Options(
        data=data, seed=seed, tokens=tokens, echo_thresholds=echo_thresholds, put_existing=PutExisting(put_existing)
    )
    try:
        serve(host, port, options)
    except SetupError as error:
        raise DsopsError.of(f"the emulator can't start: {error}") from error
    return 0
