"""Datasets as code: YAML manifests in, the fewest API calls out.

This file holds the version and imports nothing, so that `dsops --version` costs no more than starting Python.
Everything else lives in the packages below; `specs/architecture.md` says what belongs where.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
