# SPDX-License-Identifier: MIT
"""README.md tells the truth: its settings pass the check, its list of troubles is the code's. Its commands
are test_docs.py's business. Host only."""

import json
import re

import pytest

from tools import ROOT, check, providers
from tools.build import docs

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FIRMWARE = " ".join(
    " ".join(path.read_text().split()) for path in sorted((ROOT / "firmware/wanbeacon").rglob("*.py"))
)


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```" % language, TEXT, re.M | re.S)


def test_there_is_something_to_check():
    assert len(blocks("json")) == 3


@pytest.mark.parametrize("text", blocks("json"))
def test_the_settings_shown_pass_the_check(text, tmp_path):
    path = tmp_path / "my.json"
    path.write_text(text)
    path.chmod(0o600)
    problems, warnings = check.examine(path)
    assert problems == [] and all("put your own there" in line for line in warnings), warnings


def test_the_wifi_line_can_be_added_to_the_settings(tmp_path):
    line = re.search(r'`("wifi": [^`]+)`', TEXT).group(1)
    document = json.loads(blocks("json")[0])
    document.update(json.loads("{%s}" % line))
    path = tmp_path / "my.json"
    path.write_text(json.dumps(document))
    assert check.examine(path)[0] == []


def test_the_picture_loads_nothing_from_elsewhere():
    text = (ROOT / "docs/run.svg").read_text(encoding="utf-8")
    assert len(text) < 60_000 and "@font-face" not in text and not re.search(r"url\((?!#)|href=", text)


# ---- the table of troubles

TROUBLE = (ROOT / "docs/trouble.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| .+? \| .+? \|$", TROUBLE, re.M)[1:]
SAID = "\n".join(ROWS)
WORDS = dict(
    re.findall(r"^([\w.-]+(?: \w+)?) = (.+)$", (ROOT / "firmware/catalogue/words.txt").read_text(), re.M)
)


def test_every_text_in_the_table_is_one_of_the_words():
    assert len(ROWS) > 25
    for row in ROWS:
        for part in re.split(r": |; ", row):
            assert (
                any(part in text or part.replace("IPv4", "IPv%d") in text for text in WORDS.values())
                or part in FIRMWARE
            ), row


@pytest.mark.parametrize("kind", ["stop", "trouble", "hold", "wait", "journal"])
def test_every_reason_is_in_the_table(kind):
    found = [text for code, text in WORDS.items() if code.partition(".")[0] == kind]
    assert found
    for text in found:
        known = [
            part
            for part in re.split(r"%s(?:: )?|; |: |, so no |, and without |\(%s\)", text)
            if len(part) > 12
        ]
        assert known and any(part.strip() in SAID for part in known), text


def test_every_code_of_the_policy_has_words():
    source = "".join(
        (ROOT / "firmware/wanbeacon" / name).read_text()
        for name in ("core/policy.py", "app/plan.py", "app/learn.py")
    )
    for code in re.findall(r'"((?:due|hold|wait|stop|event|no|log|line)\.[a-z][\w-]*)"', source):
        assert code in WORDS, code


# ---- the first screen, and what it promises


def test_the_first_screen_says_what_it_is_shows_it_and_leads_on():
    screen = TEXT.split("What sets it apart")[0]
    assert screen.count("\n") < 30, "one screen before the details"
    assert (
        "](docs/run.svg)" in screen and "make run\nmake test" in screen and "docs/provider-list.md" in screen
    )


def test_the_list_of_contents_has_every_section():
    contents = TEXT.split("**Contents:**")[1].split("\n## ")[0]
    for title in re.findall(r"^## (.+)$", TEXT, re.M):
        anchor = "(#%s)" % re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        assert anchor in contents or title == "License", title
    for anchor in re.findall(r"\(#([a-z0-9-]+)\)", TEXT):
        assert "\n## %s" % anchor.replace("-", " ") in TEXT.lower(), anchor


def test_the_pages_made_from_the_sources_are_up_to_date():
    for path, text in docs.pages().items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m tools docs`"


def test_every_provider_is_on_the_page_by_its_name():
    page = docs.provider_list()
    for fact, row in providers.pairs():
        assert "| %s | `%s` |" % (docs.cell(fact["name"]), row["id"]) in page


def test_no_code_has_two_sentences():
    codes = re.findall(r"^([^#\n]+?) = ", (ROOT / "firmware/catalogue/words.txt").read_text(), re.M)
    assert len(set(codes)) == len(codes), sorted({code for code in codes if codes.count(code) > 1})
