"""Made-up evaluation rows of about 1.3 kB: the same number gives the same rows, whatever the time.

`manifest_rows` has the field names of a dsops manifest, for the file that a benchmark declares; the emulator's dataset
`generated` holds the same rows.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from dsops.emulator.geai import forms
from dsops.emulator.geai.datasets import add_dataset
from dsops.emulator.geai.service import Service

NAME = "generated"
_TOPICS = ("refunds", "deliveries", "invoices", "contracts", "warranties", "passwords", "holidays", "travel costs")
_REGIONS = ("eu", "us", "uk", "apac", "latam")
_SENTENCES = (
    "The customer can ask for this in writing within fourteen days of the day on which the goods arrived.",
    "A request that comes later is decided by the regional office, which answers within two working days.",
    "Nothing is charged for the first copy; every further one costs the fee that the price list names.",
    "Whoever signed the agreement may end it at the end of a month, with notice of at least four weeks.",
    "The help desk notes the number of the case, and the answer quotes it in its first line.",
    "Amounts are paid back to the account they came from, in the currency in which they were paid.",
    "Where two rules contradict each other, the younger one holds, unless the older one says otherwise.",
    "The manager of the team confirms exceptions, and keeps the reasons for them for six years.",
    "Für Bestellungen aus dem Ausland gilt die Frist des Landes, in das geliefert wurde.",
    "Translations are a courtesy: what counts is the text in the language of the contract.",
    "The form has three parts, of which the second is filled in only when goods were damaged.",
)


def manifest_rows(count: int) -> Iterator[dict[str, Any]]:
    """So many rows as a manifest's `rows` holds them; `input` is different in each."""
    answers, contexts = _passages(4), _passages(6)
    for number in range(count):
        topic, region = _TOPICS[number % 8], _REGIONS[number % 5]
        yield {
            "input": f"Question {number}: what are the rules for {topic} in region {region}, and who decides?",
            "expectedAnswer": answers[number % len(answers)],
            "contextDocument": contexts[number * 7 % len(contexts)],
            "expectedSources": [
                {"name": f"{topic}-{number % 97}", "value": f"Handbook, page {number % 400}", "extension": "pdf"}
            ],
            "filterVariables": [{"metadataType": "V", "key": "region", "operator": "=", "value": region}],
        }


def jsonl(count: int) -> Iterator[bytes]:
    """The same rows as the lines of a JSONL file, each with its newline."""
    for row in manifest_rows(count):
        yield orjson.dumps(row) + b"\n"


def generate(service: Service, counts: Mapping[str, int], project: str) -> None:
    """Make the dataset `generated` with as many rows as `geai-rows` says, if it says any number."""
    if "geai-rows" not in counts:
        return
    head = {forms.NAME: NAME, forms.DESCRIPTION: "Made up by the emulator.", forms.TYPE: "E"}
    dataset = add_dataset(service, project, head, service.now())
    service.tables.add_rows(dataset.number, map(service.forms.row, map(_wire, manifest_rows(counts["geai-rows"]))))


@cache
def _passages(sentences: int) -> list[str]:
    """Texts of so many sentences, to be dealt out in turn."""
    return [
        " ".join(_SENTENCES[(number // 11**place + number * place) % 11] for place in range(sentences))
        for number in range(11**3)
    ]


def _wire(row: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest's row in the API's own field names."""
    return {
        forms.INPUT: row["input"],
        forms.ANSWER: row["expectedAnswer"],
        forms.CONTEXT: row["contextDocument"],
        forms.SOURCES: [
            {
                forms.SOURCE_NAME: each["name"],
                forms.SOURCE_VALUE: each["value"],
                forms.VENDOR_EXTENSION: each["extension"],
                forms.SDK_EXTENSION: each["extension"],
            }
            for each in row["expectedSources"]
        ],
        forms.VARIABLES: [
            {
                forms.METADATA: each["metadataType"],
                forms.KEY: each["key"],
                forms.OPERATOR: each["operator"],
                forms.VALUE: each["value"],
            }
            for each in row["filterVariables"]
        ],
    }
