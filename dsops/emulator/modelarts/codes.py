"""The vendor's error codes, and refusals that carry one.

A missing object and a conflict are HTTP 400 like a wrong field, so the code alone says which (specs/modelarts.md).
"""

from dsops.emulator.exchange import Refusal

INVALID = "ModelArts.0104"
TOO_LARGE = "ModelArts.4104"
NOT_JSON = "ModelArts.4105"
BAD_TOKEN = "ModelArts.4201"  # noqa: S105 — a code
NO_BODY = "ModelArts.4202"
NO_API = "ModelArts.4204"
NOT_BELOW = "ModelArts.4205"
TOO_MANY = "ModelArts.4206"
BAD_PATH = "ModelArts.4313"
DOUBLE_SLASH = "ModelArts.4315"
PUBLISHING = "ModelArts.4343"
DELETING = "ModelArts.4344"
SWITCHING = "ModelArts.4349"
LONG_WORK_PATH = "ModelArts.4350"
NAME_TAKEN = "ModelArts.4351"
NO_DATASET = "ModelArts.4352"
NO_VERSION = "ModelArts.4353"
SYNCING = "ModelArts.4355"
IMPORTING = "ModelArts.4356"
TOO_SOON = "ModelArts.4370"
VERSION_TAKEN = "ModelArts.4371"
NO_LABEL = "ModelArts.4410"
LABEL_TAKEN = "ModelArts.4411"
SHORTCUT_TAKEN = "ModelArts.4412"
LABEL_UNFIT = "ModelArts.4413"
NO_ENTITY = "ModelArts.4414"
ENTITY_IN_USE = "ModelArts.4415"
BAD_SIGNATURE = "APIGW.0301"
NOT_ALLOWED = "APIGW.0302"

_BY_STATUS = {
    400: INVALID,
    401: BAD_TOKEN,
    403: NOT_ALLOWED,
    404: NO_API,
    405: "APIGW.0101",
    413: TOO_LARGE,
    429: TOO_MANY,
}
_OTHERWISE = "APIGW.0601"
_FAMILIES = ("ModelArts.", "APIGW.")


def trouble(code: str, text: str, status: int = 400) -> Refusal:
    """A refusal with a code of the vendor's; `split` takes it out of the message again."""
    return Refusal(status, f"{code} {text}")


def split(status: int, message: str) -> tuple[str, str]:
    """Code and text of a refusal's message; one without a code gets that of its status."""
    first, _, rest = message.partition(" ")
    if first.startswith(_FAMILIES) and rest:
        return first, rest
    return _BY_STATUS.get(status, _OTHERWISE), message
