# SPDX-License-Identifier: MIT
"""Each fault of the lab, seen from the client's end of the wire: what really arrives, and what was stored."""

import contextlib
import time
from email.utils import parsedate_to_datetime

import pytest

from host_tests.host.lab_client import AGENT, basic, connect, exchange
from tools import UserError
from tools.lab import running
from tools.lab.faults import FAULTS, STORES_NOTHING

TARGET = "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9"
TWO = "/nic/update?hostname=demo.dyndns.org,demo2.dyndns.org&myip=45.33.7.9"
WRONG = "/nic/update?hostname=nobody.dyndns.org&myip=45.33.7.9"


@pytest.fixture(scope="module")
def shared():
    with running(provider="dyn", bind="127.0.0.1") as made:
        yield made


@pytest.fixture
def lab(shared):
    """One lab for all, as new."""
    shared.reset()
    return shared


# fault, its options, target, expected status, expected body
TEXTS = [
    ("crlf", {}, TWO, 200, "good 45.33.7.9\r\ngood 45.33.7.9\r\n"),
    ("trailing-blanks", {}, TARGET, 200, "  good 45.33.7.9 \t \n"),
    ("stray-cr", {}, TARGET, 200, "good 45.33.7.9\r\r\n\r"),
    ("no-newline", {}, TARGET, 200, "good 45.33.7.9"),
    ("good-bare", {}, TARGET, 200, "good\n"),
    ("good-blank", {}, TARGET, 200, "good \n"),
    ("good-loopback", {}, TWO, 200, "good 127.0.0.1\ngood 127.0.0.1\n"),
    ("errors-200", {}, WRONG, 200, "nohost\n"),
    ("codes-4xx", {}, WRONG, 404, "nohost\n"),
    ("codes-4xx", {"status": 503}, TARGET, 503, "good 45.33.7.9\n"),
    ("plain-2xx", {}, TARGET, 200, "Your update was processed.\n"),
    ("ko-200", {}, TARGET, 200, "KO"),
    ("limit-in-body", {}, TARGET, 200, "You are sending more than 20 requests per second\n"),
    ("limit-in-body", {"text": "TOOSOON\n"}, TARGET, 200, "TOOSOON\n"),
    ("one-line", {}, TWO, 200, "good 45.33.7.9\n"),
    (
        "many-lines",
        {},
        TARGET,
        200,
        "good 45.33.7.9\nnochg 2600:3c00::7\n<!-- served by lab -->\nEnd of answer\n",
    ),
    ("mixed-lines", {"word": "dnserr"}, TARGET, 200, "good 45.33.7.9\ndnserr\n"),
    ("many-addresses", {}, TARGET, 200, "good 45.33.7.9,2600:3c00::7\n"),
    ("many-addresses", {"sep": " "}, TARGET, 200, "good 45.33.7.9 2600:3c00::7\n"),
    ("home-made", {"word": "successfully_changed"}, TARGET, 200, "successfully_changed\n"),
    ("204", {}, TARGET, 204, ""),
    ("empty-200", {}, TARGET, 200, ""),
    ("upper-case", {}, WRONG, 200, "NOHOST\n"),
    ("title-case", {}, TARGET, 200, "Good 45.33.7.9\n"),
    ("odd-word", {"word": "noauth"}, TWO, 200, "noauth\nnoauth\n"),
    ("other-sense", {"word": "badagent"}, TARGET, 200, "badagent\n"),
    ("ignores-myip", {"address": "45.33.1.2"}, TARGET, 200, "good 45.33.1.2\n"),
    ("bom", {}, TARGET, 200, "\ufeffgood 45.33.7.9\n"),
    ("zero-padded", {}, TARGET, 200, "good 045.033.007.009\n"),
    ("mapped", {}, TARGET, 200, "good ::ffff:45.33.7.9\n"),
    ("prefix-length", {}, TARGET, 200, "good 45.33.7.9/32\n"),
]


@pytest.mark.parametrize("name, options, target, status, body", TEXTS, ids=[row[0] for row in TEXTS])
def test_texts(lab, name, options, target, status, body):
    lab.fault(name, times=1, **options)
    answer = exchange(lab, target)
    assert (answer.status, answer.text, answer.error) == (status, body, None)
    stored = lab.published("demo.dyndns.org")["A"]
    assert stored == (
        None if name in STORES_NOTHING or target is WRONG else options.get("address", "45.33.7.9")
    )
    assert lab.ledger[-1]["faults"] == [name]
    again = exchange(lab, target)  # times=1: gone
    assert (again.status, again.text) == (200, "nohost\n") if target is WRONG else again.text != body


