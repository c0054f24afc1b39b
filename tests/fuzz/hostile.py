"""Documents and bytes made worse, by chance that can be repeated.

A document is JSON content. ``worsened`` changes a few places of it: a value becomes a hostile one, goes, is doubled or
moved, a name is changed or given twice. What Python's JSON can't say (a name twice, ``1e999``, ten thousand brackets)
stands as a mark in it and is put into the text by ``text_of``. ``damaged`` does to bytes what a bad disk or a bad hand
does. A mutator is given a ``random.Random``: its seed is all it takes to see a failure again.
"""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

_MARK = "\ue000raw%d\ue001"
_RAW = (
    "NaN",
    "-Infinity",
    "1e999",
    "-1e999",
    "1" * 400,
    "9" * 5000,
    "1e-999",
    "0.1e+400000000000",
    "-0",
    "-0.0",
    "[" * 40 + "]" * 40,
    "[" * 300 + "]" * 300,
    '{"a":' * 300 + "1" + "}" * 300,
    "[" * 1000 + "]" * 1000,
    '{"a":' * 1020 + "1" + "}" * 1020,
    "[" * 20000,
    '{"a":1,"a":2}',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\ud83d\\ude00"',
    "01",
    "+1",
    "'a'",
    "undefined",
    '"\\u0000"',
    '"\\x41"',
    "/* */ 1",
    "[1,]",
    '"' + "x" * 70000 + '"',
    "[" + ",".join("0" * 3000) + "]",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**53,
    2**63 - 1,
    -(2**63),
    2**64 - 1,
    0.5,
    1e308,
    1e-320,
    "",
    " ",
    "\t",
    "0",
    "-1",
    "null",
    "true",
    "x" * 300,
    "a/b",
    "../..",
    "..",
    "/",
    "//x",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\x1b[31mred\x1b[0m",
    "\u202e",
    "\ufeff",
    "\u2028",
    "\r\n",
    "é" * 50,
    "\U0001f600",
    "<<",
    "*a",
    "&a",
    "!!python/object:os.system",
    "${",
    "${var.x}",
    "${env:HOME}",
    "${file:../x}",
    "$${",
    "${uipath/Dataset/x.id}",
    "%00",
    "%2e%2e",
    "1e999",
    "NaN",
    ".inf",
    "2020-01-01",
    "9999-12-31T23:59:59.999999+00:00",
    "0001-01-01T00:00:00+23:59",
    "2020-13-45T99:99:99Z",
    "1" * 5000,
    [],
    {},
    [[]],
    [{}],
    [None],
    [[1], {"a": [2]}],
    {"": ""},
    {"a": None},
    {"\ud800": 1},
    {"id": {}},
    {"$secret": ["env", "HOME"]},
    {"$reference": ["a/b/c", "id"]},
    {"$map": 1},
    {"apiVersion": 1, "kind": []},
    ["a", "a"],
    list(range(50)),
    {str(number): number for number in range(50)},
)

Chance = random.Random
Spot = tuple[Any, Any]
"""A map or a list, and the name or number of something in it."""


def worsened(document: Any, chance: Chance, changes: int | None = None) -> Any:
    """Return a copy of a document with a few changes (one to four, where not said)."""
    holder = [copy.deepcopy(document)]
    for _ in range(changes or chance.choice((1, 1, 1, 2, 3, 4))):
        spots = _spots(holder)
        inside, place = chance.choice(spots)
        chance.choice(_CHANGES)(inside, place, chance, spots)
        if not holder:
            holder = [None]
    return holder[0]


def text_of(document: Any, *, indent: int | None = None) -> str:
    """Return the JSON text of a document, with its marks filled in."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=True, indent=indent)
    if "\\ue000raw" in text:
        for number, raw in enumerate(_RAW):
            text = text.replace(json.dumps(_MARK % number), raw)
    return text.replace("\\ue002", "")


def bytes_of(document: Any, chance: Chance) -> bytes:
    """Return a document as bytes: as JSON, and now and then damaged as well."""
    content = text_of(document, indent=chance.choice((None, None, 1))).encode(errors="surrogatepass")
    return damaged(content, chance) if chance.random() < 0.15 else content


def damaged(content: bytes, chance: Chance) -> bytes:
    """Return bytes with a few of them changed, put in, doubled, moved or cut off."""
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(found) + 1)
        end = min(len(found), at + chance.choice((1, 1, 2, 4, 8, 64, 512)))
        match chance.randrange(7):
            case 0 if at < len(found):
                found[at] ^= 1 << chance.randrange(8)
            case 1:
                found[at:at] = chance.choice(_SNIPPETS)
            case 2:
                del found[at:end]
            case 3:
                found[at:at] = found[at:end] * chance.choice((1, 2, 50))
            case 4:
                del found[at:]
            case 5:
                found[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
            case _:
                begin = chance.randrange(len(found) + 1)
                found[at:at] = found[begin : begin + 40]
    return bytes(found)


_SNIPPETS = (
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\r",
    b"\n",
    b"\r\n",
    b"\t",
    b"\x1b[2J",
    b"\x85",
    b"\xe2\x80\xa8",
    b'"',
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"-",
    b"- ",
    b"? ",
    b"#",
    b"&a ",
    b"*a ",
    b"<<: *a\n",
    b"!!int ",
    b"!!binary ",
    b"%YAML 9.9\n",
    b"\n---\n",
    b"\n...\n",
    b"| \n",
    b">-\n",
    b"1e999",
    b"NaN",
    b"\\ud800",
    b"\\x",
    b"999999999999999999999",
    b"0o8",
    b"${",
    b"}",
    b"[" * 200,
    b"{a: " * 70,
    b"- " * 200,
    b"? " * 100,
    b'""',
    b"''",
    b"PK\x03\x04",
)


def _spots(holder: Any) -> list[Spot]:
    found: list[Spot] = []
    rest = [holder]
    while rest:
        inside = rest.pop()
        places = inside if isinstance(inside, dict) else range(len(inside))
        for place in places:
            found.append((inside, place))
            if isinstance(inside[place], dict | list):
                rest.append(inside[place])
    return found


def _replace(inside: Any, place: Any, chance: Chance, spots: list[Spot]) -> None:
    if chance.random() < 0.3:
        inside[place] = _MARK % chance.randrange(len(_RAW))
    else:
        inside[place] = copy.deepcopy(chance.choice(VALUES))


def _remove(inside: Any, place: Any, chance: Chance, spots: list[Spot]) -> None:
    del inside[place]


def _double(inside: Any, place: Any, chance: Chance, spots: list[Spot]) -> None:
    if isinstance(inside, list):
        inside.insert(place, copy.deepcopy(inside[place]))
    else:
        # The same name once more: the sign at its end is dropped from the text.
        inside[f"{place}\ue002"] = copy.deepcopy(inside[place])


def _move(inside: Any, place: Any, chance: Chance, spots: list[Spot]) -> None:
    other, there = chance.choice(spots)
    if (isinstance(other, list) and there >= len(other)) or (isinstance(other, dict) and there not in other):
        return
    inside[place] = copy.deepcopy(other[there])


def _wrap(inside: Any, place: Any, chance: Chance, spots: list[Spot]) -> None:
    inside[place] = chance.choice(([inside[place]], {"value": inside[place]}, [inside[place]] * 2))


def _retype(inside: Any, place: Any, chance: Chance, spots: list[Spot]) -> None:
    match inside[place]:
        case bool() as value:
            inside[place] = str(value).lower()
        case int() | float() as value:
            inside[place] = str(value)
        case str() as value:
            inside[place] = chance.choice(
                (len(value), [value], {value[:9]: value}, value * 40, value.upper(), value[:-1])
            )
        case list() as value:
            inside[place] = dict.fromkeys(map(str, range(len(value))))
        case dict() as value:
            inside[place] = list(value.values())
        case _:
            inside[place] = {}


def _rename(inside: Any, place: Any, chance: Chance, spots: list[Spot]) -> None:
    if isinstance(inside, dict):
        name = chance.choice(("", f"{place}x", str(place).upper(), "__proto__", "\ud800", "<<", "1", "null", "$map"))
        inside[name] = inside.pop(place)


_CHANGES: tuple[Callable[[Any, Any, Chance, list[Spot]], None], ...] = (
    _replace,
    _replace,
    _replace,
    _replace,
    _remove,
    _remove,
    _double,
    _move,
    _wrap,
    _retype,
    _rename,
)
