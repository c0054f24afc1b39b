"""Who asks: a secret key, and the organization that it is used for."""

import re

from dsops.emulator.exchange import Incoming, Refusal
from dsops.emulator.tokens import Tokens

# As the vendor's client checks it before it asks: this prefix, 103 characters in all.
_SECRET = re.compile(r"dtvi_[!-~]{98}")


def check_secret(incoming: Incoming) -> str:
    """The secret key of a request; any that has the form will do. Raises Refusal 401."""
    scheme, _, secret = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _SECRET.fullmatch(secret):
        raise Refusal(401, "The request needs a secret key: Authorization: Bearer dtvi_... (103 characters in all).")
    return secret


def check_rights(
    incoming: Incoming, tokens: Tokens, secret: str, organization: str, permissions: tuple[str, ...]
) -> None:
    """Raise Refusal 403 where the organization isn't that of the header, or the secret key lacks a permission.

    A key that no tokens file names may do everything.
    """
    said = incoming.headers.get("organization-id")
    if said != organization:
        raise Refusal(403, f"The header Organization-Id must be {organization!r}, as in the path; it is {said!r}.")
    missing = tokens.missing(secret, permissions) if tokens.knows(secret) else ()
    if missing:
        raise Refusal(403, f"The secret key lacks the permission {missing[0]}.")