def test_nochg_bare_and_good_blank_for_an_unchanged_address(lab):
    exchange(lab, TARGET)
    for name, body in (("nochg-bare", "nochg\n"), ("good-blank", "good \n")):
        lab.fault(name, times=1)
        assert exchange(lab, TARGET).text == body


@pytest.mark.parametrize(
    "name, kind, part",
    [
        ("html", "text/html", "<p>good 45.33.7.9</p>"),
        ("html-good", "text/html", "\ngood luck"),
        ("xml", "text/xml; charset=utf-16", "<IP>45.33.7.9</IP>"),
        ("json", "application/json", '"message": "record updated"'),
        ("captive-portal", "text/html", "good hotel WLAN"),
        ("substring", "text/plain", "911::1 is no good"),
    ],
)
def test_pages_that_hold_code_words(lab, name, kind, part):
    lab.fault(name)
    answer = exchange(lab, TARGET)
    assert part in answer.text and answer.headers["content-type"] == kind
    assert not answer.text.startswith("good")


@pytest.mark.parametrize("name, status", [("429", 429), ("503", 503), ("429-date", 429), ("503-date", 503)])
def test_retry_after_and_a_client_that_ignores_it(lab, name, status):
    lab.fault(name, times=1, seconds=600)
    answer = exchange(lab, TARGET)
    value = answer.headers["retry-after"]
    seconds = parsedate_to_datetime(value).timestamp() - lab.world.now() if "date" in name else int(value)
    assert answer.status == status and 595 < seconds <= 600 and "600 seconds" in answer.text
    exchange(lab, TARGET)
    assert "Retry-After ignored" in lab.findings()
    lab.ledger_book.clear()
    lab.fault(name, times=1, seconds=600)
    exchange(lab, TARGET)
    lab.world.advance(601)
    exchange(lab, TARGET)
    assert "Retry-After ignored" not in lab.findings()


def test_faults_add_up(lab):
    for name in ("bom", "crlf", "upper-case"):
        lab.fault(name)
    assert exchange(lab, TARGET).text == "\ufeffGOOD 45.33.7.9\r\n"


def test_a_fault_for_one_host_only_and_not_for_the_check_page(lab):
    lab.fault("204", host="demo2.dyndns.org")
    assert exchange(lab, TARGET).status == 200
    assert exchange(lab, TWO).status == 204
    lab.clear()
    lab.fault("empty-200", kind_of="check")
    assert exchange(lab, TARGET).text and exchange(lab, "/", user=None).text == ""


def test_forced_answers_queue_up_and_store_nothing(lab):
    lab.answer("badauth\n", status=401, headers={"X-Lab": "yes"}, times=2)
    lab.answer("nohost", times=1)
    answers = [exchange(lab, TARGET) for _ in range(4)]
    assert [(a.status, a.text) for a in answers] == [(401, "badauth\n")] * 2 + [
        (200, "nohost"),
        (200, "good 127.0.0.1\n"),
    ]
    assert answers[0].headers["x-lab"] == "yes" and lab.published("demo.dyndns.org")["A"] is None


@pytest.mark.parametrize("tls, port", [("yes", "stranger-tls"), ("no", "stranger")])
def test_redirect_to_a_host_that_notes_who_brings_a_password(lab, tls, port):
    lab.fault("redirect", status=307, tls=tls)
    answer = exchange(lab, TARGET)
    where = answer.headers["location"]
    assert answer.status == 307 and where.endswith(":%d%s" % (lab.ports[port], TARGET))
    assert exchange(lab, TARGET, user=None, port=port).text == "good 45.33.7.9\n"
    assert "credentials sent to another host" not in lab.findings()
    exchange(lab, TARGET, port=port)
    assert "credentials sent to another host" in lab.findings() and lab.ledger[-1]["kind"] == "stranger"
    assert lab.published("demo.dyndns.org")["A"] is None


def test_redirect_on_the_same_host(lab):
    lab.fault("redirect-same", times=1)
    answer = exchange(lab, TARGET)
    assert (answer.status, answer.headers["location"]) == (301, "/moved" + TARGET)


