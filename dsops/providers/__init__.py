"""Providers: codecs between manifests and vendors' APIs.

Belongs here: URLs, headers, wire names, what a vendor's error means, facts about kinds. Does not belong here:
sockets, clocks,
secrets' values before signing, deciding what should happen. One folder a provider; no provider imports another.
"""

from dsops.providers.registry import (
    further_schemas,
    installed_names,
    kind_of,
    kinds,
    provider,
    provider_names,
    schemas,
)

__all__ = ["further_schemas", "installed_names", "kind_of", "kinds", "provider", "provider_names", "schemas"]
