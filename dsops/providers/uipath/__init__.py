"""UiPath Communications Mining: datasets and streams.

Facts and choices stand in ``specs/uipath.md`` and ``specs/uipath.openapi.yaml``.
"""

from dsops.providers.uipath.dataset import Dataset
from dsops.providers.uipath.provider import UiPath
from dsops.providers.uipath.stream import Stream

__all__ = ["Dataset", "Stream", "UiPath"]
