# SPDX-License-Identifier: MIT
"""The codes of DynDNS2 as the test vectors have them: what a server may say."""

import re

from . import vectors

SUCCESS = ("good", "nochg")


class _Known(frozenset):
    """All codes; the waits of 2002 (w10m) are known by their form."""

    def __contains__(self, word):
        return super().__contains__(word) or bool(re.fullmatch(r"w\d\d[hms]", word))


KNOWN = _Known(one["body"].split()[0] for one in vectors.load()["vectors"] if one["section"] == "5.3")
