"""One change of a stack of evaluation datasets that holds every kind of write to rows.

======= ======= ======================================================================================================
dataset mode    what is done
======= ======= ======================================================================================================
faq     sync    its description; two rows changed, one in its lists; a key; two rows deleted; two parts of new rows
pool    upsert  a row changed, two made; a stranger's rows stay: one equal to ours, one with a key of ours, one foreign
fresh   sync    made, with more rows than fit into one part
======= ======= ======================================================================================================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsops import engine
from dsops.model import Record, key_digest, rows_holder
from dsops.state import StateStore
from tests.conformance.evaluations import Evaluations, evaluation, row_of, shown
from tests.crash.forks import Forked, Forks
from tests.crash.world import until
from tests.support.geai import plain_row

PART_SIZE = 700
"""Three or four rows."""
_WIDE: Mapping[str, Any] = {"expectedSources": [{"name": "n", "value": "v"}, {"name": "m", "value": "w"}]}
_DEEP = {"filterVariables": [{"metadataType": "V", "key": "k", "operator": "=", "value": "v"}]}

_STAY = [["same", "a"], {**row_of(["rich", "a"]), **_WIDE}]
BASE: Mapping[str, list[Any]] = {
    "faq": [
        *_STAY,
        ["edited", "a"],
        {**row_of(["nested", "a"]), **_WIDE},
        ["old", "moved"],
        ["gone 1", "a"],
        ["gone 2", "b"],
    ],
    "pool": [["mine", "a"], ["changed", "a"]],
}
TARGET: Mapping[str, list[Any]] = {
    "faq": [
        *_STAY,
        ["edited", "b"],
        {**row_of(["nested", "a"]), **_DEEP},
        ["new", "moved"],
        *(["added " + letter, "c"] for letter in "abcdef"),
    ],
    "pool": [["mine", "a"], ["changed", "b"], ["equal", "theirs"], ["made 1", "x"], ["made 2", "y"]],
    "fresh": [["fresh " + letter, "z"] for letter in "abcdefgh"],
}
THEIRS = [["equal", "theirs"], ["mine", "theirs too"], ["foreign", "a"]]
"""In pool, before our change: equal to a row of ours that is yet to come, with the key of one, with neither."""


Marks = Mapping[str | bytes, tuple[Any, ...]]


WRITES = [
    *["DELETE dataSetRow"] * 2,
    "POST FileUpload 4",
    "POST dataSetRow",
    *(f"POST dataSetRow/FileUpload {rows}" for rows in (2, 4, 5)),
    *["PUT dataSet"] * 2,
    *["PUT dataSetRow"] * 4,
]
"""All writes of the change, in short."""
CALLS = (
    "POST fresh",
    "PUT faq",
    "POST faq/++",
    "POST faq/+",
    "PUT faq/edited",
    "PUT faq/nested",
    "PUT faq/old",
    "DELETE faq/gone 1",
    "DELETE faq/gone 2",
    "PUT pool",
    "POST pool/++",
    "PUT pool/changed",
)
"""The same by what they are for, but for the second part of fresh; ``+`` adds one row, ``++`` several."""


@dataclass(frozen=True, slots=True)
class Ending:
    """All that may be told apart once a change is done; ids of what it made are no part of it.

    Attributes:
        rows: By dataset: rows, and the ids of those that were there before.
        fields: By dataset, its fields.
        held: By dataset: key to content digest, and whether dsops wrote the row.
        records: By address: attributes, and what is said of rows.
    """

    rows: Mapping[str, list[tuple[str, str]]]
    fields: Mapping[str, Mapping[str, Any]]
    held: Mapping[str, Marks]
    records: Mapping[str, tuple[Any, ...]]


class RowWorld(Evaluations):
    """A stack of evaluation datasets, the account it is about, and runs of dsops that can be killed."""

    forks: Forks
    before: set[str]

    def start(self, boundary: int, *args: str, command: str = "apply") -> Forked:
        """Begin a command that kills itself at a boundary; 0: at none."""
        return self.forks.start(self.folder, boundary, command, *args, env=self.env)

    @property
    def env(self) -> dict[str, str]:
        """What commands are given."""
        return {"CM_TOKEN": self.token, "CRASH_PART_SIZE": str(PART_SIZE)}

    def again(self, *args: str, code: int = 0) -> str:
        """Apply to the end; return what it said."""
        done = self.start(0, *(args or ("--auto-approve",))).ended().ok(code)
        return done.out + done.err

    def report(self, *args: str, code: int = 0) -> Any:
        """Apply to the end; return the report."""
        return self.start(0, "--auto-approve", "--format", "json", *args).ended().ok(code).json

    def begun(self) -> "RowWorld":
        """Apply the base, let strangers in, and declare the target."""
        self.emulator.start_over()
        self.declare_rows(BASE, "before")
        self.again()
        self.add(*THEIRS, name="pool")
        self.declare_target()
        self.emulator.request("DELETE", "/_emulator/requests")
        self.before = {each["dataSetRowId"] for document in self.held().values() for each in document["rows"]}
        return self

    def declare_rows(self, datasets: Mapping[str, list[Any]], description: str, **faq: Any) -> None:
        """Declare datasets with their rows; ``faq`` are further fields of that one."""
        modes, more = {"pool": "upsert"}, {"faq": faq}
        documents = [
            evaluation(
                name,
                mode=modes.get(name, "sync"),
                file=f"rows/{name}.jsonl",
                description=description,
                **more.get(name, {}),
            )
            for name in datasets
        ]
        self.safety = {"maxDeletePercent": 100, "maxUpdatePercent": 100}
        self.declare(*documents)
        self.write_files({f"rows/{name}.jsonl": rows for name, rows in datasets.items()})

    def settle(self, seconds: float) -> None:
        """Set how long a lost write may still surface."""
        self.settings = {"settle": seconds}
        self.declare_target()

    def declare_target(self) -> None:
        """Declare what is to be, and write its rows."""
        self.declare_rows(TARGET, "after")

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """Plan trouble."""
        self.emulator.request("POST", "/_emulator/faults", list(rules))

    def held_back(self) -> int:
        """How many requests are held."""
        held: int = self.emulator.request("GET", "/_emulator/held")["held"]
        return held

    def release(self) -> None:
        """Let held requests go on, and wait until they did."""
        self.emulator.request("DELETE", "/_emulator/faults")
        self.emulator.request("POST", "/_emulator/release")
        until(lambda: self.held_back() == 0)

    def path(self, write: str) -> tuple[str, str]:
        """Return method and path (a regular expression) of one of the writes: ``PUT faq/edited``, ``POST pool``."""
        method, _, place = write.partition(" ")
        name, _, row = place.partition("/")
        ids = self.ids()
        root = f"^/dataSetApi/dataSet/{ids.get(name, 'FileUpload')}"
        if row == "+":
            return method, f"{root}/dataSetRow$"
        if row == "++":
            return method, f"{root}/dataSetRow/FileUpload$"
        return method, f"{root}/dataSetRow/{ids[place]}$" if row else f"{root}$"

    def rule(self, write: str, fault: str, **more: Any) -> Mapping[str, Any]:
        """Return the emulator's rule for a fault of one of the writes."""
        method, path = self.path(write)
        return {"match": {"method": method, "path": path}, "fault": fault, **more}

    def ending(self) -> Ending:
        """Return how things are."""
        store, held = engine.store_of(self.workspace().stack), self.held()
        state = store.load()
        assert state.intents == ()
        return Ending(
            {name: sorted(map(self._shown, document["rows"])) for name, document in held.items()},
            {name: {key: each[key] for key in ("dataSetName", "dataSetDescription")} for name, each in held.items()},
            {str(address): _marks(store, record) for address, record in state.records.items()},
            {str(address): (each.attributes, each.rows) for address, each in state.records.items()},
        )

    def _shown(self, row: Mapping[str, Any]) -> tuple[str, str]:
        remote_id = row["dataSetRowId"]
        return str(plain_row(row)), remote_id if remote_id in self.before else "new"

    def committed(self) -> list[str]:
        """Return the writes that were carried out, ids left out and sorted."""
        return sorted(shown(each) for each in self.writes() if each["committed"])


