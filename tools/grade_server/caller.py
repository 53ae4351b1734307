# SPDX-License-Identifier: MIT
"""The careful client of grade-server: one request at a time, a pause between, and no more once the server
says stop."""

import base64
import http.client
import re
import ssl
import time
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from .. import UserError
from ..grade.codes import SUCCESS

AGENT = "Wanbeacon - grade-server - 1.0"
#: Codes after which no careful client goes on, whatever there is left to ask.
STOPS = ("abuse", "badagent", "911", "dnserr", "!donator", "interval")
#: Bytes of an answer that are read: the longest honest one has some 3 KB.
MAX_BODY = 65536
#: What is shown instead of the password; a shorter one than this would be found in ordinary words.
_HIDDEN, _SHORTEST = "(password)", 4


@dataclass
class Answer:
    """One exchange. error: why there is no answer, "" when there is one; asked: the query, without
    credentials."""

    asked: str
    status: int = 0
    headers: dict = field(default_factory=dict)
    body: str = ""
    error: str = ""

    @property
    def lines(self):
        return [text.strip() for text in re.split(r"[\r\n]+", self.body.lstrip("\ufeff")) if text.strip()]

    @property
    def words(self):
        """The first word of each line, as it is spelled."""
        return [text.split()[0] for text in self.lines]

    def text(self):
        said = self.error or "%d %r" % (self.status, self.body[:120])
        return "%s -> %s" % (self.asked or "(no parameters)", said)


class Caller:
    """Sends updates to `url`. ca: PEM file of an authority of one's own; also: parameters of every request,
    {name: value}. UserError: the URL is none, the file cannot be read."""

    def __init__(self, url, user, password, ca=None, pause=1.0, also=(), timeout=20.0, agent=AGENT):
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise UserError("the port of %s is no number between 1 and 65535" % url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise UserError(
                "%s is no update URL; it looks like https://members.dyndns.org/nic/update, without parameters"
                % url
            )
        self.tls, self._host, self._port, self._path = (
            parts.scheme == "https",
            parts.hostname,
            port,
            parts.path or "/nic/update",
        )
        self._user, self._password, self._pause, self._timeout, self._agent = (
            user,
            password,
            pause,
            timeout,
            agent,
        )
        self._also = dict(also)
        self.answers, self.stopped, self._asked_at = [], "", 0.0
        try:
            self._context = ssl.create_default_context(cafile=str(ca) if ca else None) if self.tls else None
        except (OSError, ssl.SSLError) as error:
            raise UserError(
                "cannot read the certificates in %s: %s" % (ca, getattr(error, "strerror", None) or error)
            )

    def must_succeed(self, answer):
        """Without that there is nothing to learn, and a careful client asks no more."""
        if answer and not self.stopped and not (answer.words and answer.words[0].lower() in SUCCESS):
            self.stopped = "the server refuses this login or host: %s" % answer.text()

    def ask(self, parameters, password=None, login=True, odd=False):
        """The Answer to one update; None once the server has said stop. odd: the request is wrong on purpose,
        and so a code of trouble may be about it alone."""
        if self.stopped:
            return None
        time.sleep(max(0.0, self._asked_at + self._pause - time.monotonic()))
        query = "&".join(
            "%s=%s" % (key, quote(value, safe=",:.")) for key, value in {**self._also, **parameters}.items()
        )
        headers = {"User-Agent": self._agent}
        if login:
            raw = "%s:%s" % (self._user, self._password if password is None else password)
            headers["Authorization"] = "Basic " + base64.b64encode(raw.encode()).decode()
        answer = self._exchange(query, headers)
        if len(self._password) >= _SHORTEST:
            answer.body = answer.body.replace(self._password, _HIDDEN)
        self._asked_at = time.monotonic()
        self.answers.append(answer)
        first = answer.words[0].lower() if answer.words else ""
        if (first in STOPS and not odd) or answer.status == 429:
            self.stopped = "the server said %s" % (
                answer.lines[0][:60] if answer.status != 429 else "HTTP 429"
            )
        return answer

    def _exchange(self, query, headers):
        answer = Answer(query)
        if self.tls:
            connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            connection.request("GET", self._path + ("?" + query if query else ""), headers=headers)
            got = connection.getresponse()
            answer.status, answer.body = got.status, got.read(MAX_BODY).decode("utf-8", "replace")
            answer.headers = {key.lower(): value for key, value in got.getheaders()}
            if got.length and len(answer.body) < MAX_BODY:
                answer.error = "the answer was cut off, %d bytes are missing" % got.length
        except (OSError, http.client.HTTPException) as error:
            answer.error = "no answer: %s" % (
                getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
            )
        finally:
            connection.close()
        return answer
