# SPDX-License-Identifier: MIT
# Replies at their edges: exact words, reach, kind and delay; rules one sign beside the mark. See
# test_reply.py for the rest.
from wanbeacon.core import address, civil, httpdate, outcome
from wanbeacon.core.outcome import (
    ACCOUNT,
    AGENT,
    AUTH,
    BLOCK,
    FAIL,
    FEATURE,
    HOST,
    LATER,
    ODD,
    OK,
    ONE,
    PROVIDER,
    SAME,
    SERVER,
    TROUBLE,
)
from wanbeacon.dyndns import reply

A, B = "45.33.1.1", "45.33.1.2"
A6 = "2600:77::1"
P, P6 = address.parse(A), address.parse(A6)
WALL = 784111777 - 100  # 100 s before Sun, 06 Nov 1994 08:49:37 GMT


def one(body, row=None, status=200, sent=(A, None), **more):
    """The Outcome of a reply to one host."""
    body = body if isinstance(body, bytes) else body.encode()
    outs = reply.read(
        row or {}, status, body, ["a.example.org"], [address.parse(a) if a else None for a in sent], **more
    )
    assert len(outs) == 1
    return outs[0]


def rule(*rules):
    return {"rules": [list(r) for r in rules]}


def test_every_word_has_its_class_reach_and_kind():
    table = (
        ("good " + A, OK, ONE, None), ("nochg " + A, SAME, ONE, None), ("badauth", AUTH, ACCOUNT, None),
        ("noauth", AUTH, ACCOUNT, None), ("!donator", FEATURE, ONE, None), ("!active", FEATURE, ONE, None),
        ("nohost", HOST, ONE, None), ("notfqdn", HOST, ONE, None), ("!yours", HOST, ONE, None), ("numhost", HOST, ONE, None),
        ("badsys", HOST, ONE, None), ("badip", HOST, ONE, None), ("badrequest", HOST, ONE, None), ("abuse", BLOCK, ONE, None),
        ("badagent", AGENT, PROVIDER, None), ("dnserr", LATER, ACCOUNT, TROUBLE), ("911", LATER, ACCOUNT, TROUBLE),
        ("servererror", LATER, ACCOUNT, SERVER), ("interval", LATER, ONE, SERVER), ("w5m", LATER, ACCOUNT, SERVER),
        ("good 127.0.0.1", AGENT, PROVIDER, None), ("what", ODD, ONE, None), ("", ODD, ONE, None),
    )  # fmt: skip
    for body, cls, reach, kind in table:
        out = one(body)
        assert (out.cls, out.reach, out.kind, out.delay, out.split, out.note) == (
            cls,
            reach,
            kind,
            out.delay,
            False,
            None,
        ), body
        assert out.word == (body.split() or ["empty"])[0] or out.word == body, body


def test_once_words_mean_the_whole_list_and_others_ask_for_the_culprit():
    for word, split in (("badauth", False), ("!donator", False), ("badsys", False), ("911", False), ("w5m", False),
                        ("nohost", True), ("!active", True), ("abuse", True), ("what", False), ("nochg", True),
                        ("good", False)):  # fmt: skip
        outs = reply.read({}, 200, word.encode(), ["a", "b"], (P, None))
        assert [o.split for o in outs] == [split, split], word
        assert (
            outs[0].cls == one(word).cls
            and outs[0].kind == one(word).kind
            and outs[0].delay == one(word).delay
        )
    outs = reply.read({}, 200, b"good " + A.encode(), ["a", "b", "c"], (P, None))
    assert [o.note for o in outs] == [("reply.one-for-all", 3)] * 3


def test_lines_that_are_too_few_or_too_strange_are_said():
    outs = reply.read({}, 200, ("good %s\nwhat\nnohost" % A).encode(), ["a", "b", "c"], (P, None))
    assert [(o.cls, o.word) for o in outs] == [(OK, "good"), (ODD, "not understood"), (HOST, "nohost")]
    outs = reply.read({}, 200, ("good %s\nnohost" % A).encode(), ["a", "b", "c"], (P, None))
    assert [(o.cls, o.word) for o in outs] == [(OK, "good"), (HOST, "nohost"), (ODD, "no answer line")]


def test_a_failure_wins_over_a_success_wherever_it_stands():
    for body in ("badauth\ngood " + A, "good %s\nbadauth" % A):
        assert one(body).cls == AUTH
    out = one("nochg %s\ngood %s" % (A, A6), sent=(A, A6))
    assert (out.cls, out.word, list(out.got)) == (OK, "good", [P, P6])


