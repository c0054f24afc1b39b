"""Huawei ModelArts: datasets with their labels, and their published versions.

Facts and choices stand in ``specs/modelarts.md`` and ``specs/modelarts.openapi.yaml``.
"""

from dsops.providers.modelarts.dataset import Dataset
from dsops.providers.modelarts.provider import ModelArts
from dsops.providers.modelarts.version import DatasetVersion

__all__ = ["Dataset", "DatasetVersion", "ModelArts"]
