"""``modelarts/Dataset``."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dsops.model import (
    Attributes,
    Call,
    Effect,
    Field,
    Flow,
    KindInfo,
    Listing,
    LiveObject,
    Look,
    NaturalKey,
    Repeat,
    Response,
    RowCodec,
)
from dsops.model.assets import asset
from dsops.providers.common import a_name, checked, has_id, if_there, the_only
from dsops.providers.modelarts import labels, source
from dsops.providers.modelarts.wire import (
    CREATE,
    DATASET_ID,
    DELETE,
    READ,
    ROOT,
    UPDATE,
    Document,
    all_datasets,
    dataset_path,
    decoded,
    described,
    is_in,
    name_of,
    status_of,
)
from dsops.providers.modelarts.words import DATASET_TYPE, STATUS

NORMAL = STATUS.numbers["normal"]
GOING = frozenset(STATUS.numbers[word] for word in ("deleting", "deleted"))
"""States of what counts as not there."""
RENAMED = "labels.renamedFrom"
"""Former to present name of labels; says how to get there, and is no part of what is there."""
_BROKEN = GOING | {STATUS.numbers["abnormal"]}
_NAME = re.compile("[A-Za-z0-9_\u4e00-\u9fa5-]{1,100}")
_PLAIN = MappingProxyType(
    {
        "workPath": ("work_path", str),
        "dataFormat": ("data_format", str),
        "importData": ("import_data", bool),
        "managed": ("managed", bool),
    }
)
"""Fields that are on the wire what they are in manifests, and can't be changed: wire name and type."""
_UNSHOWN = MappingProxyType({"importAnnotations": "import_annotations"})
"""The same, of those that no answer has."""
_FIELDS = (
    Field("name"),
    Field("description"),
    Field("labels"),
    Field(RENAMED, hint=True),
    Field("type", create_only=True),
    *source.FIELDS,
    *(Field(path, create_only=True) for path in (*_PLAIN, "schema")),
    *(Field(path, create_only=True, write_only=True) for path in (*_UNSHOWN, "labelFormat")),
)