def test_wait_codes_up_to_four_digits():
    for word, delay in (
        ("w1s", 1),
        ("w10m", 600),
        ("w2h", 7200),
        ("w9999s", 9999),
        ("W3H", 10800),
        ("w9999h", 86400),
    ):
        assert one(word).delay == delay, word
    for word in ("w99999s", "w123456s", "w10", "w10d", "wh", "w1:s", "x10h", "w-1h", "10h", "w\u00b2h"):
        assert one(word).cls == ODD, word


def test_a_retry_after_lengthens_and_never_shortens():
    assert one("911", retry_after="60").delay == 1800
    assert one("911", retry_after="5000").delay == 5000
    assert one("w2h", retry_after="60").delay == 7200
    assert one("", status=503, retry_after="90").delay == 90
    assert one("", status=503).delay == 0 and one("911").delay == 0
    assert one("", status=503, retry_after="Sun, 06 Nov 1994 08:49:37 GMT", wall=WALL).delay == 100
    assert one("good " + A, retry_after="90").delay == 0


def test_retry_after_is_a_whole_number_of_seconds_within_its_bounds():
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    for text, wall, want in (("0", None, 1), ("1", None, 1), ("60", None, 60), ("61", None, 61), (" 120 ", None, 120), ("999999999999", None, 86400),
                             (date, WALL, 100), (date, WALL + 50, 50), (date, WALL + 200, 1), (date, WALL - 10**6, 86400), (date, None, 0),
                             ("soon", WALL, 0), ("", WALL, 0), ("-5", WALL, 0), ("1:0", WALL, 0)):  # fmt: skip
        got = reply.seconds(text, wall)
        assert got == want and isinstance(got, int), text


def test_days_of_the_calendar():
    for date, day in (((1970, 1, 1), 0), ((1970, 1, 31), 30), ((1970, 2, 1), 31), ((1970, 3, 1), 59), ((1970, 4, 1), 90),
                      ((1970, 5, 1), 120), ((1970, 6, 1), 151), ((1970, 7, 1), 181), ((1970, 8, 1), 212), ((1970, 9, 1), 243),
                      ((1970, 10, 1), 273), ((1970, 11, 1), 304), ((1970, 12, 31), 364), ((1972, 2, 29), 789), ((2000, 2, 29), 11016),
                      ((2000, 3, 1), 11017), ((2026, 11, 21), 20778), ((2100, 2, 28), 47540), ((2100, 3, 1), 47541),
                      ((2401, 1, 1), 157420)):  # fmt: skip
        assert httpdate.days(*date) == day, date
        assert civil.date(day * 86400) == civil.date(day * 86400 + 86399) == date


def test_every_month_of_a_date_is_read():
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    for n in range(12):
        wall = httpdate.days(2026, n + 1, 5) * 86400
        assert reply.seconds("Mon, 05 %s 2026 01:02:03 GMT" % months[n], wall) == 3723, months[n]


def test_status_without_a_word():
    for status, cls, reach, kind in ((500, LATER, ACCOUNT, SERVER), (503, LATER, ACCOUNT, SERVER), (599, LATER, ACCOUNT, SERVER),
                                     (429, LATER, ACCOUNT, SERVER), (408, LATER, ACCOUNT, SERVER), (401, AUTH, ACCOUNT, None),
                                     (403, ODD, ONE, None), (404, ODD, ONE, None), (410, ODD, ONE, None),
                                     (300, ODD, ONE, None), (302, ODD, ONE, None), (402, ODD, ONE, None)):  # fmt: skip
        out = one("never heard of it", status=status)
        assert (out.cls, out.reach, out.kind, out.word) == (cls, reach, kind, "HTTP %d" % status), status
    assert one("", status=200).word == "empty" and one("", status=204).word == "empty"
    assert one("<html>", status=200).word == "a web page"
    assert one('"what" else', status=299).word == '"what"'
    assert (
        one("!\u00e9\x7f~x", status=200).word == "!???~x" or one("!\u00e9\x7f~x", status=200).word == "!??~x"
    )


def test_addresses_that_differ_are_said():
    out = one("good " + B)
    assert (out.cls, out.word, list(out.got)) == (ODD, "other address", [address.parse(B)])
    out = one("good " + B, {"conn": 1})
    assert out.cls == OK and not out.got and len(out.got) == 0
    assert out.note == ("reply.other-address", B, A)
    assert one("good 127.0.0.1").word == "good 127.0.0.1"
    assert one("good 127.0.0.1", sent=("127.0.0.1", None)).cls == OK
    assert one("good " + A6).cls == OK, "the other family says nothing of this one"


