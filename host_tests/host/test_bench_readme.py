# SPDX-License-Identifier: MIT
"""docs/comparison.md's numbers are those of the stored run, word for word; the comparison says what was met
and what was not."""

import json
import re

import pytest

from tools import ROOT, UserError
from tools.bench import compare, rows


def document(**values):
    """Stored results with these rows, in bytes."""
    return {
        "versions": {"inadyn": "2.10.0"},
        "rows": [
            {"name": name.replace("_", "-"), "unit": "B", "value": value} for name, value in values.items()
        ],
    }


def met(found, what):
    return next(line[3] for line in compare.lines(found) if line[0].what.startswith(what))


def test_the_readme_is_what_the_stored_results_say():
    text = compare.PAGE.read_text(encoding="utf-8")
    assert compare.fill(text, json.loads(compare.STORED.read_text())) == text


def test_the_stored_run_was_complete():
    stored = json.loads(compare.STORED.read_text())
    assert [row["name"] for row in stored["rows"]] == [row.name for row in rows.ROWS]
    assert [row["name"] for row in stored["rows"] if row["missing"]] == []


def test_every_line_stands_on_rows_that_are_measured():
    names = {row.name for row in rows.ROWS}
    assert {name for line in compare.LINES for name in line.rows if name} <= names


def test_a_target_is_met_not_met_or_not_measured():
    found = document(resident_wanbeacon=74, resident_inadyn=100, resident_one=98, idle_bytes_wanbeacon=0)
    assert met(found, "resident memory") is True and met(found, "the same, inadyn told") is False
    assert met(found, "bytes on any network") is True and met(found, "installed files") is None
    text = compare.markdown(found)
    assert "| 1.4 × |  | 74 B, 100 B, - | at most 0.75 of inadyn's: met |" in text and "**not met**" in text
    assert met(document(router_natpmp=10, inadyn_fastest=999), "new address to request, behind") is False
    assert met(document(router_natpmp=10, inadyn_fastest=1000), "new address to request, behind") is True
    assert met(document(idle_bytes_wanbeacon=1), "bytes on any network") is False


@pytest.mark.parametrize(
    "theirs, ours, text",
    [(3, 2, "1.5"), (2, 3, "0.7"), (123456, 10, "12000"), (5, 0, ""), (None, 3, ""), (0, 3, "0.0")],
)
def test_a_ratio_has_two_digits(theirs, ours, text):
    assert compare.ratio(theirs, ours) == text


def test_a_readme_without_a_place_is_refused_in_words():
    with pytest.raises(UserError, match="no place for the table"):
        compare.fill("# Wanbeacon\n", document())


def test_the_picture_is_drawn_from_results_and_loads_nothing(tmp_path):
    for name in ("a.svg", "a.png"):
        compare.draw(
            document(resident_wanbeacon=74, resident_inadyn=100, resident_ddclient=7000), tmp_path / name
        )
    text = (tmp_path / "a.svg").read_text()
    assert (
        "resident memory" in text
        and not re.search(r"url\((?!#)|href=\"(?!#)", text)
        and (tmp_path / "a.png").stat().st_size > 5000
    )


def test_the_stored_picture_is_that_of_the_stored_results(tmp_path):
    compare.draw(json.loads(compare.STORED.read_text()), tmp_path / "bench.svg")
    assert (tmp_path / "bench.svg").read_text() == (ROOT / "docs/bench.svg").read_text()
