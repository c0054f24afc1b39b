"""Holds requests and answers against an API description in specs/."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).resolve().parents[2]
BASE = "urn:openapi"


class Description:
    """One OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = yaml.safe_load(path.read_text())
        resource: Resource[Any] = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(BASE, resource)
        self._validators: dict[str, Draft202012Validator] = {}
        self.operations = {
            (method.upper(), template): operation
            for template, item in self.document["paths"].items()
            for method, operation in item.items()
            if method != "parameters"
        }

    def schema_names(self) -> list[str]:
        """The names of all component schemas."""
        return list(self.document["components"]["schemas"])

    def validator(self, pointer: str) -> Draft202012Validator:
        """A validator for the schema at a JSON pointer of the document."""
        if pointer not in self._validators:
            schema = {"$ref": f"{BASE}#{pointer}"}
            self._validators[pointer] = Draft202012Validator(schema, registry=self._registry)
        return self._validators[pointer]

    def find(self, method: str, raw_path: str) -> tuple[str, str, dict[str, str]]:
        """Method, path template and decoded path values of a request. Raises LookupError where none is described."""
        path = re.sub("((?:datasets|sources)/[^/]+?)%2[Ff]", r"\1/", urlsplit(raw_path).path, count=1)
        decoded = "/".join(unquote(part) for part in path.split("/"))
        # A fixed part is more than a placeholder: /datasets/id:{id} comes before /datasets/{project}.
        for known, template in sorted(self.operations, key=lambda operation: operation[1].replace("{", "~")):
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
            match = re.fullmatch(pattern, decoded)
            if known == method and match:
                return known, template, match.groupdict()
        raise LookupError(f"{method} {raw_path} is not described")

    def request_problems(self, method: str, raw_path: str, body: Any) -> list[str]:
        """What is wrong with a request: its path values, its query and its body."""
        method, template, values = self.find(method, raw_path)
        problems = []
        for reference in self.document["paths"][template].get("parameters", []):
            parameter = self._resolve(reference)
            if parameter["in"] != "path":
                continue
            pointer = f"{reference['$ref'].removeprefix('#')}/schema"
            problems += self._problems(pointer, values[parameter["name"]], parameter["name"])
        problems += self._query_problems(method, template, parse_qs(urlsplit(raw_path).query, keep_blank_values=True))
        pointer = f"/paths/{_escape(template)}/{method.lower()}/requestBody/content/application~1json/schema"
        taken = self.operations[method, template].get("requestBody")
        if taken and (body is not None or taken["required"]):
            problems += self._problems(pointer, body, "body")
        elif body is not None:
            problems.append(f"{method} {template} takes no body")
        return problems

    def _query_problems(self, method: str, template: str, query: dict[str, list[str]]) -> list[str]:
        described = self.operations[method, template].get("parameters", [])
        problems = [
            f"query.{name} is not described" for name in query if name not in {each["name"] for each in described}
        ]
        for position, parameter in enumerate(described):
            name = parameter["name"]
            pointer = f"/paths/{_escape(template)}/{method.lower()}/parameters/{position}/schema"
            if name in query:
                value = _typed(query[name], parameter["schema"].get("type"))
                problems += self._problems(pointer, value, f"query.{name}")
            elif parameter["required"]:
                problems.append(f"query.{name} is required")
        return problems

    def answer_problems(self, method: str, raw_path: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer: a status that isn't described, or a body that isn't as described."""
        method, template, _ = self.find(method, raw_path)
        answers = self.operations[method, template]["responses"]
        if str(status) not in answers:
            return [f"{method} {template} is not described to answer {status}"]
        answer = self._resolve(answers[str(status)]) if "$ref" in answers[str(status)] else answers[str(status)]
        if body is None and answer.get("x-may-be-empty"):
            return []
        at = f"/paths/{_escape(template)}/{method.lower()}/responses/{status}"
        pointer = answers[str(status)].get("$ref", at).removeprefix("#")
        return self._problems(f"{pointer}/content/application~1json/schema", body, "answer")

    def _resolve(self, reference: dict[str, str]) -> dict[str, Any]:
        value: Any = self.document
        for part in reference["$ref"].removeprefix("#/").split("/"):
            value = value[part]
        return dict(value)

    def _problems(self, pointer: str, value: Any, where: str) -> list[str]:
        return [
            f"{where}{error.json_path[1:]}: {error.message}" for error in self.validator(pointer).iter_errors(value)
        ]


def _typed(values: list[str], kind: str | None) -> Any:
    """What a query says, as the JSON value that its schema is about; text where it is no such value."""
    if kind == "array":
        return values
    if kind == "integer" and re.fullmatch("-?[0-9]+", values[-1]):
        return int(values[-1])
    return {"true": True, "false": False}.get(values[-1], values[-1]) if kind == "boolean" else values[-1]


def variants(value: Any) -> Iterator[Any]:
    """Bodies with one thing changed each, at any depth: another type, a key more, a key less, an end of a list."""
    yield from (None, True, -1, 1.5, 10**6, "", "x" * 20_000, [], {}, {"unknown": 1})
    if isinstance(value, dict):
        for key in value:
            yield {other: value[other] for other in value if other != key}
            yield from ({**value, key: changed} for changed in variants(value[key]))
        yield {**value, "unknown": 1}
    elif isinstance(value, list) and value:
        yield value * 2
        yield from ([changed, *value[1:]] for changed in variants(value[0]))


def check_soundness(description: Description) -> None:
    """Fail unless every schema is one, every reference leads somewhere, and operations have names of their own."""
    for name in description.schema_names():
        Draft202012Validator.check_schema(description.document["components"]["schemas"][name])
        list(description.validator(f"/components/schemas/{name}").iter_errors({}))
    identities = [operation["operationId"] for operation in description.operations.values()]
    assert len(set(identities)) == len(identities)


def count_valid_examples(description: Description, values: Mapping[str, str]) -> int:
    """How many examples of bodies there are; fails at one that isn't valid. values: what stands in paths."""
    shown = 0
    for (method, path), operation in description.operations.items():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in body:
            assert description.request_problems(method, path.format(**values), body["example"]) == []
            shown += 1
    return shown


def _escape(template: str) -> str:
    """A path template as one part of a JSON pointer inside a URI fragment."""
    return template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


UIPATH = Description(ROOT / "specs" / "uipath.openapi.yaml")
GEAI = Description(ROOT / "specs" / "geai.openapi.yaml")
MODELARTS = Description(ROOT / "specs" / "modelarts.openapi.yaml")
VI = Description(ROOT / "specs" / "vi.openapi.yaml")