def test_bodies_that_are_no_text():
    assert one(b"good " + A.encode() + b" \xff\xfe").cls == OK
    assert one(b"\xffgood").word == "?good"
    outs = reply.read({}, 200, ("good %s\rnohost" % A).encode(), ["a", "b"], (P, None))
    assert [o.cls for o in outs] == [OK, HOST], "a lone CR ends a line too"
    assert one("ok" + "\nx" * 60, rule(("OK", "=ok"))).cls == OK, "of a page the first lines are read"
    lines = ["x"] * reply.MAX_LINES
    assert one("\n".join(lines[1:] + ["badauth"])).cls == AUTH
    assert one("\n".join(lines + ["badauth"])).cls == ODD, "what is longer is a page"


# ---- rules


def test_a_line_begins_is_whole_words_at_the_start():
    row = rule(("OK", "^ok"))
    for body, cls in (("ok", OK), ("OK done", OK), ("ok.", OK), ("first\nok", OK), ("not ok", ODD), ("okay", ODD), ("ok1", ODD),
                      ("ok_", ODD)):  # fmt: skip
        assert one(body, row).cls == cls, body


def test_anywhere_is_whole_words_too():
    row = rule(("OK", "~ok"))
    for body, cls in (("ok", OK), ("all ok here", OK), ("xok ok", OK), ("ok xok", OK), ("_ok ok_ (ok)", OK), ("xok", ODD),
                      ("ok_", ODD), ("_ok", ODD), ("1ok", ODD), ("okok", ODD), ("aok b", ODD), ("xok " * 60, ODD)):  # fmt: skip
        assert one(body, row).cls == cls, body


def test_any_word_of_failure_is_a_rule():
    row = rule(("ODD", "!"), ("OK", "^ok"))
    for body, cls in (("ok", OK), ("ok, no error", ODD), ("ok: FAILED", ODD), ("ok unfailing terror", OK), ("ok\naccess denied", ODD),
                      ("ok invalid", ODD), ("ok unknown", ODD)):  # fmt: skip
        assert one(body, row).cls == cls, body


def test_an_empty_body_is_a_rule_of_its_own():
    row = rule(("OK", "0"))
    assert one("", row).cls == OK and one("", row).word == "HTTP 200"
    for body in ("!! no", "a b", "0", "0 ?"):
        assert one(body, row).cls == ODD, body


def test_a_whole_line_and_letters_anywhere():
    assert one("first\nDone", rule(("OK", "=done"))).cls == OK
    assert one("done it", rule(("OK", "=done"))).cls == ODD
    assert one("x<ErrCount> 0 </ErrCount>", rule(("OK", "*<errcount>0</errcount>"))).cls == OK
    assert one("x<ErrCount>10</ErrCount>", rule(("OK", "*<errcount>0</errcount>"))).cls == ODD


def test_the_sent_address_anywhere_in_any_spelling():
    row = rule(("OK", "@"))
    for body in ("your address:%s." % A, "(%s)" % A, "set to 045.033.001.001", "...%s..." % A, "%s:" % A):
        assert one(body, row).cls == OK, body
    for body in (B, "45.33.1", "1%s" % A, "45.33.1.11", ": : :", "x"):
        assert one(body, row).cls == ODD, body
    assert one("is 2600:0077:0::0001 now", row, sent=(None, A6)).cls == OK
    assert one("is ::1 now", row, sent=(None, "::1")).cls == OK
    assert one(" ".join([B] * 15 + [A]), row).cls == OK
    assert one(" ".join([B] * 16 + [A]), row).cls == ODD, "what names so many is no answer"
    assert one("12:30 " * 20 + A, row).cls == OK, "a time of day is no address"


def test_a_success_needs_a_status_of_success_and_no_page():
    row = rule(("OK", "^ok"), ("HOST", "^ok"))
    assert one("ok", row).cls == OK and one("ok", row, 299).cls == OK
    for status in (199, 300, 404):
        assert one("ok", row, status).cls == ODD, status
        assert one("ok", dict(row, bad=[status]), status).cls == HOST, (
            "a row may name the statuses its failures come with"
        )
    for page in ("<html>\nok", "<!doctype x>\nok", "<ok", "x <script>\nok", "\n<!-- -->\nok"):
        assert one(page, row).cls == ODD, page
        assert one(page, dict(row, page=["html"])).cls == (OK if "html" in page else ODD), (
            "or by what its pages are known"
        )


