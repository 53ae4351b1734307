# SPDX-License-Identifier: MIT
"""UCI reading against random input: whatever the quoting, the value comes back; whatever the garbage, one
line."""

import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wanbeacon.openwrt import ddns, options, render, uci
from wanbeacon.openwrt import settings as mapping

from tools import ROOT

FILE = "/etc/config/wanbeacon"
KNOWN = ["dyn", "noip", "duckdns"]
names = st.text("ABYZabyz0189_", min_size=1, max_size=8)
kinds = st.sampled_from(["service", "wanbeacon", "other"])
texts = st.text(
    st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=12
)


def provider(name):
    return KNOWN if name is None else ddns.ours(name, KNOWN)


def bare(value):
    return "".join(c if c.isalnum() and c.isascii() else "\\" + c for c in value)


def double(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mixed(value):
    half = len(value) // 2
    return uci.quote(value[:half]) + double(value[half:])


@st.composite
def written(draw):
    """(text, what must be read): sections with every way to quote, comments, blanks and abbreviations
    between."""
    lines, wanted, seen = [], [], set()
    for _ in range(draw(st.integers(0, 3))):
        kind, name = draw(kinds), draw(st.none() | names)
        if name in seen:
            name = None
        seen.add(name)
        lines.append(
            "config %s %s" % (kind, draw(st.sampled_from([uci.quote, double, bare]))(name) if name else "")
        )
        options = {}
        for _ in range(draw(st.integers(0, 4))):
            option, value = draw(names), draw(texts)
            # a bare line end after a backslash joins lines: libuci has no way to write it but quotes
            ways = [uci.quote, double, mixed] if "\n" not in value else [uci.quote]
            if "\n" not in value and "\r" not in value:
                ways.append(bare)
            as_list = draw(st.booleans())
            command = draw(st.sampled_from(["list", "l"] if as_list else ["option", "o"]))
            after = draw(st.sampled_from(["", " # 'comment", "\t", ";", '\n\n  # "more', "\n#"]))
            lines.append(" %s %s %s%s" % (command, option, draw(st.sampled_from(ways))(value), after))
            if not as_list:
                options.pop(option, None)
                options[option] = value
            elif isinstance(options.get(option), list):
                options[option].append(value)
            else:
                options[option] = ([options[option]] if option in options else []) + [value]
        wanted.append((kind, name, options))
    return "\n".join(lines), wanted


def read(text):
    return [(s.kind, s.name, {n: v for n, v, _ in s.options}) for s in uci.parse(text, FILE)]


@settings(max_examples=200, deadline=None)
@given(written())
def test_whatever_the_quoting_the_same_values_are_read(case):
    text, wanted = case
    assert read(text) == wanted
    assert read(uci.dump(uci.parse(text, FILE))) == wanted


@settings(max_examples=100, deadline=None)
@given(written())
def test_crlf_files_read_the_same_unless_a_value_spans_lines(case):
    text, wanted = case
    if all(
        "\n" not in value
        for _, _, options in wanted
        for one in options.values()
        for value in (one if isinstance(one, list) else [one])
    ):
        assert read(text.replace("\n", "\r\n")) == wanted


@settings(max_examples=600, deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="config option list \t\n\r'\"\\#;ab0_", max_size=200))
def test_garbage_ends_in_sections_or_in_one_line_that_names_file_and_line(text):
    try:
        found = uci.parse(text, FILE)
    except uci.UciError as error:
        assert re.match(re.escape(FILE) + r" line \d+[:,] ", str(error))
        assert str(error).isprintable() or not text.isascii()
        assert "\n" not in str(error)
        line = int(re.match(r"\D+ (\d+)", str(error)[len(FILE) :]).group(1))
        assert 1 <= line <= text.count("\n") + 1
    else:
        assert read(uci.dump(found)) == [(s.kind, s.name, {n: v for n, v, _ in s.options}) for s in found]


known_options = st.sampled_from(sorted({**mapping._MAIN, **options.SOURCE, **mapping._SERVICE})) | names
likely = (
    st.sampled_from(["1", "0", "both", "dyn", "wan", "network", "web", "minutes", "10", "a.example"]) | texts
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            kinds, st.none() | names, st.lists(st.tuples(known_options, likely, st.booleans()), max_size=8)
        ),
        max_size=4,
    )
)
def test_any_options_become_a_document_or_problems_that_name_their_place(rows):
    sections = []
    for i, (kind, name, chosen) in enumerate(rows):
        section = uci.Section(kind, name, i + 1, i)
        section.options = [["enabled", "1", i + 1]] + [
            [o, [v] if many else v, i + 1] for o, v, many in chosen if o != "enabled"
        ]
        sections.append(section)
    found = mapping.convert(sections, FILE, provider)
    for problem in found.problems:
        assert re.match(re.escape(FILE) + r" line \d+, section '", problem), problem
    if not found.problems:
        assert len(found.document["accounts"]) == len(found.origin)
        for account in found.document["accounts"]:
            assert account["hosts"] and account["provider"] in [*KNOWN, "custom"]


SERVICE = """
config service 'h%d'
	option enabled '1'
	option service_name 'dyn'
	option username '%s'
	option password 'p'
	option domain 'h%d.example.org'
"""
MAIN = (
    "import sys; from wanbeacon.openwrt import render; "
    "sys.exit(render.main(sys.argv[1:], 'firmware/catalogue/providers.dat'))"
)


@pytest.mark.parametrize(("user", "count", "status", "said"), [
    ("u", 200, render.DONE, ""), ("u%d", 200, render.REFUSED, "200 different logins; 20 are allowed\n"),
    ("u", 1500, render.REFUSED, "larger than 64 KB; this is not a settings file\n"),
])  # fmt: skip
def test_two_hundred_services_are_written_or_refused_in_one_line(
    tmp_path, each_micropython, user, count, status, said
):
    """In the memory that OpenWrt's program has, which is MicroPython's default."""
    path = tmp_path / "wanbeacon"
    names = [user % n if "%" in user else user for n in range(count)]
    path.write_text("".join(SERVICE % (n, names[n], n) for n in range(count)))
    (tmp_path / "main.py").write_text(MAIN)
    done = subprocess.run(
        each_micropython.command(tmp_path / "main.py", path, tmp_path / "out.json"),
        cwd=ROOT,
        env=each_micropython.environment(ROOT / "firmware"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.count("\n") == bool(said) and done.stderr.endswith(said)
