import pytest

from dsops.model import Address, DsopsError, Ignore, Meta, Resource
from dsops.planner import declare
from dsops.providers import kinds


def ignoring(path: str) -> Resource:
    meta = Meta(ignore=(Ignore(path, "by hand"),))
    return Resource(Address("uipath", "Stream", "a"), "cm", {"dataset": "p/d"}, meta, parent="p/d", late=False)


@pytest.mark.parametrize("path", ["title", "model", "model.version", "model.labelThresholds.Some Label"])
def test_a_field_that_is_there_may_be_ignored(path: str) -> None:
    assert declare([ignoring(path)], kinds()).keys


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("titel", "Did you mean title?"),
        ("model.versions", "Did you mean model.version?"),
        ("nothing", ""),
        ("titles", "Did you mean title?"),
    ],
)
def test_a_misspelt_field_is_refused_and_not_compared_all_the_same(path: str, hint: str) -> None:
    with pytest.raises(DsopsError) as caught:
        declare([ignoring(path)], kinds())
    [problem] = caught.value.diagnostics
    assert problem.summary == f"metadata.ignore names {path}, which uipath/Stream doesn't have"
    assert problem.hint == hint
