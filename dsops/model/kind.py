"""Facts about a kind of resource, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dsops.model.live import NaturalKey
from dsops.model.resource import ALL_VERBS, Verb


@dataclass(frozen=True, slots=True)
class Field:
    """Facts about one field of a kind.

    Values of a field are compared with ``==`` after ``Kind.normalise`` (desired) and ``Kind.decode`` (live) have
    made them
    canonical: sets sorted and without repeats, instants in UTC, label paths with `` > ``.

    Attributes:
        path: Its path, ``title`` or ``model.version``.
        group: The atomic unit it belongs to: when one field of a group differs, all of the group is sent.
        create_only: Can be given at creation only; a change replaces the object.
        write_only: Never returned; compared with the record alone, and never drift.
        hint: Says how to get to what is declared, and is no part of that: never compared nor recorded, and given to
            ``Kind.update`` along with what differs.
    """

    path: str
    group: str | None = None
    create_only: bool = False
    write_only: bool = False
    hint: bool = False


@dataclass(frozen=True, slots=True)
class KindInfo:
    """Facts about a kind.

    Attributes:
        provider: ``uipath``.
        kind: ``Dataset``.
        summary: One line on what it is, for listings.
        schema: The JSON Schema file of its manifest.
        fields: By path.
        own_key: Names of the last parts of its natural key, those below its parent's: ``("project", "name")``.
        parent: Type of its parent, ``uipath/Dataset``; None at the top.
        parent_field: The field of the spec that names the parent.
        verbs: What the provider's API can do.
        settle: Seconds for which a lost write may still surface.
        create_may_overwrite: Whether creating an existing name may change the object that is there; then its name is
            read first.
        takes_names_twice: Whether the provider may make a second object of one name. Then a create whose answer was
            lost isn't sent again before ``settle`` has passed without a sign of it.
        lost_on_delete: What goes with the object when it is deleted or replaced, in words.
        schema_version: Version of its recorded attributes.
        patience: Seconds for which what takes time at the provider is awaited.
        renamable: Whether its name can be changed; then ``name`` is one of its fields, and a new one is no new object.
        read_by_id: Whether a recorded object is read by its id even where a listing would show it, since the listing
            holds far more than is asked for. The listing is then read only for what is declared and not recorded.
        exclusive: A field that one object below a parent can have at a time, and that whatever is made beside it may
            take from it. Two that declare it are an error; a create is given the object's own id, late, as ``OWN_ID``.
        parent_by_id: Whether its calls name its parent by id; a create is then given that as the attribute
            ``PARENT_ID``.
    """

    provider: str
    kind: str
    summary: str
    schema: Path
    fields: Mapping[str, Field]
    own_key: tuple[str, ...] = ("name",)
    parent: str | None = None
    parent_field: str | None = None
    verbs: frozenset[Verb] = ALL_VERBS
    settle: float = 0.0
    create_may_overwrite: bool = False
    takes_names_twice: bool = False
    lost_on_delete: str = ""
    schema_version: int = 1
    patience: float = 300.0
    renamable: bool = False
    read_by_id: bool = False
    parent_by_id: bool = False
    exclusive: str = ""

    @property
    def type(self) -> str:
        """The kind with its provider: ``uipath/Dataset``."""
        return f"{self.provider}/{self.kind}"

    def parent_key(self, key: NaturalKey) -> NaturalKey:
        """Return the parent's part of a natural key; empty for a kind without a parent."""
        return key[: -len(self.own_key)]
