# SPDX-License-Identifier: MIT
# The test vectors of docs/dyndns2.md (section 12): what each answer means, read by the agent's own reader.
import json

from wanbeacon.core import address, outcome
from wanbeacon.dyndns import catalog, reply

with open("tools/data/dyndns2-vectors.json") as file:
    DOCUMENT = json.loads(file.read())
ROW = catalog.find("firmware/catalogue/providers.dat", "dyn")
#: The words of the vectors for the reader's classes.
MEANS = {
    outcome.OK: "stored", outcome.SAME: "unchanged", outcome.AUTH: "credentials", outcome.FEATURE: "feature",
    outcome.HOST: "host", outcome.BLOCK: "blocked", outcome.AGENT: "client", outcome.LATER: "later",
    outcome.ODD: "unknown",
}  # fmt: skip
PAGES = ("page-good", "page-code-line", "page-script", "page-403", "bare-500")


def read(vector):
    """The outcomes of a vector, one per host."""
    sent = tuple([address.parse(text) if text else None for text in vector.get("sent", DOCUMENT["sent"])])
    hosts = ["h%d.example" % n for n in range(vector.get("hosts", 1))]
    headers = vector.get("headers", {})
    return reply.read(
        ROW, vector.get("status", 200), vector["body"].encode(), hosts, sent, headers.get("Retry-After")
    )


def meaning(out):
    return "ask" if out.split else MEANS[out.cls]


def shortest(out):
    """Seconds that the client waits at least."""
    return max(out.delay, reply.TROUBLE_MIN if out.kind == outcome.TROUBLE else 0)


def test_every_vector_means_what_it_says():
    bad = []
    for vector in DOCUMENT["vectors"]:
        got = [meaning(out) for out in read(vector)]
        if got != vector["means"]:
            bad.append((vector["id"], got, vector["means"]))
    assert not bad, bad


def test_no_wait_is_shorter_than_the_vector_asks_for():
    timed = [vector for vector in DOCUMENT["vectors"] if "wait" in vector]
    assert len(timed) >= 10
    for vector in timed:
        for out in read(vector):
            assert shortest(out) >= vector["wait"], (vector["id"], shortest(out))


def test_a_page_is_no_success_with_any_status():
    """Whatever status a captive portal or a proxy chooses for it."""
    pages = [vector for vector in DOCUMENT["vectors"] if vector["id"] in PAGES]
    assert len(pages) == len(PAGES)
    for vector in pages:
        for status in (200, 203, 302, 403, 404, 511):
            for out in read(dict(list(vector.items()) + [("status", status)])):
                assert out.cls in (outcome.ODD, outcome.LATER), (vector["id"], status, out.cls)


def test_a_code_keeps_its_meaning_in_any_dress():
    """Every code of one line, in capitals, with CRLF, in white space and after a byte order mark (section
    5.2)."""
    plain = [v for v in DOCUMENT["vectors"] if v["section"] == "5.3"]
    assert len(plain) >= 18
    for vector in plain:
        body = vector["body"].rstrip("\n")
        for dressed in (
            body.upper(),
            body + "\r\n",
            " \t" + body + " \t\n",
            "\ufeff" + body,
            "\n\n" + body + "\n\n",
        ):
            other = dict(list(vector.items()) + [("body", dressed)])
            assert [meaning(out) for out in read(other)] == vector["means"], (vector["id"], dressed)
