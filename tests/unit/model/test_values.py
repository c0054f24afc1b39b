"""Values: canonical JSON, references, secrets, addresses, calls."""

from typing import Any

import pytest

from dsops.model import (
    KNOWN_AFTER_APPLY,
    Address,
    Call,
    PlannedCall,
    Reference,
    SecretRef,
    Template,
    canonical,
    digest,
    masked,
    references,
    substitute,
)

A = Reference(Address("uipath", "Dataset", "a"))
B = Reference(Address("uipath", "Dataset", "b"))


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ({"b": 1, "a": [1.0, 1.5, True, None]}, b'{"a":[1,1.5,true,null],"b":1}'),
        ({"é": "紛"}, '{"é":"紛"}'.encode()),
        ([-0.0, 100.0, 1e-7], b"[0,100,1e-7]"),
        (("a", "b"), b'["a","b"]'),
    ],
)
def test_canonical_json(value: Any, encoded: bytes) -> None:
    assert canonical(value) == encoded


@pytest.mark.parametrize("value", [A, {"x": [Template((A,))]}, SecretRef("env", "T"), {1, 2}, object()])
def test_what_is_not_json_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_equal_content_has_one_digest() -> None:
    assert digest({"a": 1, "b": 2.0}) == digest({"b": 2, "a": 1.0})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert digest({"a": True}) != digest({"a": 1})


def test_references_are_found_in_order_and_replaced_where_they_are_known() -> None:
    value = {"x": A, "y": ["see ", Template(("id ", B, " and ", A))], "z": ("plain",)}
    assert references(value) == (A, B, A)
    known = {A: "1"}
    half = substitute(value, known.get)
    assert half == {"x": "1", "y": ["see ", Template(("id ", B, " and ", "1"))], "z": ["plain"]}
    assert substitute(half, {B: "2"}.get) == {"x": "1", "y": ["see ", "id 2 and 1"], "z": ["plain"]}


def test_masking_shows_no_late_value_and_names_a_secret() -> None:
    value = {"x": A, "y": [Template(("id ", A))], "z": SecretRef("env", "T"), "n": [1, None, "t"]}
    assert masked(value) == {"x": KNOWN_AFTER_APPLY, "y": [KNOWN_AFTER_APPLY], "z": "${env:T}", "n": [1, None, "t"]}


def test_late_values_are_written_as_manifests_write_them() -> None:
    assert str(Template(("see ", A))) == "see ${uipath/Dataset/a.id}"
    assert str(SecretRef("file", "token.txt")) == "${file:token.txt}"


@pytest.mark.parametrize(
    "text", ["", "a", "a/b", "a/b/c/d", "/b/c", "a//c", "a/b/", "a/b/-c", "a/b/c d", "a/b/" + "x" * 257]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        Address.parse(text)


def test_addresses_are_read_as_they_are_written_and_sort() -> None:
    assert str(Address.parse("uipath/Dataset/a.b-c_9")) == "uipath/Dataset/a.b-c_9"
    assert sorted([Address("u", "S", "a"), Address("u", "D", "b")]) == [Address("u", "D", "b"), Address("u", "S", "a")]


def test_a_call_shows_its_path_encoded_and_waits_for_what_is_late() -> None:
    call = Call("GET", ("a b", A, "c/d"), query=(("q", "x y"), ("q", "&")), body={"x": [B]})
    assert call.target == "/a%20b/(known after apply)/c%2Fd?q=x+y&q=%26"
    assert call.late == (A, B)
    assert PlannedCall(1, (), "cm", call).body_sha256 is None
    assert PlannedCall(1, (), "cm", Call("GET", ("a",))).body_sha256 is None
    assert PlannedCall(1, (), "cm", Call("PUT", ("a",), body={"x": 1})).body_sha256 == digest({"x": 1.0})
