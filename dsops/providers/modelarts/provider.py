"""The provider: the project, how requests are signed, and how refusals are read."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from dsops.model import (
    Call,
    Connection,
    Failure,
    FailureKind,
    Flow,
    Kind,
    Operation,
    RemoteError,
    Request,
    Response,
)
from dsops.providers.common import has_id, meaning
from dsops.providers.modelarts.dataset import Dataset
from dsops.providers.modelarts.operations import OPERATIONS
from dsops.providers.modelarts.signing import signed
from dsops.providers.modelarts.version import DatasetVersion
from dsops.providers.modelarts.wire import CURRENT_ID, PROJECT, bad_answer

_KIND_OF_CODE = {
    (400, "ModelArts.4352"): FailureKind.NOT_FOUND,
    (400, "ModelArts.4353"): FailureKind.NOT_FOUND,
    (400, "ModelArts.4351"): FailureKind.CONFLICT,
    (400, "ModelArts.4371"): FailureKind.CONFLICT,
    (400, "ModelArts.4343"): FailureKind.BUSY,
    (400, "ModelArts.4344"): FailureKind.BUSY,
    (400, "ModelArts.4349"): FailureKind.BUSY,
    (400, "ModelArts.4355"): FailureKind.BUSY,
    (400, "ModelArts.4356"): FailureKind.BUSY,
    (400, "ModelArts.4370"): FailureKind.BUSY,
    (400, "ModelArts.4381"): FailureKind.BUSY,
    (404, "ModelArts.4204"): FailureKind.UNEXPECTED,
    (404, "APIGW.0101"): FailureKind.UNEXPECTED,
}
"""What is meant where the status alone would say something else (``specs/modelarts.md``, codes)."""
_ONE_A_MINUTE = "ModelArts.4370"


class ModelArts:
    """Huawei ModelArts."""

    name = "modelarts"
    kinds: Mapping[str, Kind] = MappingProxyType({"Dataset": Dataset(), "DatasetVersion": DatasetVersion()})
    operations: Mapping[str, Operation] = OPERATIONS

    def prepared(self, connection: Connection, call: Call) -> Call:
        """Put the project's id into the path, once it is known, and a version's own id into the body."""
        project = connection.settings.get("project")
        if project is not None and PROJECT in call.path:
            path = tuple(project if part == PROJECT else part for part in call.path)
            call = dataclasses.replace(call, path=path)
        match call.body:
            # A version's remote id begins with that of its dataset; the API knows it without.
            case {"current_version_id": str(remote_id)} if "/" in remote_id:
                own = remote_id.partition("/")[2]
                return dataclasses.replace(call, body={**call.body, CURRENT_ID: own})
            case _:
                return call

    def handshake(self, connection: Connection) -> Flow | None:
        """Ask the account service for the id of the region's project, where the connection doesn't name it."""
        return None if "project" in connection.settings else _project_of(connection)

    def authenticate(
        self, connection: Connection, secrets: Mapping[str, str], request: Request, now: dt.datetime
    ) -> Request:
        """Add the token; or sign, with the project beside it where that is known (``specs/modelarts.md``, signing)."""
        if "token" in secrets:
            return dataclasses.replace(request, headers={**request.headers, "x-auth-token": secrets["token"]})
        project = connection.settings.get("project")
        known = {} if project is None else {"x-project-id": project}
        return signed(dataclasses.replace(request, headers={**request.headers, **known}), secrets, now)

    def failure(self, response: Response) -> Failure | None:
        """Read status and code together: what is missing, taken or busy is HTTP 400 as well as what is wrong.

        A success may hold an error too: ``success`` is false then (``specs/modelarts.md``, choices 7 and 11).
        """
        body = response.body if isinstance(response.body, dict) else {}
        code, words = next(_problems(body), ("", ""))
        status = response.status
        if 200 <= status < 300:
            if body.get("success") is not False:
                return None
            status, words = 400, words or "the answer says that it did not succeed"
        kind = _KIND_OF_CODE.get((status, code)) or meaning(status)
        pause = 0.0 if kind is not FailureKind.BUSY else 60.0 if code == _ONE_A_MINUTE else 2.0
        return Failure(kind, words or response.text[:200] or f"HTTP {status}", code or str(status), pause)


def _problems(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield code and words, in the forms that services of the vendor give them, one level down too."""
    for each in (body, *body.values()):
        if isinstance(each, dict):
            for code, words in (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message")):
                if each.get(code) and isinstance(each.get(words), str):
                    yield str(each[code]), each[words]


def _project_of(connection: Connection) -> Flow:
    region = connection.settings["region"]
    call = Call("GET", ("v3", "projects"), query=(("name", region),), base=account_service(connection))
    response = yield call
    projects = response.body.get("projects") if isinstance(response.body, dict) else None
    if not isinstance(projects, list) or not all(has_id(each, "id") for each in projects):
        bad_answer("it has no list 'projects' of objects with ids")
    if len(projects) == 1:
        return {"project": projects[0]["id"]}
    found = f"has {len(projects)} projects" if projects else "has no project"
    raise RemoteError.of(
        f"the account of connection {connection.name} {found} called {region}",
        detail=f"{call.base} was asked, and just one project belongs to a region.",
        hint="write project: with the project's id, or correct the region",
    )


def account_service(connection: Connection) -> str:
    """Return where projects are looked up: beside the endpoint, as the vendor calls it, where nothing else is said."""
    given: str | None = connection.settings.get("iamEndpoint")
    if given is not None:
        return given.rstrip("/")
    parts = urlsplit(connection.endpoint)
    host = parts.netloc
    if host.startswith("modelarts."):
        host = f"iam.{host.removeprefix('modelarts.')}"
    return f"{parts.scheme}://{host}"
