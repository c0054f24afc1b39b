"""Who asks: a signed request, or one with a token; and what they may do."""

from collections.abc import Callable
from datetime import datetime

from dsops.emulator.exchange import Incoming, Refusal
from dsops.emulator.modelarts import codes
from dsops.emulator.modelarts.signature import ALGORITHM, parse_signature, problem
from dsops.emulator.tokens import Tokens

Missing = Callable[[tuple[str, ...]], tuple[str, ...]]


def check_access(incoming: Incoming, tokens: Tokens, wall: Callable[[], datetime]) -> Missing:
    """Find who asks; returns what tells which of the required permissions they lack. Raises Refusal 401.

    A signature counts where there is one, also beside a token. wall: the time that signatures are dated by.
    """
    authorization = incoming.headers.get("authorization", "")
    if authorization.startswith(("SDK-", "V11-")):
        return _check_signature(incoming, tokens, authorization, wall())
    token = incoming.headers.get("x-auth-token")
    if token is None:
        raise codes.trouble(
            codes.BAD_SIGNATURE,
            "Incorrect IAM authentication information: x-auth-token not found. Sign the request, or send X-Auth-Token.",
            401,
        )
    if not tokens.knows(token):
        raise codes.trouble(codes.BAD_TOKEN, "The token is invalid.", 401)
    return lambda required: tokens.missing(token, required)


def _check_signature(incoming: Incoming, tokens: Tokens, authorization: str, now: datetime) -> Missing:
    signature = parse_signature(authorization)
    if signature is None:
        raise _refused(f"the emulator knows {ALGORITHM} Access=..., SignedHeaders=..., Signature=... only")
    pair = tokens.pair(signature.access_key)
    if pair is None:
        raise _refused("Get secretKey failed, ak not exist")
    wrong = problem(incoming, signature, pair.secret_key, now)
    if wrong:
        raise _refused(f"verify aksk signature fail: {wrong}")
    _check_security_token(incoming, signature.headers, pair.security_token)
    return pair.missing


def _check_security_token(incoming: Incoming, signed: tuple[str, ...], expected: str | None) -> None:
    sent = incoming.headers.get("x-security-token")
    if sent is not None and "x-security-token" not in signed:
        raise _refused("X-Security-Token must be among SignedHeaders")
    if expected is not None and sent != expected:
        raise _refused("the security token isn't that of this key pair")


def _refused(text: str) -> Refusal:
    return codes.trouble(codes.BAD_SIGNATURE, f"Incorrect IAM authentication information: {text}.", 401)
