"""The whole of a state at once: as one document, kept as backups, copied from store to store.

Belongs here: what `dsops state pull`, `push`, `restore` and `migrate` do. Does not belong here: what a plan or an
apply needs; they don't import this.
"""

from dsops.state.entries import Whole
from dsops.state.whole.backups import Backup, Backups, read_backup
from dsops.state.whole.copying import migrate, push, restore
from dsops.state.whole.dump import document_of as state_document

__all__ = ["Backup", "Backups", "Whole", "migrate", "push", "read_backup", "restore", "state_document"]
