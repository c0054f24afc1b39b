"""Datature Vi: datasets of images, and their exports.

Facts and choices stand in ``specs/vi.md`` and ``specs/vi.openapi.yaml``.
"""

from dsops.providers.vi.dataset import Dataset
from dsops.providers.vi.export import Export
from dsops.providers.vi.provider import Vi

__all__ = ["Dataset", "Export", "Vi"]
