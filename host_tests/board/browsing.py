# SPDX-License-Identifier: MIT
"""What the tests in real Chromium share: how it is started, what judges a page, the world behind a board."""

import importlib.util
from pathlib import Path

from tools import ROOT

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
#: axe-core as PyPI's axe-playwright-python brings it along (npm's file, MPL 2.0).
AXE = Path(importlib.util.find_spec("axe_playwright_python").origin).with_name("axe.min.js")


def at_the_provider(lab, ntp):
    """World and files for a board whose Dyn is the lab: real names, and the lab's CA among the roots."""
    names = {
        "%s:443" % name: ["127.0.0.1", lab.https_port]
        for name in ("members.dyndns.org", "checkip.dyndns.org")
    }
    roots = (ROOT / "firmware/catalogue/roots/index.txt").read_text()
    return {
        "files": {
            "/lib/catalogue/roots/lab.der": lab.ca_der.read_bytes(),
            "/lib/catalogue/roots/index.txt": ("lab\n" + roots).encode(),
        },
        "names": dict(names, **{"pool.ntp.org:123": ["127.0.0.1", ntp.port]}),
    }
