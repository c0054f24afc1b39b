"""State in an object store: S3 and what speaks its language, Google Cloud Storage, Azure Blob Storage.

obstore runs threads of its own, which a forked child doesn't have: once this is imported, start processes only anew.
"""

from dsops.state.objects.shelf import SETTINGS, ObjectShelf

__all__ = ["SETTINGS", "ObjectShelf"]
