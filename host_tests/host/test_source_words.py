# SPDX-License-Identifier: MIT
"""Every code that a source, the chooser or a time server's judge hands on has its row in words.txt, with as
many values."""

import ast
import re

from tools import ROOT

FIRMWARE = ROOT / "firmware/wanbeacon"
CODE = re.compile(r"^[a-z][a-z0-9]*\.[a-z0-9_%][a-z0-9_% -]*$")
FILES = [*sorted((FIRMWARE / "observe").glob("*.py")), *(FIRMWARE / name for name in (
    "net/reason.py", "net/lan.py", "board/esp32/ntp.py"))]  # fmt: skip


def rows():
    text = (ROOT / "firmware/catalogue/words.txt").read_text()
    return dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line and line[0] != "#")


def codes(path):
    """(code, number of values or None) of each tuple and each call of Why() or log() that begins with a
    code."""
    for node in ast.walk(ast.parse(path.read_text())):
        parts = node.elts if isinstance(node, ast.Tuple) else node.args if isinstance(node, ast.Call) else ()
        first = parts[0] if parts else None
        if isinstance(first, ast.BinOp):  # "natpmp.result%d" % result
            first = first.left
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and CODE.match(first.value):
            star = any(isinstance(one, ast.Starred) for one in parts)
            concatenated = (
                isinstance(node, ast.Tuple) and len(parts) == 1 and first.value == "kernel.two_routers"
            )
            yield first.value, None if star or concatenated else len(parts) - 1


def test_every_code_has_a_sentence_that_takes_its_values():
    known, seen = rows(), 0
    for path in FILES:
        for code, values in codes(path):
            if (
                code.startswith("observe.")
                or code in ("wanbeacon.", "kernel.none6", "kernel.none4")
                or code.startswith(("ff02", "time."))
            ):
                continue  # gets its value later
            pattern = re.compile(re.escape(code).replace("%d", r"\d+") + "$")
            found = [key for key in known if pattern.match(key)]
            assert found, "%s: no sentence for %s" % (path.name, code)
            for key in found:
                seen += 1
                takes = len(re.findall(r"%[sd]", known[key]))
                assert values is None or takes == values, "%s: %s takes %d values, gets %d" % (
                    path.name,
                    key,
                    takes,
                    values,
                )
    assert seen > 80, seen
