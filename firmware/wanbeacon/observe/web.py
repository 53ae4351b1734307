# SPDX-License-Identifier: MIT
"""Asks a check page ("what is my address?") over HTTP(S); kit.fetch does the exchange.

The last resort: it asks a stranger, and a proxy on the way may answer for itself.
"""

from wanbeacon.net import Trouble
from wanbeacon.observe import scan
from wanbeacon.observe.base import FOUND, UNKNOWN


class Observer:
    """Options: `url`, `url6` (the same service over IPv6), at least one of them; `ca` (file: trust this root
    only); `pattern` ("text before*text after" the address on the page)."""

    OUTSIDE = True
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        self.urls = {4: options.get("url"), 6: options.get("url6")}
        self.FAMILIES = tuple(family for family in (4, 6) if self.urls[family])
        self.pattern = options.get("pattern")
        self.fetch = kit.fetch
        self.more = (options.get("ca"), options.get("bind"))
        while self.more and not self.more[-1]:
            self.more = self.more[:-1]
        # False: the last read() did not get as far as the service, so it may be tried again soon
        self.asked = False

    async def read(self, family):
        """See observe/base.py. A page never makes sure that there is no address."""
        url = self.urls[family]
        if not url:
            return UNKNOWN, None, ("web.no_page", family)
        self.asked = True
        try:
            status, body = self.fetch(url, family, *self.more)
        except Trouble as e:
            self.asked = e.word not in ("dns", "no route", "connect")  # then nobody answered there
            return UNKNOWN, None, ("web.trouble", _host(url), ("trouble." + e.word,), e.text.strip()[:60])
        if status != 200:
            return UNKNOWN, None, ("web.status", _host(url), status)
        part = scan.cut(body, self.pattern) if self.pattern else body
        packed, why = None, ("page.no_pattern",)
        if part is not None:
            packed, why = scan.single(part, family, (self.pattern or "")[-1:] == "*", _bare(url))
        if not packed:
            return UNKNOWN, None, ("outside.failed", _host(url), why)
        return FOUND, packed, ("outside.found", _host(url))

    def close(self):
        """Nothing is kept open."""


def _bare(url):
    """The host of a URL without its port: a name, or an address ("[2606:4700::1111]:443" has a bracket)."""
    host = _host(url)
    return host.partition("]")[0] if host[:1] == "[" else host.partition(":")[0]


def _host(url):
    return url.split("/")[2].split("@")[-1] if url.count("/") > 1 else url
