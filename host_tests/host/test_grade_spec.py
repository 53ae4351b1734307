# SPDX-License-Identifier: MIT
"""The written protocol, the test vectors and the grader's rules say the same: docs/dyndns2.md is the table
they are checked against. Host only."""

import re

from tools import ROOT
from tools.grade import rules, vectors
from tools.grade_server import checks

PAGE = (ROOT / "docs" / "dyndns2.md").read_text()
DOCUMENT = vectors.load()
SECTIONS = set(re.findall(r"^#+ (\d+(?:\.\d+)?)\.? ", PAGE, re.M))
#: Rows of the table of codes: {code as it is sent: class}
CODES = {
    code.strip("`"): cls
    for codes, cls in re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \| ([a-z]+) \| (?:host|request) \|", PAGE, re.M)
    for code in codes.split(", ")
}


def test_the_page_has_the_codes_and_the_sections_that_are_looked_for():
    assert len(CODES) >= 18 and {"5.3", "6.1", "7.2", "12"} <= SECTIONS


def test_every_code_of_the_table_has_a_vector_of_its_class_and_no_vector_another_code():
    first = {}
    for one in DOCUMENT["vectors"]:
        if one["section"] == "5.3":
            words = one["body"].split()
            word = (
                "good 127.0.0.1" if words[:2] == ["good", "127.0.0.1"] else re.sub(r"^w\d\d", "wNN", words[0])
            )
            first.setdefault(word, set()).update(one["means"])
    missing = {"wNNs"}  # the same rule as its two neighbors
    assert set(first) | missing == set(CODES)
    assert {word: {CODES[word]} for word in first} == first


def test_every_vector_is_well_formed_and_cites_a_section():
    known = {"id", "section", "source", "body", "status", "headers", "hosts", "sent", "means", "wait"}
    ids = [one["id"] for one in DOCUMENT["vectors"]]
    assert len(set(ids)) == len(ids) > 60
    for one in DOCUMENT["vectors"]:
        assert one["section"] in SECTIONS and one.keys() <= known, one["id"]
        assert len(one["means"]) == one.get("hosts", 1) and set(one["means"]) <= set(DOCUMENT["meanings"]), (
            one["id"]
        )
        assert one["source"] and isinstance(one["body"], str), one["id"]


def test_the_keys_and_meanings_are_described():
    section = PAGE[PAGE.index("## 12.") : PAGE.index("## 13.")]
    used = {key for one in DOCUMENT["vectors"] for key in one} | set(DOCUMENT) - {"about", "specification"}
    assert used <= set(re.findall(r"`([a-z]+)`", section))
    assert set(CODES.values()) | {"unknown", "ask"} == set(DOCUMENT["meanings"])


def test_every_meaning_has_vectors():
    assert {word for one in DOCUMENT["vectors"] for word in one["means"]} == set(DOCUMENT["meanings"])


def test_every_rule_and_every_check_cites_a_section_that_is_there():
    for rule in rules.RULES:
        assert rule.section in SECTIONS, rule.id
    for check in checks.CHECKS:
        assert check.section in SECTIONS, check.id


def test_every_source_that_a_statement_names_is_in_the_list_of_sources():
    listed = set(re.findall(r"^\| \[([A-Z0-9-]+)\] \|", PAGE, re.M))
    used = set(re.findall(r"\[([A-Z][A-Z0-9-]+)\](?!\()", PAGE))
    assert used == listed


def test_every_rfc_that_is_cited_is_in_the_references():
    body, _, references = PAGE.partition("## 13. References")
    assert set(re.findall(r"RFC\s+(\d+)", body)) == set(re.findall(r"RFC\s+(\d+)", references))


def test_the_page_is_80_columns_wide_where_it_is_no_table():
    for row in PAGE.splitlines():
        assert len(row) <= 100 or row.startswith("|"), row
