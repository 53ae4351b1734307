# SPDX-License-Identifier: MIT
"""What tests of the portal share: what the guard keeps, and chance that can be foretold."""


class Kept:
    """What server.Server keeps for the guard."""

    def __init__(self):
        self.key = None
        self.sessions = []
        self.wrong = bytearray()


class Counter:
    """Predictable "random" bytes, never the same twice."""

    def __init__(self):
        self.n = 0

    def __call__(self, size):
        self.n += 1
        return bytes([self.n % 256]) * size
