"""`dsops init`."""

from pathlib import Path

import click

from dsops.cli.options import Common, common_options
from dsops.cli.output import out, say

_STACK = """\
# The stack: which accounts there are, and what all of it has in common.
apiVersion: dsops/v1
kind: Stack
metadata:
  name: {name}
spec:
  variables:
    endpoint: {{default: "http://127.0.0.1:8321"}} # where `dsops emulator` listens; a real one: https://cloud.example.com/acme/prod/reinfer_
  connections:
    mail:
      provider: uipath
      endpoint: ${{var.endpoint}}
      token: ${{env:DSOPS_UIPATH_TOKEN}} # read when a request is signed; never kept
"""

_DATASET = """\
# A first resource. What is left out here is left alone there. `dsops schema uipath/Dataset` says what there is.
apiVersion: uipath/v1
kind: Dataset
metadata:
  name: first-dataset
spec:
  project: project1
  title: First dataset
  description: Declared with dsops.
"""

_IGNORED = """\
# The state, and what belongs to one machine.
.dsops/
"""


@click.command(epilog="\b\nExample:\n  dsops init support-mail")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--provider", type=click.Choice(("uipath",)), default="uipath", show_default=True, help="Whose resources."
)
@common_options("text")
def command(common: Common, folder: Path | None, provider: str) -> int:
    """Write a stack to start from into DIR (here, if not given). Nothing is overwritten."""
    del provider
    target = (common.directory / folder if folder else common.directory).resolve()
    files = {target / "dsops.yaml": _STACK.format(name=_name(target)), target / "datasets.yaml": _DATASET}
    taken = [path.name for path in files if path.exists()]
    if taken:
        from dsops.model import DsopsError

        raise DsopsError.of(f"{target} already has {' and '.join(taken)}", hint="Name another folder: dsops init DIR")
    ignored = target / ".gitignore"
    if ignored.exists():
        say("Add a line to .gitignore: .dsops/")
    else:
        files[ignored] = _IGNORED
    target.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    names = [f"  {path.relative_to(target.parent)}" for path in files]
    out("\n".join(["Wrote", *names, f"Next: dsops validate{f' -C {folder}' if folder else ''}"]))
    return 0


def _name(folder: Path) -> str:
    """Make a name that a stack may have of the folder's."""
    kept = "".join(each if each.isascii() and (each.isalnum() or each in "._-") else "-" for each in folder.name)
    return kept.lstrip("._-")[:256] or "stack"
