"""Each kind has a schema, pages in specs/, a place in the emulator, and an example (tests/examples applies it)."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dsops.model import Kind
from dsops.providers import kinds, provider, provider_names

ROOT = Path(__file__).resolve().parents[2]
KINDS = list(kinds().values())
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.info.type)
each_provider = pytest.mark.parametrize("name", provider_names())


def examples() -> set[str]:
    """Return the types that examples declare."""
    documents = [
        document
        for path in (ROOT / "examples").rglob("*.yaml")
        for document in yaml.safe_load_all(path.read_text())
        if isinstance(document, dict) and document.get("apiVersion", "").endswith("/v1")
    ]
    return {f"{document['apiVersion'].removesuffix('/v1')}/{document['kind']}" for document in documents}


def undescribed(schema: Any, where: str = "$") -> list[str]:
    """List the properties of a schema that no editor could explain."""
    match schema:
        case dict():
            own = [
                f"{where}.{name}"
                for name, sub in schema.get("properties", {}).items()
                if isinstance(sub, dict) and not {"description", "$ref", "const"} & set(sub)
            ]
            return own + [found for name, sub in schema.items() for found in undescribed(sub, f"{where}.{name}")]
        case list():
            return [found for sub in schema for found in undescribed(sub, where)]
    return []


@each_kind
def test_has_a_schema_that_explains_itself(kind: Kind) -> None:
    assert kind.info.schema == ROOT / "schemas" / kind.info.provider / f"{kind.info.kind}.json"
    schema = json.loads(kind.info.schema.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["description"]
    assert undescribed(schema) == []


@each_kind
def test_states_facts_about_fields_of_its_schema_only(kind: Kind) -> None:
    schema = json.loads(kind.info.schema.read_text())
    spec = schema["properties"]["spec"]
    declared = set(spec.get("properties", {}))
    assert declared, "the spec's properties stand in the schema itself"
    assert {path.split(".")[0] for path in kind.info.fields} <= declared
    assert all(path == field.path for path, field in kind.info.fields.items())


@each_kind
def test_has_an_example(kind: Kind) -> None:
    assert kind.info.type in examples()


@each_kind
def test_names_a_parent_that_is_a_kind(kind: Kind) -> None:
    assert kind.info.parent is None or kind.info.parent in kinds()
    assert (kind.info.parent is None) == (kind.info.parent_field is None)


@each_provider
def test_has_its_pages_in_specs(name: str) -> None:
    assert (ROOT / "specs" / f"{name}.md").read_text().startswith("# ")
    document = yaml.safe_load((ROOT / "specs" / f"{name}.openapi.yaml").read_text())
    assert document["openapi"].startswith("3.1")


@each_provider
def test_has_a_place_in_the_emulator(name: str) -> None:
    assert (ROOT / "dsops" / "emulator" / name / "__init__.py").is_file()


@each_provider
def test_is_called_what_its_folder_is_called(name: str) -> None:
    assert provider(name).name == name
    assert (ROOT / "dsops" / "providers" / name / "__init__.py").is_file()
    assert all(kind.info.provider == name and kind.info.kind == key for key, kind in provider(name).kinds.items())