@pytest.mark.parametrize("port", ["http", "https"])
def test_chunks_even_for_http_1_0(lab, port):
    lab.fault("chunked-1.0")
    answer = exchange(lab, TARGET, version="1.0", port=port)
    assert (
        answer.headers["transfer-encoding"] == "chunked"
        and answer.rest == b"4\r\ngood\r\nB\r\n 45.33.7.9\n\r\n0\r\n\r\n"
    )


def test_chunks_with_extensions_and_trailers(lab):
    lab.fault("trailers")
    assert exchange(lab, TARGET, version="1.0").rest == (
        b'00F;part=1\r\ngood 45.33.7.9\n\r\n0;last="yes"\r\nX-Sum: 1\r\nTransfer-Encoding: gzip\r\n\r\n'
    )


def test_header_lines_that_are_none(lab):
    lab.fault("odd-lines", count=170)
    answer = exchange(lab, TARGET)
    assert (
        answer.raw.count(b"this is no header line") == 170
        and b"\r\n two: 2\r\n\tContent-Length: 3\r\n" in answer.raw
    )
    assert answer.rest == b"good 45.33.7.9\n" and lab.published("demo.dyndns.org")["A"] == "45.33.7.9"


def test_interim_replies_come_before_the_real_one_or_alone(lab):
    lab.fault("interim", times=1, count=3)
    answer = exchange(lab, TARGET)
    assert (
        answer.raw.count(b"HTTP/1.1 103") == 2
        and answer.raw.count(b"HTTP/1.1 100") == 1
        and answer.raw.endswith(b"\r\n\r\ngood 45.33.7.9\n")
    )
    lab.fault("interim", times=1, count=2, after="no")
    assert exchange(lab, TARGET).raw.endswith(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize(
    "kind, record", [("alert", b"\x15\x03\x03\0\x02\x01\x5a"), ("ccs", b"\x14\x03\x03\0\x01\x01")]
)
def test_a_flood_of_records_before_the_handshake_ends(lab, kind, record):
    lab.fault("flood", times=1, kind=kind)
    with connect(lab, "http") as sock:
        sock.sendall(b"hello")
        got = b""
        while len(got) < 40 * len(record):
            got += sock.recv(4096)
    assert got.startswith(record * 40) and lab.wait_quiet()


def test_chunks_for_http_1_1_from_a_provider_that_sends_none(lab):
    lab.rules.chunked = False
    assert "transfer-encoding" not in exchange(lab, TARGET).headers
    lab.fault("chunked")
    assert exchange(lab, TARGET).rest.startswith(b"5\r\n")
    lab.rules.chunked = True


def test_no_reason_phrase(lab):
    lab.fault("no-reason")
    assert exchange(lab, TARGET).line == "HTTP/1.1 200"


@pytest.mark.parametrize("port", ["http", "https"])
def test_slow_answers_late(lab, port):
    lab.fault("slow", seconds=0.3)
    begin = time.monotonic()
    assert exchange(lab, TARGET, port=port).text == "good 45.33.7.9\n"
    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize("port", ["http", "https"])
def test_mute_says_nothing_not_even_tls(lab, port):
    lab.fault("mute")
    answer = exchange(lab, TARGET, port=port, timeout=0.3)
    assert answer.raw == b"" and isinstance(answer.error, TimeoutError)
    assert lab.ledger == [] and lab.connections[-1]["sent"] == 0 and lab.connections[-1]["received"] > 0


def test_mute_after_tls_has_read_the_request(lab):
    lab.fault("mute-after-tls")
    answer = exchange(lab, TARGET, timeout=0.3)
    assert answer.raw == b"" and isinstance(answer.error, TimeoutError)
    assert len(lab.updates) == 1 and lab.published("demo.dyndns.org")["A"] is None


@pytest.mark.parametrize("port", ["http", "https"])
def test_dribble_sends_byte_by_byte(lab, port):
    lab.fault("dribble", interval=0.001)
    begin = time.monotonic()
    answer = exchange(lab, TARGET, port=port)
    assert answer.text == "good 45.33.7.9\n" and time.monotonic() - begin > 0.001 * len(answer.raw)


def test_long_headers_come_with_the_usual_answer(lab):
    lab.fault("long-headers")
    answer = exchange(lab, TARGET)
    assert answer.text == "good 45.33.7.9\n" and max(map(len, answer.raw.split(b"\r\n"))) > 2500
    assert len(answer.raw) > 10000


@pytest.mark.parametrize("name", ["endless-body", "endless-header", "endless-line"])
@pytest.mark.parametrize("port", ["http", "https"])
def test_endless_goes_on_until_the_client_leaves(lab, name, port):
    lab.fault(name)
    answer = exchange(lab, TARGET, port=port, limit=100000)
    assert len(answer.raw) >= 100000 and (b"\r\n\r\n" in answer.raw) == (name == "endless-body")
    assert lab.wait_quiet(3)


def test_reset_in_the_middle(lab):
    lab.fault("reset")
    answer = exchange(lab, TARGET, port="http")
    assert answer.raw.startswith(b"HTTP/1.1 200") and isinstance(answer.error, ConnectionResetError)
    assert lab.published("demo.dyndns.org")["A"] == "45.33.7.9"  # stored, but the client cannot know
    assert exchange(lab, TARGET).error is not None


@pytest.mark.parametrize("name", ["reset", "half", "slow"])
def test_a_client_that_never_got_the_answer_may_ask_again(lab, name):
    lab.fault(name, times=1, seconds=0.2)
    exchange(lab, TARGET, timeout=0.1)
    assert lab.wait_quiet()
    for expected in ([], ["needless update"]):
        assert exchange(lab, TARGET).text == "nochg 45.33.7.9\n"
        assert lab.findings() == expected


@pytest.mark.parametrize("options", [{}, {"reset": 1}])
@pytest.mark.parametrize("port", ["http", "https"])
def test_close_at_once(lab, port, options):
    lab.fault("close", times=1, **options)
    answer = exchange(lab, TARGET, port=port)
    assert answer.raw == b"" and lab.ledger == []
    assert exchange(lab, TARGET, port=port).text == "good 45.33.7.9\n"


def one_by_one(lab, count):
    """The answers to as many requests of one connection as the server takes, each asking it to stay."""
    head = "GET %s HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\nUser-Agent: %s\r\n" % (
        TARGET,
        AGENT,
    )
    request = (head + "Authorization: %s\r\n\r\n" % basic("demo", "demo-key")).encode()
    answers = []
    with connect(lab, "http") as sock, contextlib.suppress(OSError):
        while len(answers) < count:
            sock.sendall(request)
            raw = b""
            while not raw.endswith(b"45.33.7.9\n"):
                data = sock.recv(4096)
                if not data:
                    return answers
                raw += data
            answers.append(raw)
    return answers


@pytest.mark.parametrize(
    "fault, options, taken, stays",
    [
        (None, {}, 5, b"keep-alive"),
        ("lone", {}, 1, b"close"),
        ("hang-up", {}, 1, b"keep-alive"),
        ("hang-up", {"after": 3}, 3, b"keep-alive"),
        ("hang-up", {"after": 2, "answer": "no"}, 2, b"keep-alive"),
    ],
)
def test_how_long_a_connection_stays_and_what_is_said_of_it(lab, fault, options, taken, stays):
    if fault:
        lab.fault(fault, **options)
    answers = one_by_one(lab, 5)
    assert len(answers) == taken and all(b"Connection: " + stays in one for one in answers)
    assert lab.wait_quiet()
    assert lab.connections[0]["served"] == taken + ("answer" in options)


def test_half_an_answer(lab):
    lab.fault("half", missing=7)
    answer = exchange(lab, TARGET)
    assert int(answer.headers["content-length"]) == len(answer.rest) + 7 and answer.text == "good 45.33.7.9\n"


def test_garbage_instead_of_http(lab):
    lab.fault("garbage")
    assert exchange(lab, TARGET).raw.startswith(b"\x00\x01SSH")


def test_the_certificate_may_go_bad_while_the_lab_runs(lab):
    lab.fault("certificate", kind="expired", times=1)
    assert "expired" in str(exchange(lab, TARGET).error)
    assert exchange(lab, TARGET).text == "good 45.33.7.9\n"


def test_every_fault_is_in_this_file():
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    assert [name for name in FAULTS if '"%s"' % name not in source] == []


def test_an_unknown_fault_is_a_users_mistake(lab):
    with pytest.raises(UserError, match="no fault 'lazy'"):
        lab.fault("lazy")
