"""The archive of an export: a zip in the documented layout, kept in pieces.

training/ and validation/ with a split ratio, else dump/; in each of them
  images/NAME.png           the pictures                        ViFull
  assets/NAME.png           the same: the vendor's documentation and SDK have both names (specs/vi.md, choice 16)
  annotations/NAME.jsonl    a file for each picture, a line for each annotation
"""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO, Any

import orjson

from dsops.emulator.vi.images import png
from dsops.emulator.vi.tables import PIECE, Asset, Job, Tables

# No time of its own: the same data gives the same bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_FILE, _FOLDER = 0o100644 << 16, 0o040755 << 16 | 0x10


def write(tables: Tables, job: Job, spec: Mapping[str, Any]) -> tuple[int, str]:
    """Write the archive of an export; its size and digest."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as archive:
            _fill(archive, tables, job, spec)
        return _keep(file, tables, job)


def read(tables: Tables, job: Job, first: int, last: int) -> Iterator[bytes]:
    """The bytes of an archive from `first` to `last`, both included."""
    place = first
    while place <= last:
        position, skip = divmod(place, PIECE)
        piece = tables.piece(job.number, position)[skip : skip + last - place + 1]
        if not piece:
            return  # the export was deleted meanwhile: the connection ends short
        yield piece
        place += len(piece)


def stem(filename: str) -> str:
    """A file's name without its suffix: what the file of its annotations is called."""
    return PurePosixPath(filename).stem


def _keep(file: IO[bytes], tables: Tables, job: Job) -> tuple[int, str]:
    file.seek(0)
    digest, size, position = hashlib.sha256(), 0, 0
    while piece := file.read(PIECE):
        tables.add_piece(job.number, position, piece)
        digest.update(piece)
        size += len(piece)
        position += 1
    return size, digest.hexdigest()


def _fill(archive: zipfile.ZipFile, tables: Tables, job: Job, spec: Mapping[str, Any]) -> None:
    options = spec["options"]
    full = spec["format"] == "ViFull"
    folders = ("images", "assets", "annotations") if full else ("annotations",)
    for split in _splits(options):
        for folder in ("", *(f"{each}/" for each in folders)):
            archive.writestr(_entry(f"{split}/{folder}", _FOLDER), b"")
    for asset in tables.assets(job.dataset):
        document = orjson.loads(asset.document)
        split = _split_of(asset, options)
        if full:
            picture = png(asset.id, document["metadata"]["width"], document["metadata"]["height"])
            for folder in ("images", "assets"):
                archive.writestr(_entry(f"{split}/{folder}/{asset.filename}"), picture)
        lines = b"".join(_lines(asset, document, normalized=options["normalized"]))
        name = f"{split}/annotations/{stem(asset.filename)}.jsonl"
        archive.writestr(_entry(name), lines, zipfile.ZIP_DEFLATED)


def _entry(name: str, attributes: int = _FILE) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.external_attr = attributes
    return entry


def _splits(options: Mapping[str, Any]) -> tuple[str, ...]:
    return ("dump",) if options["splitRatio"] is None else ("training", "validation")


def _split_of(asset: Asset, options: Mapping[str, Any]) -> str:
    """By a number between 0 and 1 that an asset has for good, so that assets keep their side."""
    if options["splitRatio"] is None:
        return "dump"
    share = int.from_bytes(hashlib.sha256(asset.id.encode()).digest()[:4]) / 2**32
    return "training" if share < options["splitRatio"] else "validation"


def _lines(asset: Asset, document: Mapping[str, Any], *, normalized: bool) -> Iterator[bytes]:
    width, height = document["metadata"]["width"], document["metadata"]["height"]
    scale = (1, 1) if normalized else (width, height)
    shown = {"type": "Image", "filename": asset.filename, "height": height, "width": width}
    for number, annotation in enumerate(orjson.loads(asset.annotations), 1):
        line = {"id": f"{asset.id}{number:04}", "asset": shown, "contents": _contents(annotation, scale)}
        yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _contents(annotation: Mapping[str, Any], scale: tuple[int, int]) -> dict[str, Any]:
    if "interactions" in annotation:
        interactions = [{"order": order, **each} for order, each in enumerate(annotation["interactions"], 1)]
        return {"type": "Vqa", "interactions": interactions}
    phrases = [
        {**each, "bounds": [[x * scale[0], y * scale[1]] for x, y in each["bounds"]]}
        for each in annotation["groundedPhrases"]
    ]
    return {"type": "PhraseGrounding", "caption": annotation["caption"], "groundedPhrases": phrases}
