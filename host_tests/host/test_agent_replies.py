# SPDX-License-Identifier: MIT
"""Every code of Dyn and every deviation that concerns one exchange ends in the right class, as the status
document tells.

One agent process tries many cases at once: each is an account of its own with one host. Only what stops a
whole provider needs a process to itself.
"""

import base64
import urllib.parse

import pytest

from tools.lab import running
from tools.netlab.agent_process import CPYTHON, MICROPYTHONS, Agent, account, forms_of, host

ADDRESS = "45.33.7.9"
PASSWORD = "s3cret/of:the käse&"
#: Accounts of one config: it has 4096 bytes.
BATCH = 16


def fault(name, *more, **options):
    """The personality's own answer to a fine update, then the fault (and a second one, if named)."""

    def act(lab, name_of_host):
        for one in (name, *more):
            lab.fault(one, host=name_of_host, **options)

    return act


def says(text, status=200, **headers):
    """Exactly this answer."""

    def act(lab, name_of_host):
        lab.answer(
            text,
            status=status,
            headers={k.replace("_", "-"): v for k, v in headers.items()},
            host=name_of_host,
        )

    return act


def state(value, *faults):
    """The host is in this state at the provider; "stored": it has the address already."""

    def act(lab, name_of_host):
        entry = lab.world.host(name_of_host)
        if value == "stored":
            entry.records["A"] = ADDRESS
        elif value == "gone":
            del lab.world.hosts[name_of_host]
        else:
            entry.state = value
        for one in faults:
            lab.fault(one, host=name_of_host)

    return act


def echoes_the_login(lab, name_of_host):
    """The Authorization header, as a debugging server would show it."""
    login = base64.b64encode(("u%s:%s" % (name_of_host[1:3], PASSWORD)).encode()).decode()
    lab.answer("%s is what you sent\nBasic %s\n" % (login, login), host=name_of_host)


def plain(lab, name_of_host):
    """Nothing special."""


