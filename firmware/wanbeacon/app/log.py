# SPDX-License-Identifier: MIT
"""The log: its newest lines in RAM, all of them handed on. No secret ever appears in it."""

from micropython import const

from wanbeacon.app import stage

_LOG_LINES = const(20)  # lines kept in RAM
_LINE_MAX = const(140)  # bytes of such a line, on a board
_LINE_PLENTY = const(400)  # the same where memory is plenty: what is said of one answer is shorter
SECRET_MIN = 4  # shorter secrets would turn half of every text into stars


class Log:
    """Log ring: the newest _LOG_LINES lines, also handed to out(line, level).
    `secrets` never appear in it."""

    def __init__(self, clock, out=None, plenty=False):
        self.clock = clock
        self.cut = _LINE_PLENTY if plenty else _LINE_MAX
        self.out = out or to_console
        self.lines = []
        self.secrets = []

    def __call__(self, text, level="info"):
        """One line. level: info, warn (a wait, an oddity) or err (a stop, a fault)."""
        line = "%s %s" % (stamp(self.clock.wall(), self.clock.mono()), self.scrub(text))
        self.lines.append(line[: self.cut])
        if len(self.lines) > _LOG_LINES:
            self.lines.pop(0)
        if self.out:
            try:
                self.out(line, level)
            except OSError:  # whoever read it has gone; the agent works without a reader
                self.out = None

    def tell(self, level, code, *data):
        """One line made of a code of catalogue/words.txt."""
        self(stage.run("app.words", "say", code, *data), level)

    def settle(self):
        """Move the lines to the lowest free places of a small heap (MicroPython: a slice is a copy)."""
        for i in range(len(self.lines)):
            self.lines[i] = self.lines[i][:]

    def scrub(self, text):
        """The text in one line of printable characters, with every secret in it starred."""
        text = str(text)
        for s in self.secrets:
            if s in text:
                text = text.replace(s, "***")
        raw = bytearray(text.encode())  # by bytes, see core.text.printable
        for i in range(len(raw)):
            if raw[i] < 32 or raw[i] == 127:
                raw[i] = 32
        return bytes(raw).decode()

    def keep_secrets(self, forms):
        """From now on these texts are starred."""
        for form in forms:
            if form not in self.secrets:
                self.secrets.append(form)


def to_console(line, level):
    """Where the log goes if nobody says otherwise."""
    print(line)


def stamp(wall, mono):
    """UTC time of day, or "+seconds" since the start while the clock is not set."""
    if wall is None:
        return "+%d" % mono
    day = wall % 86400
    return "%02d:%02d:%02d" % (day // 3600, day % 3600 // 60, day % 60)
