"""README.md tells the truth: its settings pass the check, its list of troubles is the code's. Its commands are test_docs.py's
business. Host only."""

import json
import re

import pytest
from wanbeacon.app import commands
from wanbeacon.core import outcome
from wanbeacon.core import policy as decide

from tools import ROOT, check

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FIRMWARE = " ".join(" ".join(path.read_text().split()) for path in sorted((ROOT / "firmware/wanbeacon").rglob("*.py")))


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```" % language, TEXT, re.M | re.S)


def test_there_is_something_to_check():
    assert len(blocks("json")) == 3


@pytest.mark.parametrize("text", blocks("json"))
def test_the_settings_shown_pass_the_check(text, tmp_path):
    path = tmp_path / "my.json"
    path.write_text(text)
    assert check.examine(path) == ([], [])


def test_the_wifi_line_can_be_added_to_the_settings(tmp_path):
    line = re.search(r'`("wifi": [^`]+)`', TEXT).group(1)
    document = json.loads(blocks("json")[0])
    document.update(json.loads("{%s}" % line))
    path = tmp_path / "my.json"
    path.write_text(json.dumps(document))
    assert check.examine(path) == ([], [])


def test_the_picture_loads_nothing_from_elsewhere():
    text = (ROOT / "docs/run.svg").read_text(encoding="utf-8")
    assert len(text) < 60_000 and "@font-face" not in text and not re.search(r"url\((?!#)|href=", text)


# ---- the table of troubles

ROWS = re.findall(r"^\| (.+?) \| .+? \| .+? \|$", TEXT.split("## Trouble")[1].split("\n## ")[0], re.M)[1:]
SAID = "\n".join(ROWS)


def test_every_text_in_the_table_is_one_of_the_code():
    assert len(ROWS) > 25
    for row in ROWS:
        for part in re.split(r": |; ", row):
            assert part.replace("IPv4", "IPv%d") in FIRMWARE, row


def stop_texts():
    words = {outcome.AUTH: "badauth", outcome.FEATURE: "!donator", outcome.HOST: "nohost", outcome.BLOCK: "abuse", outcome.AGENT: "badagent"}
    for cls in decide.STOPS:
        rec = decide.Record(b"")
        rec.cls, rec.word = cls, words[cls]
        yield decide.stop_text(rec)


def test_every_reason_to_stop_is_in_the_table():
    assert len(decide.STOPS) == 5
    for text in stop_texts():
        assert text in ROWS


def test_every_way_an_exchange_can_fail_is_in_the_table():
    assert len(commands._TROUBLES) > 12
    for text in commands._TROUBLES.values():
        assert re.split(", so no |, and without |; that is", text)[0] in SAID, text


def test_every_reason_to_wait_is_in_the_table():
    source = (ROOT / "firmware/wanbeacon/core/policy.py").read_text()
    for text in re.findall(r'return WAIT, [\w.]+, "([^"%]+)"', source) + re.findall(r'return "(waiting[^"]+)"', source):
        assert text in SAID or text == "no publishable address is known", text  # that one gives way to its own reason
    for lost in re.findall(r'self\.lost = "([^"]+)"', (ROOT / "firmware/wanbeacon/core/journal.py").read_text()):
        assert lost.partition(":")[0] in SAID, lost
