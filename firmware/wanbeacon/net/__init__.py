# SPDX-License-Identifier: MIT
"""The way out: verified, bounded, one exchange at a time. Here: what goes in and comes out, so that the rest
may be dropped."""


class Trouble(Exception):
    """An exchange that brought no usable reply.

    word: dns, no route, connect, timeout, no tls, tls, roots, clock, expired, wrong name, untrusted, memory,
    reset, cut, redirect, header, odd; words.txt says what they mean. text: details, never a secret. sent:
    True when bytes of the request may have reached the server.
    """

    def __init__(self, word, text="", sent=False):
        super().__init__(word)
        self.word = word
        self.text = text
        self.sent = sent


class Answer:
    """status: HTTP status, 200 or above. body: bytes, bounded. retry_after: header text or None. ms:
    duration. root: what to give the next exchange with this server as `root` (trust.py); 0 when there is
    nothing to remember. cut: the body went on. date: Unix seconds of the Date header when it came over
    verified TLS and from no cache, else None. outs: Outcomes, where the exchange read its answers itself
    (JSON APIs), else None."""

    def __init__(self, status, body, retry_after, ms, root, cut=False, date=None, outs=None):
        self.status = status
        self.body = body
        self.retry_after = retry_after
        self.ms = ms
        self.root = root
        self.cut = cut
        self.date = date
        self.outs = outs
