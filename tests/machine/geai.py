"""The machine's side of GEAI: evaluation datasets with rows, in each of the three modes."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.machine.account import Caller, Declared, Document, Facts, Thing, Things
from tests.support.geai import PREFIX, plain_row, wire_row

_MODES = {"faq": "sync", "pool": "upsert", "log": "insert"}
_KEYS = ("q1", "q2", "q3", "q4")
_WIDE = {"expectedSources": [{"name": "n", "value": "v", "extension": "txt"}]}
_DEEP = {"filterVariables": [{"metadataType": "V", "key": "k", "operator": "=", "value": "v"}]}
_VALUES: tuple[dict[str, Any], ...] = (
    {"expectedAnswer": "a"},
    {"expectedAnswer": "b"},
    {"expectedAnswer": "a", **_WIDE},
    {"expectedAnswer": "b", **_WIDE, **_DEEP},
)
_FACTS = Facts(
    provider="geai",
    connection={"token": "${env:MACHINE_TOKEN}"},
    secrets={"MACHINE_TOKEN": "emulator"},
    listing="dataSets$",
)


@dataclass(frozen=True, slots=True)
class Geai:
    """Datasets faq, pool and log; faq is always declared."""

    call: Caller
    facts: Facts = _FACTS

    def declarations(self) -> st.SearchStrategy[Declared]:
        """Any of the datasets, each with a few rows."""
        rows = st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(range(len(_VALUES))), min_size=1, max_size=4)
        one = st.tuples(st.sampled_from(("", "First", "Second")), rows)
        others = st.dictionaries(st.sampled_from(("pool", "log")), one, max_size=2)
        return st.builds(lambda first, rest: _declared({"faq": first, **rest}), one, others)

    def names(self) -> tuple[str, ...]:
        """The datasets, one of theirs, and rows."""
        rows = (*_KEYS[:2], "theirs")
        return (*_MODES, "theirs", *(f"{name}/{row}" for name in (*_MODES, "theirs") for row in rows))

    def things(self) -> Things:
        """All datasets with their rows."""
        found = {}
        for each in self.call("GET", f"{PREFIX}/dataSets"):
            rows = {row["dataSetRowId"]: plain_row(row) for row in each.pop("rows")}
            found[each["dataSetId"]] = Thing(each["dataSetName"], each, rows)
        return found

    def meddle(self, deed: str, name: str, number: int) -> None:
        """Change a description or an answer, add or remove a dataset or a row."""
        dataset, _, row = name.partition("/")
        there = next(((each, thing) for each, thing in self.things().items() if thing.name == dataset), None)
        path = f"{PREFIX}/dataSet"
        if there is None:
            if deed == "make" and not row:
                rows = [wire_row({"input": key, "expectedAnswer": f"Made {number}"}) for key in ("q1", "theirs")]
                self.call("POST", path, {"dataSetName": dataset, "rows": rows})
        elif row:
            self._meddle_with_row(deed, f"{path}/{there[0]}/dataSetRow", there[1], row, number)
        elif deed == "change":
            self.call("PUT", f"{path}/{there[0]}", {"dataSetDescription": f"Meddled {number}"})
        elif deed == "remove":
            self.call("DELETE", f"{path}/{there[0]}")

    def _meddle_with_row(self, deed: str, path: str, dataset: Thing, key: str, number: int) -> None:
        body = wire_row({"input": key, "expectedAnswer": f"Meddled {number}"})
        ids = [each for each, row in dataset.rows.items() if row["input"] == key]
        if deed == "make":
            self.call("POST", path, body)
        for each in ids[:1]:
            if deed == "change":
                self.call("PUT", f"{path}/{each}", body)
            elif deed == "remove":
                self.call("DELETE", f"{path}/{each}")

    def differs(self, declared: Declared, things: Things) -> Iterator[str]:
        """Compare descriptions and rows."""
        live = {each.name: each for each in things.values()}
        for name, document in declared.documents.items():
            there = live.get(name)
            if there is None:
                yield f"{name} is not there"
                continue
            description = document["spec"].get("description")
            if description is not None and there.document["dataSetDescription"] != description:
                yield f"{name}: description"
            rows = [*there.rows.values()]
            wanted = _rows(declared, name)
            mode = _MODES[name]
            if mode == "insert":
                wanted, rows = (
                    [{"input": each["input"]} for each in wanted],
                    [{"input": each["input"]} for each in rows],
                )
            missing = [each for each in wanted if each not in rows]
            if missing or (mode == "sync" and len(rows) != len(wanted)):
                yield f"{name}: rows {rows}, wanted {wanted}"

    def conflicts(self, declared: Declared, before: Thing, after: Thing) -> Iterator[str]:
        """Rows that were doubled; that are gone though declared; strangers' that were touched outside of sync."""
        old, new = before.rows, after.rows
        stay = Counter(row["input"] for each, row in new.items() if each in old)
        made = Counter(row["input"] for each, row in new.items() if each not in old)
        yield from (f"{before.name}/{key} was doubled" for key, count in made.items() if count > 1 or stay[key])
        keys = {each["input"] for each in _rows(declared, before.name)}
        lost = keys & {row["input"] for row in old.values()} - {row["input"] for row in new.values()}
        yield from (f"{before.name}/{key} is declared, and is gone" for key in sorted(lost))
        yield from (f"{before.name}/{key} was made, and nobody declares it" for key in made if key not in keys)
        mode = _MODES[before.name]
        for each, row in old.items():
            if mode != "sync" and each not in new:
                yield f"{before.name}/{row['input']} is gone, in mode {mode}"
            touchable = mode == "sync" or (mode == "upsert" and row["input"] in keys)
            if each in new and new[each] != row and not touchable:
                yield f"{before.name}/{row['input']} was changed, in mode {mode}"


def _rows(declared: Declared, name: str) -> list[dict[str, Any]]:
    lines = declared.files[f"rows/{name}.jsonl"].splitlines()
    return [plain_row({**wire_row(json.loads(each)), "dataSetRowId": ""}) for each in lines]


def _declared(datasets: Mapping[str, tuple[str, Mapping[str, int]]]) -> Declared:
    documents: dict[str, Document] = {}
    files = {}
    for name, (description, rows) in datasets.items():
        spec: dict[str, Any] = {"rows": {"mode": _MODES[name], "key": "input", "from": f"rows/{name}.jsonl"}}
        spec |= {"description": description} if description else {}
        documents[name] = {"apiVersion": "geai/v1", "kind": "Dataset", "metadata": {"name": name}, "spec": spec}
        lines = (json.dumps({"input": key, **_VALUES[number]}) + "\n" for key, number in rows.items())
        files[f"rows/{name}.jsonl"] = "".join(lines)
    return Declared(documents, files)
