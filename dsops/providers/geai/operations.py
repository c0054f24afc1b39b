"""What can be done with datasets that is not desired state: every call here reads."""

from collections.abc import Mapping
from types import MappingProxyType

from dsops.model import Arguments, Entry, Flow, NaturalKey, Operation, Page
from dsops.providers.geai.dataset import DATASETS
from dsops.providers.geai.fields import DATASET
from dsops.providers.geai.wire import DATASET_ID, bad_answer, documents


def _list_datasets(_key: NaturalKey, _arguments: Arguments) -> Flow:
    response = yield DATASETS
    found = documents(response, DATASET_ID, "datasets")
    return Page(tuple(Entry((_name(each),), each) for each in found))


def _name(document: Mapping[str, object]) -> str:
    name = document.get(DATASET["name"])
    if not isinstance(name, str) or not name:
        bad_answer(f"the dataset {document.get(DATASET_ID)} has no name")
    return name


OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "dataset list": Operation(
            "Dataset",
            _list_datasets,
            columns={
                "type": DATASET["type"],
                "active": DATASET["active"],
                "updated": "dataSetUpdateDate",
                "id": DATASET_ID,
            },
        ),
    }
)
"""By the words of the command."""
