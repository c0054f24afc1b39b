"""The whole demo, from the first emulator to the last word."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from dsops.cli.demo.mail import play_mail
from dsops.cli.demo.rows import play_rows
from dsops.cli.demo.stage import Stage, Surprise, emulator
from dsops.cli.output import out
from dsops.model import DsopsError
from dsops.model.assets import asset
from dsops.render.style import Style

_PARTS: tuple[tuple[str, Callable[[Stage], None]], ...] = (("support-mail", play_mail), ("evaluation", play_rows))


def demonstrate(*, colour: bool) -> int:
    """Play the demo and return the exit code.

    Raises:
        DsopsError: Something didn't go as it should.
    """
    with tempfile.TemporaryDirectory(prefix="dsops-demo-") as scratch, emulator() as url:
        for example, play in _PARTS:
            folder = Path(scratch, example)
            shutil.copytree(asset("examples", example), folder, ignore=shutil.ignore_patterns(".dsops"))
            try:
                play(Stage(folder, url, Style(colour)))
            except Surprise as surprise:
                raise DsopsError.of("the demo went wrong", detail=str(surprise)) from surprise
    out("\nThe emulator is down and the folders are gone. Your own stack: dsops init my-stack")
    return 0
