# SPDX-License-Identifier: MIT
"""The provider of a virtual world (virtual.py): what it stores, and what it answers."""

from wanbeacon.net import Trouble

# answers that are none -> (word of the Trouble, whether the request arrived)
ENDS = {
    "timeout": ("timeout", True),
    "reset": ("reset", True),
    "refuse": ("connect", False),
    "dns": ("dns", False),
}


def unquote(text):
    """Percent-decoding of ASCII."""
    parts = text.split("%")
    return parts[0] + "".join([chr(int(p[:2], 16)) + p[2:] for p in parts[1:]])


class Provider:
    """A DynDNS2 provider: stores what it is sent and answers good or nochg, unless `say` (host name, user, or
    "*" -> answer) holds another answer: a DynDNS2 word; "one WORD" (a single line for a list); an int (HTTP
    status); (status or word, Retry-After); "timeout", "reset", "refuse", "dns", "lost" (stored, but no answer
    arrived), "other" (says that it stored something else), "page", "empty", "garbage"."""

    # answers that are one for the whole list
    ONCE = ("badauth", "noauth", "!donator", "badsys", "badagent", "dnserr", "911", "page", "empty",
            "garbage", "lost", "timeout", "reset", "refuse", "dns")  # fmt: skip
    TEXTS = {"page": "<html>hello</html>", "empty": "", "garbage": "\0\xff what?"}

    def __init__(self):
        self.stored = {}  # host name -> {4:, 6:, "offline": bool}
        self.say = {}
        self.heard = []  # a row per host and request: (true seconds, user, host, v4, v6, offline, answer)

    def says(self, user, names):
        """The answers to these hosts, and whether they are one for all."""
        say = self.say
        all = (
            [say.get(name) or say.get(user) or say.get("*") or "ok" for name in names]
            if say
            else ["ok"] * len(names)
        )
        for one in all:
            if one in self.ONCE or not isinstance(one, str) or one.startswith("one "):
                return [one] * len(names), True
        return all, False

    def answer(self, now, user, names, addresses, offline, says, once):
        """(status, body, Retry-After or None, Trouble or None) for one request that has arrived."""
        for i in range(len(names)):
            self.heard.append((now, user, names[i], addresses.get(4), addresses.get(6), offline, says[i]))
        say = says[0]
        if once and say != "lost":
            if say in ENDS:
                return 0, b"", None, Trouble(ENDS[say][0], "", ENDS[say][1])
            after = None
            if isinstance(say, tuple):
                say, after = say
                after = str(after)
            if isinstance(say, int):
                return say, b"", after, None
            word = say[4:] if say.startswith("one ") else say
            return 200, self.TEXTS.get(word, word).encode(), after, None
        lines = []
        for i in range(len(names)):
            if says[i] in ("ok", "lost", "other"):
                line = self._store(names[i], addresses, offline)
                lines.append("good 45.33.99.99" if says[i] == "other" and 4 in addresses else line)
            else:
                lines.append(says[i])
        return 200, "\n".join(lines).encode(), None, Trouble("timeout", "", True) if say == "lost" else None

    def _store(self, name, addresses, offline):
        have = self.stored.get(name)
        new = dict(have) if have else {}
        new.update(addresses)
        new["offline"] = offline
        self.stored[name] = new
        words = " ".join([addresses[f] for f in (4, 6) if f in addresses])
        return ("nochg " if new == have else "good ") + words
