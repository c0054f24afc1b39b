"""Text to resources: YAML with places, schemas, variables, overlays, references.

Belongs here: reading manifests, and saying what is wrong with them, all of it at once and with its place; writing them.
Does not belong here: what a resource means to its provider (`providers`), what is to be done about it (`planner`), the
values of secrets, which are never read here.
"""

from dsops.manifest.discovery import OVERLAYS, STACK_FILE, find_root, is_read
from dsops.manifest.events import Document, Parsed, parse
from dsops.manifest.load import Loaded, load
from dsops.manifest.places import Places
from dsops.manifest.writer import write_documents

__all__ = [
    "OVERLAYS",
    "STACK_FILE",
    "Document",
    "Loaded",
    "Parsed",
    "Places",
    "find_root",
    "is_read",
    "load",
    "parse",
    "write_documents",
]
