"""`dsops init`."""

from pathlib import Path

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, say
from dsops.cli.starters import STARTERS

_IGNORED = """\
# The state, and what belongs to one machine.
.dsops/
"""


@click.command(epilog="\b\nExample:\n  dsops init support-mail\n  dsops init golden-set --provider geai")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--provider", type=click.Choice(tuple(STARTERS)), default="uipath", show_default=True, help="Whose resources."
)
@common_options("text")
def command(common: Common, folder: Path | None, provider: str) -> int:
    """Write a stack to start from into DIR (here, if not given). Nothing is overwritten."""
    target = (common.directory / folder if folder else common.directory).resolve()
    files = {target / path: text.format(name=_name(target)) for path, text in STARTERS[provider].items()}
    taken = [path.relative_to(target).as_posix() for path in files if path.exists()]
    if taken:
        from dsops.model import DsopsError

        raise DsopsError.of(f"{target} already has {' and '.join(taken)}", hint="Name another folder: dsops init DIR")
    ignored = target / ".gitignore"
    if ignored.exists():
        say("Add a line to .gitignore: .dsops/")
    else:
        files[ignored] = _IGNORED
    from dsops.cli.files import create_all

    create_all({path: [text.encode()] for path, text in files.items()})
    names = [f"  {path.relative_to(target.parent)}" for path in files]
    out("\n".join(["Wrote", *names, f"Next: dsops validate{f' -C {folder}' if folder else ''}"]))
    return 0


def _name(folder: Path) -> str:
    """Make a name that a stack may have of the folder's."""
    kept = "".join(each if each.isascii() and (each.isalnum() or each in "._-") else "-" for each in folder.name)
    return kept.lstrip("._-")[:256] or "stack"
