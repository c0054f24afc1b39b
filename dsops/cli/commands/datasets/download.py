"""`dsops dataset download`."""

from pathlib import Path

import click

from dsops.cli.connections import connection_option
from dsops.cli.options import Common, common_options


@click.command(
    epilog="\b\nExample:\n"
    "  dsops dataset download shelves --into data/shelves --split-ratio 0.8\n"
    "  dsops dataset download shelves --into labels --annotations-only\n"
    "  dsops dataset download shelves --export 77ab01c2 --into data/shelves --overwrite"
)
@click.argument("dataset")
@click.option("--into", metavar="DIR", required=True, type=click.Path(path_type=Path), help="The folder to make.")
@click.option("--export", metavar="ID", help="The export with this id; else one with the specification below.")
@click.option("--as", "layout", metavar="FORM", help="Form of the archive: ViFull (the default), ViJsonl, ...")
@click.option("--normalized/--pixels", default=None, help="Coordinates from 0 to 1 (the default), or in pixels.")
@click.option("--split-ratio", type=float, metavar="R", help="Share of the assets for training; without it no split.")
@click.option("--annotations-only", is_flag=True, help="No assets: ViJsonl, where no other form is given.")
@click.option("--overwrite", is_flag=True, help="Replace DIR, in the end, if it is there.")
@connection_option
@common_options("text", "json")
def command(
    common: Common,
    dataset: str,
    into: Path,
    *,
    export: str | None,
    layout: str | None,
    normalized: bool | None,
    split_ratio: float | None,
    annotations_only: bool,
    overwrite: bool,
    connection: str | None,
) -> int:
    """Download DATASET: its assets with their annotations, unpacked into a folder.

    The newest finished export with the same specification is fetched. Where there is none, one is made and awaited:
    that changes nothing of the dataset, so nobody is asked.

    DIR appears when everything has come and been checked. An interrupted download leaves DIR.part and DIR.part.json;
    the same command goes on from there.
    """
    from dsops.cli.downloading import into_folder

    given = {
        "export": export,
        "format": layout,
        "normalized": normalized,
        "splitRatio": split_ratio,
        "annotationsOnly": annotations_only or None,
    }
    arguments = {name: value for name, value in given.items() if value is not None}
    return into_folder(common, dataset, connection, arguments, into, overwrite=overwrite)
