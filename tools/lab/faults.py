# SPDX-License-Identifier: MIT
"""Every way in which the lab can misbehave in one exchange, as a table, and the switchboard that turns them
on. What a reply fault does to a Reply is here or in fault_texts.py; what a wire fault does to bytes is in
fault_wire.py."""

import threading

from .. import UserError
from . import fault_texts as texts
from . import fault_wire as wire

#: Options that say to which exchanges a fault applies; all others go to the fault itself.
SCOPE = ("times", "host", "kind_of")

# name -> (stage, function, number in the list of known deviations, what it does).
# accept: before a byte is read. reply: changes the Reply. wire: sends the Reply, or something else, in its
# own way.
FAULTS = {
    "crlf": ("reply", texts.crlf, 1, "lines end in CR LF"),
    "trailing-blanks": ("reply", texts.trailing_blanks, 1, "blanks and tabs around each line"),
    "stray-cr": ("reply", texts.stray_cr, 1, "a CR before each line end and one at the end"),
    "no-newline": ("reply", texts.no_newline, 2, "nothing after the last code"),
    "good-bare": ("reply", texts.good_bare, 3, "good without address"),
    "good-blank": ("reply", texts.good_blank, 4, "good, a blank and nothing"),
    "nochg-bare": ("reply", texts.nochg_bare, 5, "nochg without address"),
    "good-loopback": ("reply", texts.good_loopback, 6, "good 127.0.0.1 and nothing stored"),
    "errors-200": ("reply", texts.errors_200, 7, "every code with HTTP 200"),
    "codes-4xx": (
        "reply",
        texts.codes_4xx,
        8,
        "codes with HTTP 400, 401, 403, 404, 500; or status=N for all",
    ),
    "plain-2xx": ("reply", texts.plain_2xx, 9, "HTTP 200 and a friendly text without any code"),
    "ko-200": ("reply", texts.ko_200, 9, "KO with HTTP 200"),
    "429": ("reply", texts.http_429, 10, "429 with Retry-After in seconds (seconds=N) and human text"),
    "429-date": ("reply", texts.http_429_date, 10, "429 with Retry-After as an HTTP date"),
    "503": ("reply", texts.http_503, 10, "503 with Retry-After in seconds"),
    "503-date": ("reply", texts.http_503_date, 10, "503 with Retry-After as an HTTP date"),
    "limit-in-body": ("reply", texts.limit_in_body, 11, "a rate limit told only in the body (text=...)"),
    "one-line": ("reply", texts.one_line, 12, "one line for many hosts"),
    "many-lines": ("reply", texts.many_lines, 13, "several lines for one host: good, nochg, then garbage"),
    "mixed-lines": ("reply", texts.mixed_lines, 13, "several lines for one host, one of them an error"),
    "many-addresses": ("reply", texts.many_addresses, 14, "several addresses in a line (sep=, or blank)"),
    "home-made": ("reply", texts.home_made, 15, "success in the provider's own words (word=...)"),
    "html": ("reply", texts.html, 16, "the code inside an HTML page"),
    "html-good": ("reply", texts.html_good, 16, "an HTML error page that holds the word good"),
    "xml": ("reply", texts.xml, 16, "XML that declares another character set than it has"),
    "json": ("reply", texts.json_body, 16, "JSON"),
    "chunked": ("reply", texts.chunked, 17, "chunked transfer coding, if the request was HTTP/1.1"),
    "chunked-1.0": ("wire", wire.chunked, 17, "chunked transfer coding even to HTTP/1.0"),
    "trailers": ("wire", wire.trailers, 17, "chunks with extensions, and trailer fields after them"),
    "odd-lines": (
        "wire",
        wire.odd_lines,
        0,
        "header lines without a colon (count=N), folded, without a name",
    ),
    "interim": (
        "wire",
        wire.interim,
        0,
        "replies 1xx before the real one (count=N), or nothing else (after=no)",
    ),
    "no-reason": ("wire", wire.no_reason, 18, "a status line without reason phrase"),
    "long-headers": ("reply", texts.long_headers, 0, "header lines of 3 KB, 12 KB in all, for browsers"),
    "204": ("reply", texts.http_204, 18, "204 without body"),
    "empty-200": ("reply", texts.empty_200, 18, "200 with an empty body"),
    "redirect": ("reply", texts.redirect, 19, "to another host (status=302, to=URL, tls=yes/no)"),
    "redirect-same": ("reply", texts.redirect_same, 19, "to another path of the same host"),
    "upper-case": ("reply", texts.upper_case, 20, "codes in capitals"),
    "title-case": ("reply", texts.title_case, 20, "codes with a capital"),
    "substring": ("reply", texts.substring, 21, "good, OK and 911 inside a sentence that means failure"),
    "odd-word": ("reply", texts.odd_word, 22, "an unknown word per host (word=fatal, noauth, interval ...)"),
    "other-sense": ("reply", texts.other_sense, 23, "a known code used for something else (word=911)"),
    "ignores-myip": ("reply", texts.ignores_myip, 26, "another address stored and named than was sent"),
    "captive-portal": ("reply", texts.captive_portal, 30, "a proxy's log-in page with 200"),
    "bom": ("reply", texts.bom, 31, "a UTF-8 byte order mark before the code"),
    "zero-padded": ("reply", texts.zero_padded, 32, "the address with leading zeros"),
    "mapped": ("reply", texts.mapped, 32, "the address as IPv4-mapped IPv6, or IPv6 in full length"),
    "prefix-length": ("reply", texts.prefix_length, 32, "the address with /NN"),
    "slow": ("wire", wire.slow, 0, "answers after seconds=N"),
    "mute": ("accept", None, 0, "accepts and never says a word, not even TLS"),
    "mute-after-tls": ("wire", wire.mute, 0, "reads the request and never answers"),
    "dribble": ("wire", wire.dribble, 0, "one byte per interval=N seconds"),
    "endless-body": ("wire", wire.endless_body, 0, "a body that never ends"),
    "endless-header": ("wire", wire.endless_header, 0, "a header that never ends"),
    "endless-line": ("wire", wire.endless_line, 0, "one header line that never ends"),
    "reset": ("wire", wire.reset, 0, "TCP reset in the middle of the answer"),
    "close": ("accept", None, 0, "closes the connection at once (reset=1: with a TCP reset)"),
    "lone": ("reply", texts.lone, 0, "says that the connection ends with this answer, and ends it"),
    "hang-up": (
        "wire",
        wire.hang_up,
        0,
        "says that the connection stays, closes it after after=N requests, or at the next one (answer=no)",
    ),
    "half": ("wire", wire.half, 0, "Content-Length larger than the body, then closes"),
    "garbage": ("wire", wire.garbage, 0, "bytes that are no HTTP"),
    "flood": (
        "accept",
        None,
        0,
        "records before the handshake ends, for ever (kind=alert or ccs, interval=N seconds)",
    ),
    "certificate": (
        "accept",
        None,
        0,
        "the HTTPS port shows a bad certificate (kind=expired, wrong-name ...)",
    ),
}
#: Faults after which the provider has nothing stored, although the client may think otherwise or not know.
STORES_NOTHING = frozenset(
    (
        "good-loopback",
        "plain-2xx",
        "ko-200",
        "429",
        "429-date",
        "503",
        "503-date",
        "limit-in-body",
        "html-good",
        "204",
        "empty-200",
        "redirect",
        "redirect-same",
        "substring",
        "odd-word",
        "other-sense",
        "captive-portal",
        "mute-after-tls",
        "flood",
        "endless-body",
        "endless-header",
        "endless-line",
        "garbage",
    )
)

