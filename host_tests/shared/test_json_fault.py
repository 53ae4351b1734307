# SPDX-License-Identifier: MIT
"""Where settings are not JSON: line, column and words, on every interpreter."""

import json
import sys

from wanbeacon.app import json_fault, words

#: text -> line, column, code
WRONG = (
    ("", 1, 1, "json.empty"),
    (" \n ", 2, 2, "json.empty"),
    ("{", 1, 2, "json.open"),
    ('{"a": 1', 1, 8, "json.open"),
    ('{"a": 1,}', 1, 9, "json.trailing"),
    ('{"a": [1, 2,]}', 1, 13, "json.trailing"),
    ('{"a": 1\n "b": 2}', 2, 2, "json.comma"),
    ('{"a" 1}', 1, 6, "json.colon"),
    ('{"a": }', 1, 7, "json.value"),
    ('{"a": , "b": 2}', 1, 7, "json.missing"),
    ('{, "b": 2}', 1, 2, "json.missing"),
    ("{'a': 1}", 1, 2, "json.single"),
    ("{\"a\": 'x'}", 1, 7, "json.single"),
    ("{\u201ca\u201d: 1}", 1, 2, "json.curly"),
    ('{"a": \u201cx\u201d}', 1, 7, "json.curly"),
    ("{a: 1}", 1, 2, "json.key"),
    ('{"a": yes}', 1, 7, "json.bare"),
    ('{"a": True}', 1, 7, "json.small"),
    ('{"a": 01}', 1, 7, "json.number"),
    ('{"a": +1}', 1, 7, "json.number"),
    ('{"a": 1.}', 1, 7, "json.number"),
    ('{"a": -}', 1, 7, "json.number"),
    ('{"a": "x\n}', 1, 7, "json.quote"),
    ('{"a": "x', 1, 7, "json.quote"),
    ('{"a": "x\\q"}', 1, 9, "json.escape"),
    ('{"a": "\\u12g4"}', 1, 8, "json.escape"),
    ('{"a": "x\ty"}', 1, 9, "json.control"),
    ('{"a": 1} {"b": 2}', 1, 10, "json.after"),
    ('{"a": 1}}', 1, 9, "json.closed"),
    ("]", 1, 1, "json.value"),
    ('{"a": [1}', 1, 9, "json.pair"),
    ('{"a": 1]', 1, 8, "json.pair"),
    ('{"a": [}', 1, 8, "json.pair"),
    ('{\n  // mine\n  "a": 1}', 2, 3, "json.comment"),
    ('{"a": 1 # mine\n}', 1, 9, "json.comment"),
    ('{"\u00fcber": "\u00e4" "b": 1}', 1, 14, "json.comma"),
)
GOOD = (
    "{}",
    "[]",
    "0",
    "-1.5e+3",
    "null",
    '"x"',
    '{"a": [1, {"b": "\\u00e4\\n"}], "c": true}',
    "\ufeff{}",
    " [ 1 , 2 ] \n",
    '{"a": 0.5, "b": 10}',
)


def _words():
    words.path = "firmware/catalogue/words.txt"


def test_each_mistake_is_found_at_its_place():
    for text, line, column, code in WRONG:
        found = json_fault.where(text)
        assert found and (found[0], found[1], found[3][0]) == (line, column, code), (text, found)


def test_what_is_json_has_no_fault():
    for text in GOOD:
        assert json_fault.where(text) is None, text


def test_cpythons_parser_agrees_that_they_are_wrong():
    taken = []
    for text, _, _, _ in WRONG:
        try:
            json.loads(text)
            taken.append(text)
        except ValueError:
            pass
    if sys.implementation.name == "cpython":
        assert taken == []
    else:  # MicroPython's parser is generous: it skips to what it can use
        assert len(taken) < len(WRONG) - 8, taken


def test_every_cut_of_a_good_text_is_a_fault_with_words():
    _words()
    text = '{"accounts": [{"hosts": ["a.b", "\\u00e4"], "n": -1.5, "t": true}], "x": null}'
    for end in range(len(text)):
        assert json_fault.where(text[:end]), text[:end]
        sentence = json_fault.lines(text[:end])[0]
        assert sentence.startswith("line 1, column ") and "json." not in sentence, sentence


def test_the_line_is_shown_with_a_caret_below_the_place():
    _words()
    shown = json_fault.lines('{\n  "user": "anna"\n  "hosts": []\n}')
    assert shown == ["line 3, column 3: a comma is missing before this", '    "hosts": []', "    ^"], shown


def test_a_long_line_is_shown_around_the_place():
    _words()
    shown = json_fault.lines('{"a": "%s" "b": 1}' % ("x" * 200))
    assert len(shown[1]) <= 80 and shown[1][len(shown[2]) - 1] == '"', shown


def test_a_password_in_that_line_is_not_shown():
    _words()
    for row in (
        '{"password": "geheim-1" "b": 1}',
        '{"token":"geheim-1", "password" : "geheim-1" x}',
        '{"password": geheim-1}',
    ):
        shown = json_fault.lines(row)
        assert shown and "geheim" not in shown[1] and len(shown[1]) == len(row) + 2, shown


def test_every_code_has_its_words():
    _words()
    for _, _, _, code in WRONG:
        assert words.find(code), code
