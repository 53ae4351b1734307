# SPDX-License-Identifier: MIT
"""UCI's syntax: quoting, lists, sections, faults."""

from uci_kit import FILE
from wanbeacon.openwrt import uci


def values(text):
    return [(name, value) for name, value, _ in uci.parse("config t 's'\n" + text, FILE)[0].options]


def fault(text):
    try:
        uci.parse(text, FILE)
    except uci.UciError as error:
        return str(error)
    return None


QUOTING = (
    ("option a b", "b"),
    ("option a 'b c'", "b c"),
    ('option a "b c"', "b c"),
    ("option a 'it'\\''s'", "it's"),
    ('option a "say \\"hi\\""', 'say "hi"'),
    ("option a 'back\\slash'", "back\\slash"),
    ('option a "back\\\\slash"', "back\\slash"),
    ("option a b\\ c", "b c"),
    ("option a b'c d'\"e f\"g", "bc de fg"),
    ("option a b#c", "b"),
    ("option a 'b#c' # why", "b#c"),
    ("option a 'two\nlines'", "two\nlines"),
    ('option a "joined\\\nup"', "joinedup"),
    ("option a joined\\\nup", "joinedup"),
    ("option a joined\\\r\nup", "joinedup"),
    ("\t option\t a  b \t", "b"),
    ("option a b\r", "b"),
    ("o a b", "b"),
    ("option a 'x;y'", "x;y"),
    ("option a b; option a c", "c"),
    ("option a '\u00e9\u4e2d'", "\u00e9\u4e2d"),
)


def test_every_way_of_quoting_gives_the_value():
    for text, value in QUOTING:
        assert values(text + "\n") == [("a", value)], text


def test_the_last_line_needs_no_line_end():
    assert values("option a b") == [("a", "b")]
    assert values("option a 'b'") == [("a", "b")]


def test_lists_collect_and_an_option_before_them_is_their_first():
    assert values("list a 1\nlist a '2 3'\n") == [("a", ["1", "2 3"])]
    assert values("option a 0\nlist a 1\n") == [("a", ["0", "1"])]
    assert values("list a 1\noption a 2\n") == [("a", "2")]


def test_an_empty_option_is_an_absent_one():
    assert values("option a ''\n") == []
    assert values("option a b\noption a ''\n") == []
    assert values("option a\n") == []


def test_sections_named_anonymous_and_reopened():
    found = uci.parse(
        "package x\nconfig t 'a'\n option p 1\nconfig t\nconfig t a\n option q 2\nconfig u\n", FILE
    )
    assert [s.title() for s in found] == ["a", "@t[1]", "@u[0]"]
    assert [(n, v) for n, v, _ in found[0].options] == [("p", "1"), ("q", "2")]


def test_line_numbers_survive_comments_joined_lines_and_values_over_lines():
    found = uci.parse("# 1\n\nconfig t 'a' # 3\n option p 'x\ny\nz'\n option q \\\nr\n option s t\n", FILE)
    assert [line for _, _, line in found[0].options] == [4, 7, 9]


FAULTS = (
    ("config t 'a\noption b c\n", ("line 1", "never closed")),
    ('config t a\n option b "c\n\n', ("line 2", "never closed")),
    ("option a b\n", ("line 1", "before the first 'config'")),
    ("config\n", ("line 1", "config TYPE")),
    ("config t a b\n", ("line 1", "config TYPE")),
    ("config t 'a b'\n", ("line 1", "'a b'")),
    ("config t a\nconfig u a\n", ("line 2", "already a 't'")),
    ("config t a\n option b c d\n", ("line 2", "section 'a'", "option 'b'", "quotes")),
    ("config t a\n option 'b-c' d\n", ("line 2", "section 'a'", "option NAME")),
    ("config t a\n option\n", ("line 2", "section 'a'")),
    ("confg t a\n", ("line 1", "confg")),
    ("\n\nMZ\x90\x01\n", ("line 3", "none of config")),
    ("config t a\n\0", ("line 2", "NUL")),
)


def test_each_fault_names_file_line_and_what_to_do():
    for text, parts in FAULTS:
        said = fault(text)
        assert said, text
        assert said.startswith(FILE + " line "), said
        for part in parts:
            assert part in said, (part, said)


def test_what_is_dumped_reads_back_the_same():
    text = (
        "config t 'a'\n option p 'it'\\''s \"x\" \\ # ;'\n list l 'a b'\n list l ''\n list l 'c'\n\n"
        "config t\n option p '\n'\n"
    )
    first = uci.parse(text, FILE)
    again = uci.parse(uci.dump(first), FILE)
    assert [(s.kind, s.name, [o[:2] for o in s.options]) for s in first] == [
        (s.kind, s.name, [o[:2] for o in s.options]) for s in again
    ]


def test_crlf_line_ends_change_nothing():
    text = "config t 'a'\n option p b\n list l \"c d\" # e\n\nconfig t\n option q 'r'\n"
    first, second = uci.parse(text, FILE), uci.parse(text.replace("\n", "\r\n"), FILE)
    assert [(s.title(), s.options) for s in first] == [(s.title(), s.options) for s in second]


def test_garbage_is_refused_in_one_line_or_read_but_never_worse():
    seed = 12345
    alphabet = "config option list packge'\"\\#;\n\r\t 01_-\xe9\x01"
    for _ in range(400):
        text = "config t a\n"
        for _ in range(40):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            text += alphabet[(seed >> 8) % len(alphabet)]
        said = fault(text)
        assert said is None or (said.startswith(FILE + " line ") and "\n" not in said)