class Dataset:
    """A dataset: what its samples are, where they come from, and how they may be labelled."""

    info = KindInfo(
        provider="modelarts",
        kind="Dataset",
        summary="a ModelArts dataset with its labels",
        schema=asset("schemas", "modelarts", "Dataset.json"),
        fields={field.path: field for field in _FIELDS},
        settle=5.0,
        lost_on_delete="its annotations and its versions; the files of its source and its output folder stay",
        patience=1800.0,
        renamable=True,
    )

    rows: RowCodec | None = None

    def normalise(self, spec: Mapping[str, Any]) -> Attributes:
        """Return the declared fields; numbers of the API as words, labels as a set by name.

        Raises:
            ValueError: Labels contradict each other, or paths do.
        """
        attributes = {path: spec[path] for path in ("name", "description", *_PLAIN, *_UNSHOWN) if path in spec}
        if "type" in spec:
            attributes["type"] = DATASET_TYPE.canonical(spec["type"])
        attributes |= source.normal_source(spec.get("dataSource") or {})
        if "labelFormat" in spec:
            attributes["labelFormat"] = dict(spec["labelFormat"])
        if "schema" in spec:
            attributes["schema"] = [_column(each) for each in spec["schema"]]
        if "labels" in spec:
            attributes["labels"] = labels.canonical_labels(spec["labels"])
            if renamed := labels.renames(spec["labels"]):
                attributes[RENAMED] = renamed
        _check_paths(attributes)
        return attributes

    def key(self, name: str, spec: Mapping[str, Any], parent: NaturalKey) -> NaturalKey:
        """Return (name,).

        Raises:
            ValueError: The resource's name can't be a dataset's, and the manifest has no other.
        """
        if "name" not in spec and not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} can't be the name of a dataset, which has 1 to 100 letters, digits, - and _; "
                "give it another with spec.name"
            )
        return (*parent, spec.get("name", name))

    def parent_key(self, name: str) -> NaturalKey:
        """A dataset has no parent.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"a dataset has no parent, and so none called {name!r}")

    def listing(self, parent: NaturalKey) -> Flow:
        """All datasets of the project with their labels; 1 call up to 100 (``specs/modelarts.md``, choice 1)."""
        del parent
        documents = yield from all_datasets()
        return Listing(tuple(decoded(_decode, each) for each in there(documents)))

    def reading(self, key: NaturalKey, remote_id: str = "") -> Flow:
        """One call by id; where that isn't known the datasets whose names hold the name, and then all of them."""
        remote_id = remote_id or (yield from id_of(key[-1]))
        document = (yield from described_dataset(remote_id)) if remote_id else None
        return None if document is None or is_in(document, GOING) else decoded(_decode, document)

    def lookups(self, attributes: Attributes, key: NaturalKey) -> None:
        """Nothing needs asking."""

    def answered(self, key: NaturalKey, response: Response) -> LiveObject | None:
        """Read the id, which is all that an answer to a write holds."""
        document = response.body
        return LiveObject(document[DATASET_ID], key, {}) if has_id(document, DATASET_ID) else None

    def create(self, key: NaturalKey, attributes: Attributes) -> tuple[Call, ...]:
        """One POST, labels included."""
        body = {
            "dataset_name": key[-1],
            "dataset_type": DATASET_TYPE.number(attributes["type"]),
            "data_sources": [source.sent_source(attributes)],
            "work_path_type": 0,
            **{wire: attributes[path] for path, (wire, _) in _PLAIN.items() if path in attributes},
            **{wire: attributes[path] for path, wire in _UNSHOWN.items() if path in attributes},
        }
        if attributes.get("description"):
            body["description"] = attributes["description"]
        if "labelFormat" in attributes:
            body["label_format"] = _sent_format(attributes["labelFormat"])
        if attributes.get("schema"):
            body["schema"] = [{"schema_id": number, **each} for number, each in enumerate(attributes["schema"], 1)]
        if attributes.get("labels"):
            body["labels"] = labels.new_labels(attributes["labels"], attributes["type"])
        return (
            Call(
                "POST",
                ROOT,
                body=body,
                effect=Effect.CREATE,
                settles=_settled(attributes),
                repeat=Repeat.UNIQUE,
                permission=CREATE,
            ),
        )

    def update(self, live: LiveObject, attributes: Attributes) -> tuple[Call, ...]:
        """One PUT with name and description as far as they are given, and the smallest change of labels."""
        body: dict[str, Any] = {}
        if "name" in attributes:
            body["dataset_name"] = attributes["name"]
        if "description" in attributes:
            body["description"] = attributes["description"]
        if "labels" in attributes:
            known, renamed = live.attributes, attributes.get(RENAMED, {})
            body |= labels.label_changes(known.get("labels", []), attributes["labels"], renamed, known["type"])
        return (
            Call(
                "PUT",
                dataset_path(live.remote_id),
                body=body,
                effect=Effect.UPDATE,
                settles=_settled(attributes),
                # A label can't be added or deleted twice (specs/modelarts.md, choice 26).
                repeat=Repeat.UNIQUE if "labels" in attributes else Repeat.SAFE,
                permission=UPDATE,
            ),
        )

    def delete(self, live: LiveObject) -> tuple[Call, ...]:
        """One DELETE by id; the versions go with it."""
        return (Call("DELETE", dataset_path(live.remote_id), effect=Effect.DELETE, permission=DELETE),)

    def waiting(self, effect: Effect, live: LiveObject) -> Flow | None:
        """Look at the status: until it is normal, or for a delete until the dataset is gone. Updates take no time."""
        match effect:
            case Effect.CREATE:
                return _look_ready(live.remote_id)
            case Effect.DELETE:
                return _look_gone(live.remote_id)
            case Effect.UPDATE:
                return None

    def manifest(self, live: LiveObject) -> Mapping[str, Any]:
        """Return the spec that declares the dataset as it is; what is empty stays undeclared."""
        known = live.attributes
        given = {path: known[path] for path in ("description", *_PLAIN, "schema", "labels") if known.get(path)}
        return {
            "name": live.key[-1],
            "type": known["type"],
            "dataSource": source.manifest_source(known),
            **given,
        }