#: Faults that change the spelling of the codes: they come last, the others look for the words in lower case.
DRESS = frozenset(("upper-case", "title-case"))
#: Faults after which the client cannot know the answer, although the provider has dealt with the request.
SPOILS_THE_ANSWER = frozenset(("reset", "half"))


class Switchboard:
    """The faults and forced answers that are on. `times` None = until cleared."""

    def __init__(self):
        self._lock = threading.Lock()
        self._active = []

    def set(self, name, times=None, host=None, kind_of="update", **options):
        """Turns a fault on. host: only requests that name it; kind_of: "update", "check" or "any"."""
        if name != "answer" and name not in FAULTS:
            raise UserError("the lab has no fault %r; `python -m tools lab --list-faults` names them" % name)
        with self._lock:
            stage = "answer" if name == "answer" else FAULTS[name][0]
            self._active.append(
                {
                    "name": name,
                    "stage": stage,
                    "times": times,
                    "host": host and host.lower(),
                    "kind_of": kind_of,
                    "options": options,
                }
            )

    def clear(self, name=None):
        with self._lock:
            self._active = [item for item in self._active if name not in (None, item["name"])]

    def active(self):
        with self._lock:
            return [dict(item) for item in self._active]

    def take(self, *stages, kind="update", hosts=()):
        """The faults that apply to this exchange, oldest first, each used up by one."""
        with self._lock:
            found = [
                item
                for item in self._active
                if item["stage"] in stages
                and (stages == ("accept",) or item["kind_of"] in ("any", kind))
                and (item["host"] is None or item["host"] in hosts)
            ]
            if stages == ("answer",):
                found = found[:1]  # forced answers are a queue
            for item in found:
                if item["times"] is not None:
                    item["times"] -= 1
            self._active = [item for item in self._active if item["times"] is None or item["times"] > 0]
            return found
