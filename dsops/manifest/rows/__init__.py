"""Rows: what a manifest says of them, the files they stand in, one reader a format, one writer.

Belongs here: finding the files that ``rows.from`` names, reading rows with their places, reading some of them again,
writing them. Does not belong here: what a row means and whether it is one (the provider's ``RowCodec``, which is handed
in), comparing them (`planner`). No row is kept: a million of them cost some twelve bytes each.
"""

from dsops.manifest.rows.reader import RowReader
from dsops.manifest.rows.writer import write_rows

__all__ = ["RowReader", "write_rows"]
