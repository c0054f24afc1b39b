"""Runs in a process of its own: has the vendor's core SDK sign or make calls, a line of JSON each, on stdin and stdout.

modelarts_driver.py sign        {"method": ..., "host": ..., ...} -> {"headers": {...}, "uri": ...}
modelarts_driver.py call URL    {"method": ..., "path": ..., "query": [...], "body": ..., "account": {...}}
                                -> {"status": ..., "body": ...} or {"error": ..., "status": ..., "code": ...}
"""

import json
import sys
import types
from typing import Any, ClassVar

from huaweicloudsdkcore.auth.credentials import BasicCredentials  # type: ignore[import-untyped]
from huaweicloudsdkcore.client import Client, ClientBuilder  # type: ignore[import-untyped]
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException  # type: ignore[import-untyped]
from huaweicloudsdkcore.region.region import Region  # type: ignore[import-untyped]
from huaweicloudsdkcore.sdk_request import SdkRequest  # type: ignore[import-untyped]
from huaweicloudsdkcore.sdk_response import SdkResponse  # type: ignore[import-untyped]
from huaweicloudsdkcore.signer.signer import Signer  # type: ignore[import-untyped]


class Raw(SdkResponse):  # type: ignore[misc]
    """An answer that is taken as it is: the SDK has no classes for the calls about datasets."""

    openapi_types: ClassVar[dict[str, str]] = {}


def sign(asked: dict[str, Any]) -> dict[str, Any]:
    request = SdkRequest(
        method=asked["method"],
        schema="https",
        host=asked["host"],
        resource_path=asked["path"],
        query_params=[tuple(pair) for pair in asked["query"]],
        header_params={**dict(asked["headers"]), "X-Sdk-Date": asked["date"]},
        body=asked["body"],
    )
    signed = Signer(BasicCredentials(asked["access_key"], asked["secret_key"], "p-17")).sign(request)
    return {"headers": {name.lower(): value for name, value in signed.header_params.items()}, "uri": signed.uri}


def client_of(url: str, account: dict[str, Any]) -> Any:
    """A client for an account: with a project, or with a region whose project the SDK looks up."""
    project = None if "region" in account else account["project"]
    credentials = BasicCredentials(account["access_key"], account["secret_key"], project)
    if "security_token" in account:
        credentials = credentials.with_security_token(account["security_token"])
    builder = ClientBuilder(Client)
    if "region" in account:
        builder = builder.with_region(Region(account["region"], url))
        credentials = credentials.with_iam_endpoint(url)
    else:
        builder = builder.with_endpoint(url)
    client = builder.with_credentials(credentials).build()
    client.model_package = types.SimpleNamespace(Raw=Raw)
    return client


def call(url: str, asked: dict[str, Any]) -> dict[str, Any]:
    client = client_of(url, asked["account"])
    try:
        answer = client.do_http_request(
            asked["method"],
            asked["path"],
            path_params={},
            query_params=[tuple(pair) for pair in asked["query"]],
            header_params=asked["headers"],
            body=asked["body"],
            response_type="Raw",
        )
    except ServiceResponseException as error:
        return {"error": error.error_msg, "status": error.status_code, "code": error.error_code}
    finally:
        client.close()
    return {"status": answer.status_code, "body": answer.to_json_object()}


def main(mode: str, url: str = "") -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever the SDK prints is no answer
    for line in sys.stdin:
        asked = json.loads(line)
        answers.write(json.dumps(sign(asked) if mode == "sign" else call(url, asked)) + "\n")
        answers.flush()


main(*sys.argv[1:])