_NAMES = {
    key_digest([row_of(each)["input"]]): row_of(each)["input"]
    for rows in (*BASE.values(), *TARGET.values(), THEIRS)
    for each in rows
}
"""Names of rows, to be read when a test fails."""


def _marks(store: StateStore, record: Record) -> Marks:
    marks = store.rows(rows_holder(record.address.type, record.endpoint, record.remote_id))
    return {_NAMES.get(key, key): tuple(marks[key][1:]) for key in marks}


def world_in(folder: Any, emulator: Any, forks: Forks, **settings: Any) -> RowWorld:
    """Return the world at its beginning."""
    made = RowWorld(folder, emulator, name="evals", provider="geai", settings=settings, token="emulator")
    made.forks = forks
    return made.begun()


def check_ended(world: RowWorld, undisturbed: Ending) -> None:
    """Check that things are as after an undisturbed run, and that nothing is left to do."""
    ending = world.ending()
    assert ending.rows == undisturbed.rows
    assert ending.held == undisturbed.held
    assert ending == undisturbed
    since = len(world.writes())
    assert "No changes" in world.again()
    assert len(world.writes()) == since


def rows_made(writes: list[str]) -> int:
    """Return how many rows uploads made."""
    return sum(int([*each.split(), "1"][2]) for each in writes if each.startswith("POST"))
