"""What stores that keep a state as one document have in common: the document, its saving, rows beside it.

Belongs here: what is the same for object stores and http-state servers. Does not belong here: how bytes get there and
back (`dsops.state.objects`, `dsops.state.http`); each supplies a `Shelf`.
"""

from dsops.state.document.shelf import Overtaken, Sheet, Shelf
from dsops.state.document.store import DocumentStore

__all__ = ["DocumentStore", "Overtaken", "Sheet", "Shelf"]
