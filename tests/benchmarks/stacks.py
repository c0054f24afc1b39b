"""Stacks of any size, what an account looks like that holds them, and as many resources for Terraform."""

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

A_DATASET: Final = 100
"""Streams in each dataset."""

TOKEN_VARIABLE: Final = "DSOPS_BENCH_TOKEN"

_STACK = """\
apiVersion: dsops/v1
kind: Stack
metadata: {name: bench}
spec:
  variables:
    endpoint: {}
  connections:
    cm: {provider: uipath, endpoint: "${var.endpoint}", token: "${env:DSOPS_BENCH_TOKEN}"}
"""

_DATASET = """\
apiVersion: uipath/v1
kind: Dataset
metadata: {{name: {name}}}
spec:
  project: bench
  title: Mail of desk {number}
  sourceIds: [18ba5ce699f8da1f, 3c1f0a9e5d7b2468]
"""

_STREAM = """\
---
apiVersion: uipath/v1
kind: Stream
metadata: {{name: {name}}}
spec:
  dataset: {dataset}
  title: Stream {number} of the desk
  model:
    version: {version}
    labelThresholds:
      Urgent: {urgent}
      Dispute > Valuation: 0.41
      Dispute > Settlement: 0.46
  commentFilter: {{userProperties: {{"string:Country": {{oneOf: [de, uk]}}, "number:Spend": {{minimum: 100}}}}}}
"""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream, from which manifest, live object and Terraform's resource are written."""

    number: int

    @property
    def name(self) -> str:
        """Its name, no two alike."""
        return f"stream-{self.number:06}"

    @property
    def dataset(self) -> str:
        """Name of its dataset."""
        return f"desk-{self.number // A_DATASET:04}"

    @property
    def version(self) -> int:
        """Model version."""
        return 1 + self.number % 9

    @property
    def urgent(self) -> float:
        """One threshold."""
        return (10 + self.number % 80) / 100

    @property
    def title(self) -> str:
        """Its title."""
        return f"Stream {self.number} of the desk"


def streams(count: int) -> Iterator[Stream]:
    """Yield that many streams, dataset by dataset."""
    return map(Stream, range(count))


def datasets(count: int) -> int:
    """Say how many datasets that many streams are in."""
    return -(-count // A_DATASET)


def write_stack(folder: Path, count: int) -> None:
    """Write a stack of ``count`` streams, a file a dataset."""
    folder.mkdir(parents=True)
    (folder / "dsops.yaml").write_text(_STACK, encoding="utf-8")
    for number in range(datasets(count)):
        name = f"desk-{number:04}"
        documents = [_DATASET.format(name=name, number=number)]
        documents += [
            _STREAM.format(name=each.name, dataset=name, number=each.number, version=each.version, urgent=each.urgent)
            for each in map(Stream, range(number * A_DATASET, min(count, (number + 1) * A_DATASET)))
        ]
        (folder / f"{name}.yaml").write_text("".join(documents), encoding="utf-8")


def write_seed(path: Path, count: int) -> None:
    """Write what an account holds when that stack has been applied, for ``dsops emulator --seed``."""
    found: list[dict[str, Any]] = [
        {
            "project": "bench",
            "name": f"desk-{number:04}",
            "title": f"Mail of desk {number}",
            "source_ids": ["18ba5ce699f8da1f", "3c1f0a9e5d7b2468"],
            "streams": [],
        }
        for number in range(datasets(count))
    ]
    for each in streams(count):
        found[each.number // A_DATASET]["streams"].append(_live(each))
    path.write_text(json.dumps({"uipath": {"datasets": found}}), encoding="utf-8")


def _live(stream: Stream) -> dict[str, Any]:
    thresholds = {"Urgent": stream.urgent, "Dispute > Valuation": 0.41, "Dispute > Settlement": 0.46}
    return {
        "name": stream.name,
        "title": stream.title,
        "model": {
            "version": stream.version,
            "label_thresholds": [{"name": name.split(" > "), "threshold": value} for name, value in thresholds.items()],
        },
        "comment_filter": {
            "user_properties": {"string:Country": {"one_of": ["de", "uk"]}, "number:Spend": {"minimum": 100}}
        },
    }


def write_terraform(folder: Path, resources: Sequence[tuple[str, dict[str, str]]], *, state: bool) -> None:
    """Write ``terraform_data`` resources.

    Args:
        folder: Made here.
        resources: The name of each, and its input.
        state: Whether to write a state beside them in which all of them were applied. Terraform itself would take
            minutes: it writes its whole state after each resource.
    """
    folder.mkdir(parents=True)
    text = "\n".join(_resource(name, value) for name, value in resources)
    (folder / "main.tf").write_text(text, encoding="utf-8")
    if state:
        document = {
            "version": 4,
            "terraform_version": "1.0.0",
            "serial": 1,
            "lineage": str(uuid.uuid4()),
            "outputs": {},
            "resources": [_instance(name, value) for name, value in resources],
            "check_results": None,
        }
        (folder / "terraform.tfstate").write_text(json.dumps(document, indent=2), encoding="utf-8")


def flat_streams(count: int) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield streams as names and flat maps of texts.

    That is kind to Terraform: nested as in the manifest they would take it half as long again, with the numbers as
    numbers more than twice as long (it reads each fraction to 512 bits).
    """
    for stream in streams(count):
        yield (
            stream.name,
            {
                "name": stream.name,
                "dataset": stream.dataset,
                "title": stream.title,
                "version": str(stream.version),
                "urgent": str(stream.urgent),
                "valuation": "0.41",
                "settlement": "0.46",
                "country": "de, uk",
                "spend": "100",
                "project": "bench",
            },
        )


def _resource(name: str, value: dict[str, str]) -> str:
    fields = "".join(f"    {field} = {json.dumps(text, ensure_ascii=False)}\n" for field, text in value.items())
    return f'resource "terraform_data" "{name}" {{\n  input = {{\n{fields}  }}\n}}\n'


def _instance(name: str, value: dict[str, str]) -> dict[str, Any]:
    typed = {"value": value, "type": ["object", dict.fromkeys(value, "string")]}
    attributes = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        "input": typed,
        "output": typed,
        "triggers_replace": None,
    }
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
    }
