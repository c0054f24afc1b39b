"""Globant Enterprise AI: evaluation datasets and their rows.

Facts and choices stand in ``specs/geai.md`` and ``specs/geai.openapi.yaml``.
"""

from dsops.providers.geai.dataset import Dataset
from dsops.providers.geai.provider import Geai
from dsops.providers.geai.rows import Rows

__all__ = ["Dataset", "Geai", "Rows"]
