# SPDX-License-Identifier: MIT
# A slot of the journal (or of what else a board keeps) in memory: what the tests of core/ write to.


class Slot:
    """read(), write() as in board/base.py; `writes` counts."""

    def __init__(self, data=None):
        self.data = data
        self.writes = 0

    def read(self):
        return self.data

    def write(self, data):
        self.data = bytes(data)
        self.writes += 1
