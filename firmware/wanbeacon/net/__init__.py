"""The way out: verified, bounded, one exchange at a time."""


class Trouble(Exception):
    """An exchange that brought no usable reply.

    word: dns, connect, timeout, tls, clock, untrusted, reset, cut, redirect, header, odd. text: details for a person,
    never a secret. sent: True when bytes of the request may have reached the server.
    """

    def __init__(self, word, text="", sent=False):
        super().__init__(word)
        self.word = word
        self.text = text
        self.sent = sent