def there(documents: list[Document]) -> list[Document]:
    """Return the datasets that are there: those that are being deleted count as gone."""
    return [each for each in documents if not is_in(each, GOING)]


def id_of(name: str) -> Flow:
    """Find a dataset's id by its name; returns an empty text where there is certainly none of that name.

    Raises:
        RemoteError: Several have it.
    """
    found = named(name, (yield from all_datasets(search_content=name)))
    # How the search compares isn't documented: what it shows is there, what it doesn't show may be there all the same.
    return found or named(name, (yield from all_datasets()))


def named(name: str, documents: list[Document]) -> str:
    """Return the id of the dataset with a name; an empty text where none has it.

    Raises:
        RemoteError: Several have it.
    """
    ids = [each[DATASET_ID] for each in there(documents) if name_of(each, "dataset_name") == name]
    return the_only(ids, name, "the project")


def described_dataset(remote_id: str) -> Flow:
    """Read a dataset's document by its id; returns None where it isn't there."""
    response = yield from if_there(Call("GET", dataset_path(remote_id), permission=READ))
    if response is None:
        return None
    return described(response, DATASET_ID, remote_id)


def look_idle(document: Document) -> Look:
    """Say of a dataset's document whether what went on in it has ended."""
    status = status_of(document)
    words = f"the dataset is {STATUS.word(status)}"
    return Look(done=status == NORMAL, words=words, failed=status in _BROKEN)


def _look_ready(remote_id: str) -> Flow:
    document = yield from described_dataset(remote_id)
    return Look(done=False, words="the dataset isn't shown yet") if document is None else look_idle(document)


def _look_gone(remote_id: str) -> Flow:
    document = yield from described_dataset(remote_id)
    if document is None or document.get("status") == STATUS.numbers["deleted"]:
        return Look(done=True)
    return Look(done=False, words=f"the dataset is {STATUS.shown(document.get('status'))}")


def _settled(attributes: Attributes) -> tuple[str, ...]:
    return tuple(path for path in sorted(attributes) if path != RENAMED)


def _check_paths(attributes: Attributes) -> None:
    """Refuse an output folder that is the source's, or in that: the service would read what it writes."""
    work, data = attributes.get("workPath"), attributes.get("dataSource.path")
    if isinstance(work, str) and isinstance(data, str) and f"{work.rstrip('/')}/".startswith(f"{data.rstrip('/')}/"):
        raise ValueError(f"workPath {work} is the folder of dataSource.path, or lies in it; it must be another one")


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    return {name: column[name] for name in ("name", "type", "description") if column.get(name)}


def _sent_format(label_format: Mapping[str, Any]) -> dict[str, Any]:
    wire = {
        "labelType": "label_type",
        "labelSeparator": "text_label_separator",
        "sampleSeparator": "text_sample_separator",
    }
    return {wire[name]: value for name, value in label_format.items()}


def _given(document: Document, name: str, otherwise: Any) -> Any:
    """Return a member of a document; null is as good as absent."""
    value = document.get(name)
    return otherwise if value is None else value


def _decode(document: Document) -> LiveObject:
    """Read a dataset of an answer; what it leaves out is unknown."""
    name = a_name(document["dataset_name"])
    attributes: dict[str, Any] = {"name": name, "type": DATASET_TYPE.word(checked(document["dataset_type"], int))}
    attributes |= {path: checked(document[wire], type_) for path, (wire, type_) in _PLAIN.items() if wire in document}
    attributes["description"] = checked(_given(document, "description", ""), str)
    if "labels" in document:
        attributes["labels"] = labels.read_labels(_given(document, "labels", []))
    if document.get("schema") is not None:
        attributes["schema"] = [_column(each) for each in checked(document["schema"], list)]
    sources = checked(_given(document, "data_sources", []), list)
    attributes |= source.read_source(sources[0]) if sources else {}
    return LiveObject(document[DATASET_ID], (name,), attributes)
