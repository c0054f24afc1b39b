"""The core schema of YAML 1.2, and what is refused beside it."""

import pytest

from dsops.manifest.scalars import resolve


@pytest.mark.parametrize(
    "text",
    [
        "no", "No", "NO", "yes", "on", "off", "ON", "y", "n", "tRUE", "nUll",
        "1:30", "12:30:45", "190:20:30", "2024-01-01", "2020-06-03T16:05:00Z",
        "1_000", "0b101", "+0x1f", "0o8", "0xg", "1e", "e3", ".", "-", "+", "--1", "1.2.3", "1,5", "=",
        "18ba5ce699f8da1f", "uk", "inf", "nan", ".infinity", "- 1", "٣",
    ],
)  # fmt: skip
def test_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None),
        ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
        ("0", 0), ("-0", 0), ("+12", 12), ("-3", -3), ("0x1F", 31), ("0o17", 15),
        ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63)),
        ("0.5", 0.5), (".5", 0.5), ("5.", 5.0), ("-1.5e-3", -0.0015), ("1e3", 1000.0), ("1E+3", 1000.0), ("00.5", 0.5),
    ],
)  # fmt: skip
def test_other_values(text: str, value: object) -> None:
    assert (resolve(text), type(resolve(text))) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("010", "begins with a zero"),
        ("-007", "begins with a zero"),
        ("0123456789012345", "begins with a zero"),
        ("9223372036854775808", "64 bits"),
        ("-9223372036854775809", "64 bits"),
        ("1" * 5000, "64 bits"),
        ("0x" + "f" * 5000, "64 bits"),
        ("1e999", "too large"),
        ("123456789012e345", "too large"),
        (".inf", "JSON has no such number"),
        ("-.Inf", "JSON has no such number"),
        (".NaN", "JSON has no such number"),
    ],
)
def test_refused_without_repeating_the_scalar(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        resolve(text)
    summary, hint = refused.value.args
    assert why in summary
    assert "Quote it if text is meant" in hint
    assert text not in summary + hint