# case -> (what the lab does, class, the word that is kept, seconds until the next request or None = no timed
# one)
MONTH = (26 * 86400, 28 * 86400)
# the first wait and its random part
NET, SERVER, TROUBLE, ODD = (60, 1260), (300, 1500), (1800, 3600), (1800, 2400)
CASES = {
    # Dyn's codes, as its own server says them
    "good": (plain, "OK", "good", MONTH),
    "nochg": (state("stored"), "SAME", "nochg", MONTH),
    "abuse": (state("blocked"), "BLOCK", "abuse", None),
    "numhost": (state("roundrobin"), "HOST", "numhost", None),
    "!active": (state("inactive"), "FEATURE", "!active", None),
    "nohost": (state("gone"), "HOST", "nohost", None),
    "!donator": (says("!donator"), "FEATURE", "!donator", None),
    "!yours": (says("!yours"), "HOST", "!yours", None),
    "notfqdn": (says("notfqdn"), "HOST", "notfqdn", None),
    "badsys": (says("badsys"), "HOST", "badsys", None),
    "badauth": (says("badauth"), "AUTH", "badauth", None),
    "dnserr": (says("dnserr"), "LATER", "dnserr", TROUBLE),
    "911": (says("911"), "LATER", "911", TROUBLE),
    "w30m": (says("w30m"), "LATER", "w30m", (1800, 4200)),
    "w02h": (says("w02h"), "LATER", "w02h", (7200, 15000)),
    "w90s": (says("w90s"), "LATER", "w90s", (90, 780)),
    # deviations: number in tools/lab/faults.py and name
    "1 crlf": (fault("crlf"), "OK", "good", MONTH),
    "1 trailing blanks": (fault("trailing-blanks"), "OK", "good", MONTH),
    "1 stray cr": (fault("stray-cr"), "OK", "good", MONTH),
    "1 refusal with crlf": (state("blocked", "crlf"), "BLOCK", "abuse", None),
    "2 no newline": (fault("no-newline"), "OK", "good", MONTH),
    "3 good without address": (fault("good-bare"), "OK", "good", MONTH),
    "4 good and a blank": (fault("good-blank"), "OK", "good", MONTH),
    "5 nochg without address": (state("stored", "nochg-bare"), "SAME", "nochg", MONTH),
    "7 badauth with 200": (says("badauth", 200), "AUTH", "badauth", None),
    "8 badauth with 401": (says("badauth", 401, WWW_Authenticate='Basic realm="x"'), "AUTH", "badauth", None),
    "8 nohost with 404": (state("gone", "codes-4xx"), "HOST", "nohost", None),
    "8 abuse with 403": (state("blocked", "codes-4xx"), "BLOCK", "abuse", None),
    "8 911 with 500": (says("911", 500), "LATER", "911", TROUBLE),
    "8 401 without a word": (says("Unauthorized", 401), "AUTH", "HTTP 401", None),
    "8 403 without a word": (says("<html>Forbidden</html>", 403), "ODD", "HTTP 403", ODD),
    "8 404 without a word": (says("", 404), "ODD", "HTTP 404", ODD),
    "8 422 without a word": (says("Unprocessable", 422), "ODD", "HTTP 422", ODD),
    "8 500 without a word": (says("Internal error", 500), "LATER", "HTTP 500", SERVER),
    "9 friendly 200": (fault("plain-2xx"), "ODD", "Your", ODD),
    "9 ko with 200": (fault("ko-200"), "ODD", "KO", ODD),
    "10 429 with seconds": (fault("429", seconds=700), "LATER", "HTTP 429", (700, 2000)),
    "10 429 with a date": (fault("429-date", seconds=700), "LATER", "HTTP 429", (700, 2000)),
    "10 503 with seconds": (fault("503", seconds=700), "LATER", "HTTP 503", (700, 2000)),
    "10 503 with a date": (fault("503-date", seconds=700), "LATER", "HTTP 503", (700, 2000)),
    "10 429 asks for no wait": (fault("429", seconds=0), "LATER", "HTTP 429", (60, 720)),
    "10 429 asks for a year": (fault("429", seconds=31536000), "LATER", "HTTP 429", (86400, 86400)),
    "11 limit in the body": (fault("limit-in-body"), "ODD", "You", ODD),
    "13 several lines": (fault("many-lines"), "OK", "good", MONTH),
    "13 one of them an error": (fault("mixed-lines"), "LATER", "dnserr", TROUBLE),
    "14 several addresses": (fault("many-addresses"), "OK", "good", MONTH),
    "14 with a blank": (fault("many-addresses", sep=" "), "OK", "good", MONTH),
    "15 home-made success": (fault("home-made"), "ODD", "addresses", ODD),
    "16 html": (fault("html"), "ODD", "a web page", ODD),
    "16 html with good": (fault("html-good", status=200), "ODD", "a web page", ODD),
    "16 html with good, 404": (fault("html-good"), "ODD", "HTTP 404", ODD),
    "16 xml": (fault("xml"), "ODD", "a web page", ODD),
    "16 json": (fault("json"), "ODD", '{"status":', ODD),
    "17 chunked": (fault("chunked"), "OK", "good", MONTH),
    "17 chunked to 1.0": (fault("chunked-1.0"), "OK", "good", MONTH),
    "18 no reason": (fault("no-reason"), "OK", "good", MONTH),
    "18 204": (fault("204"), "ODD", "empty", ODD),
    "18 empty 200": (fault("empty-200"), "ODD", "empty", ODD),
    "19 redirect": (fault("redirect"), "ODD", "redirect", ODD),
    "19 redirect to plain": (fault("redirect", tls="no", status=307), "ODD", "redirect", ODD),
    "19 redirect here": (fault("redirect-same"), "ODD", "redirect", ODD),
    "20 capitals": (fault("upper-case"), "OK", "good", MONTH),
    "20 a capital": (fault("title-case"), "OK", "good", MONTH),
    "20 refusal in capitals": (state("blocked", "upper-case"), "BLOCK", "abuse", None),
    "21 codes in a sentence": (fault("substring"), "ODD", "The", ODD),
    "21 good morning": (says("good morning, friend"), "ODD", "good", ODD),
    "22 fatal": (fault("odd-word"), "ODD", "fatal", ODD),
    "22 noauth": (fault("odd-word", word="noauth"), "AUTH", "noauth", None),
    "22 badip": (fault("odd-word", word="badip"), "HOST", "badip", None),
    "22 interval": (fault("odd-word", word="interval"), "LATER", "interval", SERVER),
    "23 other sense": (fault("other-sense"), "LATER", "911", TROUBLE),
    "26 another address": (fault("ignores-myip"), "ODD", "other address", ODD),
    "30 captive portal": (fault("captive-portal"), "ODD", "a web page", ODD),
    "31 bom": (fault("bom"), "OK", "good", MONTH),
    "32 zero-padded": (fault("zero-padded"), "OK", "good", MONTH),
    "32 mapped": (fault("mapped"), "OK", "good", MONTH),
    "32 prefix length": (fault("prefix-length"), "OK", "good", MONTH),
    "cut off": (fault("half"), "LATER", "cut", NET),
    "reset": (fault("reset"), "LATER", ("reset", "cut"), NET),
    "no http": (fault("garbage"), "ODD", "odd", ODD),
    "echoes the password": (says(PASSWORD), "ODD", "***", ODD),
    "good and the password": (says("good %s %s" % (ADDRESS, PASSWORD)), "OK", "good", MONTH),
    "the password behind a long text": (says("x" * 70 + PASSWORD), "ODD", "x" * 15, ODD),
    "echoes the login": (echoes_the_login, "ODD", "***", ODD),
    "the password in a URL": (says("see /x?pw=" + urllib.parse.quote(PASSWORD, safe="")), "ODD", "see", ODD),
    "a cut letter of two bytes": (says("x" + "\u00e4" * 3000), "ODD", "too long", ODD),
    "no letters": (fault("garbage", text="HTTP/1.0 200 OK\r\n\r\n\xff\xfe\x00\x80good"), "ODD", "??", ODD),
}
#: What other interpreters than the wheel show again: each way that bytes, words, headers and the wire can
#: differ.
FEW = [
    name
    for name in CASES
    if name.split()[0] not in ("9", "11", "15", "20", "22", "23")
    and name
    not in (
        "numhost",
        "!active",
        "!donator",
        "!yours",
        "badsys",
        "911",
        "w02h",
        "w90s",
        "7 badauth with 200",
        "8 401 without a word",
        "8 404 without a word",
        "8 422 without a word",
        "10 503 with seconds",
        "10 429 asks for no wait",
        "16 html with good",
        "16 html with good, 404",
        "18 empty 200",
        "21 good morning",
        "32 prefix length",
    )
]
#: Answers that stop the whole provider.
AGENT = {
    "badagent": says("badagent"),
    "6 good 127.0.0.1": fault("good-loopback"),
    "blocked client": says("good 127.0.0.1"),
}


