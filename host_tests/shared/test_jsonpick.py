# SPDX-License-Identifier: MIT
"""The path picker: whatever pieces JSON arrives in, what it holds and what is no JSON; a thousand mutated
answers must not harm it."""

import json
import sys

from wanbeacon.core import jsonpick
from wanbeacon.core.jsonpick import Picker

TEXT = (
    b'{"result" : [ {"id":"a\\u00e9\\n'
    b'\\"","n":{"x":1},"vals":["1","2"]},{"id":null,"n":-2.5e3,"vals":[]},\r\n\t{} ], "success":true,'
    b'"errors":[{"code":9109,"chain":[{"code":6111}]}],"deep":[[[[{"a":[null,false]}]]]],"empty":"" , '
    b'"t":"\\ud83d\\ude00"}'
)


def pick(
    text,
    step=5,
    each="result[]",
    fields=(".id", ".n.x", ".vals[]", ".n"),
    alone=("success", "errors[].code", "empty", "t"),
):
    got = []
    p = Picker(each, fields, got.append, alone)
    for at in range(0, len(text), step):
        p.feed(text[at : at + step])
    return p.end(), got, p.said


def test_any_pieces_give_the_same():
    for step in (1, 2, 3, 7, 64, 4096):
        whole, got, said = pick(TEXT, step)
        assert whole, step
        assert got[0] == [[1, b'a\xc3\xa9\n"'], [1, b"1"], [2, b"1"], None]
        assert got[1] == [None, None, None, [1, b"-2.5e3"]] and got[2] == [None] * 4
        assert said == [(0, b"true"), (1, b"9109"), (2, b""), (3, b"\xf0\x9f\x98\x80")]


def test_halves_of_a_character_that_are_none():
    for text, wanted in (
        (b"\\ud83d", b"?"), (b"\\ude00", b"?"), (b"\\ude00\\ud83d", b"??"), (b"\\ud83dx\\ude00", b"?x?"),
        (b"\\ud83d\\ud83d\\ude00", b"?\xf0\x9f\x98\x80"), (b"\\ud83d\\ude00\\ude00", b"\xf0\x9f\x98\x80?"),
        (b"\\ud800\\udc00\\udbff\\udfff", b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), (b"?\\ude00", b"??"),
    ):  # fmt: skip
        for step in (1, 3, 64):
            assert pick(b'{"k\\ud83d":"","t":"' + text + b'"}', step)[2] == [(3, wanted)], text
    long = b"x" * 253 + b"\\ud83d\\ude00"
    assert pick(b'{"t":"' + long + b'"}')[2] == [(3, jsonpick.TOO_LONG)]


def test_lists_and_objects_at_the_root():
    assert pick(b'[{"id":"1"},{"id":"2"}]', each="[]", fields=(".id",))[1] == [[[1, b"1"]], [[1, b"2"]]]
    assert pick(b'{"id":7,"x":{"id":8}}', each="", fields=(".id",))[1] == [[[1, b"7"]]]
    assert pick(b'{"a":{"b":{"id":1}}}', each="a.b", fields=(".id",))[1] == [[[1, b"1"]]]


def test_what_is_no_json():
    for text in (
        b"", b"  ", b"<html>", b"good", b"{", b"[", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,}', b"{,}",
        b"[1,]", b"[1 2]", b"[,]", b"{}x", b"{}{}", b"]", b"nul", b"tru", b"--", b'{"a" 1}', b'{1:2}',
        b'["a]', b'["\\x"]', b'["\\u12g4"]', b"[}", b"{]", b'{"a":[}', b"\xef\xbb\xbf{}", b"'a'", b"[0x1]",
        b"[1e]x",
    ):  # fmt: skip
        assert not pick(text)[0], text
    for text in (b"{}", b"[]", b" [ ] ", b"1", b"-1.5e+3", b'"a"', b"null", b"[[],{}]", b'{"a":{}}'):
        assert pick(text)[0], text


def test_depth_and_lengths_are_bounded():
    assert pick(b"[" * jsonpick.DEPTH + b"]" * jsonpick.DEPTH)[0]
    assert not pick(b"[" * (jsonpick.DEPTH + 1) + b"]" * (jsonpick.DEPTH + 1))[0]
    assert not pick(b"[" + b"1" * 50 + b"]")[0]
    text = b'{"id":"' + b"x" * 255 + b'"}'
    assert pick(text, each="", fields=(".id",))[1] == [[[1, b"x" * 255]]]
    for long in (b"x" * 256, b"x" * 60000, b"\\u0041" * 256):
        whole, got, _ = pick(b'{"id":"' + long + b'"}', 512, each="", fields=(".id",))
        assert whole and got == [[[1, jsonpick.TOO_LONG]]]
    whole, got, said = pick(b'{"errors":[' + b'{"code":1},' * 500 + b'{"code":2}]}')
    assert whole and len(said) == Picker.MOST


def test_a_key_that_looks_like_a_path_is_none():
    for key in (b"a.b", b"a[]", b"result[].id", b"k" * 65):
        whole, got, said = pick(
            b'{"' + key + b'":{"id":1},"x":2}',
            each="a",
            fields=(".id", ".b"),
            alone=(key.decode(), key.decode() + ".id"),
        )
        assert whole and got == [] and said == []


class Chance:
    """A little random number generator: the same everywhere."""

    def __init__(self, seed):
        self.state = seed * 2654435761 & 0x3FFFFFFF or 1

    def below(self, n):
        self.state = self.state * 1103515245 + 12345 & 0x3FFFFFFF
        return (self.state >> 8) % n


def mutate(text, chance):
    raw = bytearray(text)
    for _ in range(1 + chance.below(4)):
        at, how = chance.below(len(raw)), chance.below(6)
        if how == 0:
            raw[at] = chance.below(256)
        elif how == 1:
            raw[at] = b'{}[],:"\\0eu \n'[chance.below(13)]
        elif how == 2:
            raw = raw[:at] + raw[at + 1 + chance.below(9) :] or bytearray(b"x")
        elif how == 3:
            raw = raw[:at] + bytes(raw[at : at + 1 + chance.below(30)]) * (1 + chance.below(40)) + raw[at:]
        elif how == 4:
            raw = raw[:at] or bytearray(b"[")
        else:
            other = chance.below(len(raw))
            raw = raw[:at] + raw[other:] or bytearray(b"{")
    return bytes(raw)


def test_a_thousand_mutated_answers_do_no_harm():
    whole = 0
    for seed in range(1000):
        chance = Chance(seed + 1)
        text = mutate(TEXT, chance)
        fine, got, said = pick(text, 1 + chance.below(60))
        for values in got:
            for one in values:
                assert one is None or isinstance(one[1], bytes) and len(one[1]) <= 256
        assert len(said) <= Picker.MOST
        if sys.implementation.name != "cpython":
            continue  # MicroPython's json takes a text that breaks off for whole
        try:
            json.loads(text.decode())
        except ValueError:
            continue
        whole += 1
        assert fine or len(text) > 1000 or text.count(b"[") + text.count(b"{") > jsonpick.DEPTH, text
    assert whole > 30 or sys.implementation.name != "cpython"
