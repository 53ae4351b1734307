# SPDX-License-Identifier: MIT
"""What one reply said of one host: classes of outcomes and how far they reach."""

# Outcome classes
OK = "OK"  # stored
SAME = "SAME"  # was so already
AUTH = "AUTH"  # credentials wrong
FEATURE = "FEATURE"  # option or zone not available to this user
HOST = "HOST"  # host or request wrong
BLOCK = "BLOCK"  # blocked for abuse
AGENT = "AGENT"  # this client is refused
FAIL = "FAIL"  # a word that the user listed as failure of a provider of his own
LATER = "LATER"  # trouble on their side or on the way
ODD = "ODD"  # not understood

# How far an outcome reaches.
ONE, ACCOUNT, PROVIDER = 0, 1, 2

# Kinds of LATER, which have different schedules: the network (no answer), the server (5xx, 429), the words
# 911/dnserr; the home (nothing left it: no name server, no route), a refused connection.
NET, SERVER, TROUBLE, HOME, REFUSED = "net", "server", "trouble", "home", "refused"

WORD_MAX = 15  # what the journal keeps of a word


class Outcome:
    """What one reply said of one host.

    cls: class above. word: the provider's word or "HTTP nnn". got: packed addresses it says it stored.
    reach: ONE, ACCOUNT or PROVIDER. kind: NET, SERVER or TROUBLE when cls is LATER. delay: seconds the
    provider asked us to wait, or 0. split: True when a list got one answer and must be sent host by host to
    find the culprit. note: a warning for the log as a code with its data, or None.
    """

    def __init__(self, cls, word, reach=ONE, kind=None, got=(), delay=0):
        self.cls = cls
        self.word = word[:WORD_MAX]
        self.reach = reach
        self.kind = kind or (SERVER if cls == LATER else None)
        self.got = got
        self.delay = delay
        self.split = False
        self.note = None


def failed(word, sent=False):
    """The Outcome of an exchange that brought no HTTP answer (`word`: "timeout", "connect", "tls" ...). sent:
    the request, or some of it, had left."""
    kind = {"dns": HOME, "no route": HOME, "connect": REFUSED}.get(word, NET)
    if word == "memory" and not sent:
        kind = (
            REFUSED  # our own want, and nobody saw the request: once more soon, when a page has left its room
        )
    return Outcome(LATER, word, ACCOUNT, kind)