def batches(names):
    return [names[i : i + BATCH] for i in range(0, len(names), BATCH)]


def lab_for(names):
    """A lab with one user per case: u00 owns h00.dyndns.org and so on."""
    hosts = ["h%02d.dyndns.org" % i for i in range(len(names))]
    return running(
        "dyn",
        bind="127.0.0.1",
        accounts={
            "accounts": [{"user": "u" + name[1:3], "password": PASSWORD, "hosts": [name]} for name in hosts]
        },
    ), hosts


def config_for(lab, hosts):
    return {"accounts": [account(lab, name, user="u" + name[1:3], password=PASSWORD) for name in hosts]}


def try_batch(interpreter, names):
    """{case: host entry of the status document}, the ledger and all that the agent let out."""
    lab, hosts = lab_for(names)
    with lab:
        for case, name in zip(names, hosts, strict=True):
            CASES[case][0](lab, name)
        with Agent(interpreter, config_for(lab, hosts)) as agent:
            agent.set_address(ADDRESS)
            agent.start()
            document = agent.wait(lambda s: all(h["class"] for h in s["hosts"]))
            assert agent.now()["hosts"][0]["name"] == hosts[0]
            everything = agent.everything()
        return (
            {case: host(document, name) for case, name in zip(names, hosts, strict=True)},
            {
                case: [r for r in lab.ledger if name in r["hosts"]]
                for case, name in zip(names, hosts, strict=True)
            },
            everything,
            lab.ledger_of("stranger"),
        )


class Results:
    def __init__(self, interpreter, names):
        self.hosts, self.requests, self.everything, self.strangers = {}, {}, b"", []
        for batch in batches(names):
            hosts, requests, everything, strangers = try_batch(interpreter, batch)
            self.hosts.update(hosts)
            self.requests.update(requests)
            self.everything += everything
            self.strangers += strangers


WITH = {MICROPYTHONS[0]: list(CASES), CPYTHON: FEW, MICROPYTHONS[2]: FEW}


@pytest.fixture(scope="module", params=WITH)
def results(request):
    return Results(request.param, WITH[request.param])


def test_each_answer_has_its_class_its_word_and_its_next_time(results):
    wrong = []
    for case, entry in results.hosts.items():
        _, cls, word, wait = CASES[case]
        words = word if isinstance(word, tuple) else (word,)
        if entry["class"] != cls or entry["result"] not in words:
            wrong.append("%s: should be %s %s, is %s %s" % (case, cls, word, entry["class"], entry["result"]))
        elif wait is None and (entry["state"] != "stopped" or entry["next_in"] is not None):
            wrong.append(
                "%s: should have stopped, is %s, next in %s" % (case, entry["state"], entry["next_in"])
            )
        elif wait and not wait[0] - 10 <= entry["next_in"] <= wait[1] + 2:
            wrong.append("%s: the next request is in %s s, should be in %s" % (case, entry["next_in"], wait))
        elif not entry["why"] or (cls not in ("OK", "SAME") and entry["state"] == "ok"):
            wrong.append("%s: state %s, why %r" % (case, entry["state"], entry["why"]))
    assert not wrong, "\n".join(wrong)


def test_each_answer_was_asked_for_once(results):
    assert {case: len(requests) for case, requests in results.requests.items()} == dict.fromkeys(
        results.hosts, 1
    )


def test_nobody_went_where_a_redirect_pointed(results):
    assert results.strangers == []


def test_no_form_of_the_password_is_anywhere(results):
    for user in range(BATCH):
        for form in forms_of(PASSWORD, "u%02d" % user):
            assert form not in results.everything


@pytest.mark.parametrize("interpreter", [MICROPYTHONS[0], MICROPYTHONS[2]])
@pytest.mark.parametrize("case", AGENT)
def test_a_refused_program_stops_every_host_at_that_provider(interpreter, case):
    lab, hosts = lab_for(["a", "b"])
    with lab:
        AGENT[case](lab, hosts[0])
        with Agent(interpreter, config_for(lab, hosts)) as agent:
            agent.set_address(ADDRESS)
            agent.start()
            document = agent.wait(lambda s: all(h["class"] for h in s["hosts"]))
            for name in hosts:
                assert host(document, name)["class"] == "AGENT" and host(document, name)["state"] == "stopped"
                assert "update it" in host(document, name)["why"]
            assert len(lab.updates) == 1
