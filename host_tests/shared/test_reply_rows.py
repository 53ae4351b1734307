# SPDX-License-Identifier: MIT
# What each provider's own answers mean, row by row of the catalogue.
from replies import A6, ROWS, A, B, check, classes, read, row_of


def test_each_provider_is_understood_in_its_own_words():
    for name in sorted(ROWS):
        check(ROWS[name], name)


def test_no_success_outside_2xx_for_rows_with_rules():
    for name in sorted(ROWS):
        if row_of(name).get("rules"):
            for line in ROWS[name]:
                if line[1] in ("OK", "SAME"):
                    for status in (301, 403, 500):
                        got = classes(dict(row_of(name), std=0), line[0], status)
                        assert got not in ("OK", "SAME"), (name, line, status)


def test_the_address_of_either_family_may_be_the_proof():
    assert classes("goip", "h (%s)" % A6, sent=(None, A6)) == "OK"
    assert classes("goip", "h (2A00:1450:0::7)", sent=(None, A6)) == "OK"
    assert classes("goip", "h (%s)" % A6, sent=(A, None)) == "ODD"
    assert classes("dondominio", "IP:%s:" % A) == "OK"


def test_a_word_of_a_custom_provider_stops_only_its_host():
    from wanbeacon.core import outcome
    from wanbeacon.dyndns import custom

    row = custom.row(
        {
            "url": "https://h/?a={ip}",
            "ok": ["stored"],
            "same": ["=same"],
            "fail": ["!wrong"],
            "later": ["*busy"],
        }
    )
    table = (("stored 1.2.3.4", "OK"), ("same", "SAME"), ("same here", "ODD"), ("!wrong key", "FAIL"),
             ("!wrong key", "FAIL", 400), ("!wrong key", "LATER", 500), ("<p>!wrong</p>", "ODD"),
             ("we are B U S Y", "LATER"), ("good " + A, "ODD"), ("badauth", "AUTH"), ("nohost", "HOST"),
             ("", "ODD", 404), ("STORED", "OK"))  # fmt: skip
    for line in table:
        assert classes(row, line[0], line[2] if len(line) > 2 else 200) == line[1], line
    assert read(row, "!wrong")[0].reach == outcome.ONE
    row = custom.row({"url": "https://h/?a={ip}"})
    assert classes(row, "good " + A) == "OK" and classes(row, "nochg") == "SAME"
    # only `ok` stands instead of good and nochg
    row = custom.row({"url": "https://h/?a={ip}", "same": ["unchanged"]})
    assert (
        classes(row, "good " + A) == "OK"
        and classes(row, "nochg") == "SAME"
        and classes(row, "unchanged") == "SAME"
    )
    row = custom.row({"url": "https://h/?a={ip}", "ok": ["updated {ip}"]})
    assert (
        classes(row, "updated " + A) == "OK"
        and classes(row, "error: could not set %s for h.example.org" % A) == "ODD"
    )
    row = custom.row({"url": "https://h/?a={ip}", "fail": ["#402"], "ok": ["{ip}"]})
    assert (
        classes(row, "", 402) == "FAIL"
        and classes(row, "<html>", 402) == "FAIL"
        and classes(row, "now " + A) == "OK"
        and classes(row, "now " + B) == "ODD"
    )
