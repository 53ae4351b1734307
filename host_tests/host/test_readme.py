"""README.md tells the truth: its commands exist, its settings pass the check, its list of troubles is the code's. Host only."""

import json
import re
import shlex
import subprocess
import sys

import pytest
import typer
from wanbeacon import commands, decide
from wanbeacon.dyndns import outcome

from tools import ROOT, __main__, check

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FIRMWARE = " ".join(" ".join(path.read_text().split()) for path in sorted((ROOT / "firmware/wanbeacon").rglob("*.py")))


def blocks(language):
    return re.findall(r"^```%s\n(.*?)^```" % language, TEXT, re.M | re.S)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]
TOOLS = [line for line in COMMANDS + re.findall(r"`([^`\n]+)`", TEXT) if "-m tools " in line]


def option_names(tool):
    """All option strings of a tool, and whether a word may follow each."""
    app = __main__.load(tool)
    if not isinstance(app, typer.Typer):
        plain, app = app, typer.Typer()
        app.command()(plain)
    return {name: not param.is_flag for param in typer.main.get_command(app).params if param.param_type_name == "option"
            for name in [*param.opts, *param.secondary_opts]}


def test_there_is_something_to_check():
    assert len(COMMANDS) > 12 and len(TOOLS) > 8 and len(blocks("json")) == 3


@pytest.mark.parametrize("line", [line for line in COMMANDS if "-m tools " not in line])
def test_every_other_command_is_a_make_target_or_known(line):
    words = line.split()
    if words[0] == "make":
        assert re.search(r"^%s:" % words[1], (ROOT / "Makefile").read_text(), re.M), line
        assert all(word.startswith("CONFIG=") for word in words[2:])
    else:
        assert words[0] in ("chmod",), "a command that this test does not know"


@pytest.mark.parametrize("line", TOOLS)
def test_every_tool_is_there_with_the_options_named(line):
    words = shlex.split(line)
    assert words[:3] == [".venv/bin/python", "-m", "tools"], line
    known = option_names(words[3])
    for word in words[4:]:
        if word.startswith("-"):
            assert word in known, "%s has no option %s" % (words[3], word)
    if "--board" in words:
        assert (ROOT / "boards" / words[words.index("--board") + 1]).is_dir()


RUN = [line for line in dict.fromkeys(TOOLS) if re.search("tools (check|providers|ctl status)", line) and "NAME" not in line]


@pytest.mark.parametrize("line", RUN)
def test_commands_that_need_nothing_else_work(line, tmp_path):
    """ctl has no agent here: it must say just that."""
    (tmp_path / "my.json").write_text(blocks("json")[0])
    words = [sys.executable if word.endswith("python") else word.replace("my.json", str(tmp_path / "my.json"))
             for word in shlex.split(line)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    if words[3] == "ctl":
        assert done.returncode == 1 and "no agent answers at" in done.stderr
    else:
        assert done.returncode == 0 and done.stdout


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


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT))
def test_links_lead_somewhere(path):
    assert (ROOT / path).exists()


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
    source = (ROOT / "firmware/wanbeacon/decide.py").read_text()
    for text in re.findall(r'return WAIT, [\w.]+, "([^"%]+)"', source) + re.findall(r'return "(waiting[^"]+)"', source):
        assert text in SAID or text == "no publishable address is known", text  # that one gives way to its own reason
    for lost in re.findall(r'self\.lost = "([^"]+)"', (ROOT / "firmware/wanbeacon/journal.py").read_text()):
        assert lost.partition(":")[0] in SAID, lost
