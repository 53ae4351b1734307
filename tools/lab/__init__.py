# SPDX-License-Identifier: MIT
"""The provider lab: a DynDNS2 provider on this machine, over HTTP, HTTPS and DNS.

From a test:

    from . import running

    with running(provider="dyn") as lab:
        ...  # a client talks to lab.http_port / lab.https_port and trusts lab.ca_der
        lab.wait_for(1, 5.0)
        assert lab.published("demo.dyndns.org")["A"] == "45.33.7.9"
        lab.fault("503", seconds=120, times=1)

Everything else is in `Lab` (lab.py); the same things over HTTP for other processes in admin.py.
"""


def running(provider="dyn", **options):
    """A `Lab` as a context manager: served from a thread with its own event loop until the block ends.

    Options and attributes: see `Lab`."""
    from .lab import Lab  # aiohttp is imported only by those who start a lab

    return Lab(provider, **options)