def test_a_word_wins_over_a_status_where_both_count():
    row = {"std": reply.STD, "rules": [["HOST", "#404", "^gone"], ["OK", "#200", "^fine"]]}
    assert (one("gone", row).cls, one("gone", row).word) == (HOST, "gone")
    assert one("badauth", row, 404).cls == AUTH
    assert (one("what", row, 404).cls, one("what", row, 404).word) == (HOST, "HTTP 404")
    assert one("what", row).cls == OK and one("what", row).word == "HTTP 200"
    assert one("good " + B, {"std": reply.STD_FAILURES, "rules": [["SAME", "^good"]]}).cls == SAME
    row = {"std": reply.STD_FAILURES, "rules": [["OK", "^fine"]]}
    assert one("good " + A, row).cls == ODD and one("badauth", row).cls == AUTH


def test_marks_are_stripped_where_the_row_says_so():
    row = dict(rule(("OK", "=ok")), tags=1, page=[""])
    for body, cls in (("<p>OK</p>", OK), ("ok<br>", OK), ("<b>o</b>k", ODD), ("ok", OK), ("a\nok<b", OK), ("okb<", ODD), ("ok<b<c", OK),
                      ("<p>ok<b", OK)):  # fmt: skip
        assert one(body, row).cls == cls, body
    assert one("<p>ok</p>", rule(("OK", "=ok"))).cls == ODD


def test_a_rows_own_words_come_first():
    row = {"words": {"nohost": "LATER", "fine": "OK", "abuse": "ACCOUNT", "no": "FAIL"}}
    for word, cls, reach in (("nohost", LATER, ACCOUNT), ("fine", OK, ONE), ("abuse", BLOCK, ACCOUNT), ("no", FAIL, ONE),
                             ("badauth", AUTH, ACCOUNT)):  # fmt: skip
        out = one(word, row)
        assert (out.cls, out.reach) == (cls, reach), word
    assert one("nohost", row).kind == SERVER and outcome.failed("timeout").kind == outcome.NET


def test_a_page_is_known_by_any_of_its_tags_wherever_they_stand():
    for tag in ("<html", "<head", "<body", "<script", "<!doctype", "<!DOCTYPE", "<HTML"):
        out = one("nochg %s\n%s>" % (A, tag))
        assert (out.cls, out.word) == (ODD, "a web page"), tag
    assert one("nochg %s\n<br>" % A).cls == SAME
    assert one("<html>nochg %s" % A, status=300).word == "HTTP 300"
    assert one("<html>nochg %s" % A, status=299).word == "a web page"


def test_on_a_page_a_user_can_only_name_statuses_of_failure():
    def custom(*rules):
        return dict(rule(*rules), id="custom")

    out = one("<html>error", custom(("FAIL", "#200")))
    assert (out.cls, out.word) == (FAIL, "HTTP 200")
    assert one("<html>error", custom(("FAIL", "*error"))).cls == ODD
    assert one("<html>done", custom(("OK", "#200"))).cls == ODD
    assert one("<html>error", rule(("FAIL", "#200"))).cls == ODD, "only where the user says so"


def test_the_word_for_people_is_the_first_and_no_tag():
    assert one("fatal error here").word == "fatal"
    out = one("<answer>fatal", dict(rule(("OK", "=done")), page=["<answer>"]))
    assert (out.cls, out.word) == (ODD, "a web page")


def test_a_word_of_a_row_may_have_as_many_characters_as_are_looked_up():
    word = "x" * reply.WORD_LONGEST
    assert one(word, {"words": {word: "HOST"}}).cls == HOST
    assert one(word + "x", {"words": {word + "x": "HOST"}}).cls == ODD


def test_an_exclamation_mark_is_no_space():
    assert one("ok", rule(("OK", "*!ok"))).cls == ODD
    assert one("! o k", rule(("OK", "*!ok"))).cls == OK


def test_one_answer_is_split_and_noted_only_where_several_hosts_were_asked():
    assert not one("gone", rule(("HOST", "=gone"))).split
    assert one("done", rule(("OK", "=done"))).note is None
    outs = reply.read({}, 200, b"badauth", ["a", "b"], [P, None])
    assert [(o.split, o.note) for o in outs] == [(False, None)] * 2
    outs = reply.read({}, 200, b"good " + A.encode(), ["a", "b"], [P, None])
    assert [o.note for o in outs] == [("reply.one-for-all", 2)] * 2


def test_the_fourth_address_of_a_line_counts():
    assert one("good %s %s %s %s" % (B, B, B, A)).cls == OK
    assert one("good %s,%s,%s,%s" % (B, B, B, A)).cls == OK
