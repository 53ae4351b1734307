# SPDX-License-Identifier: MIT
"""xms-dns's server, as `grade-server --installed` starts it: PORT FOLDER. The panel that it drives is a zone
in memory, whose two names are the account's."""

import sys

import uvicorn
from xms_dns.exceptions import AuthError, RecordNotFoundError
from xms_dns.records import DnsRecord
from xms_dns.server import dyndns2
from xms_dns.server.app import app

ZONE = {}


class Session:
    """What ServerSession promises, without a panel."""

    def __init__(self, login, password):
        self._known = (login, password) == ("demo", "demo-key")

    def close(self):
        pass

    def upsert_record(self, domain, host, kind, value):
        if not self._known:
            raise AuthError("wrong login")
        if domain != "example.net" or host not in ("demo", "two"):
            raise RecordNotFoundError("no such record")
        changed = ZONE.get((host, kind)) != value
        ZONE[host, kind] = value
        return DnsRecord(host, kind, value, "1", domain), changed


dyndns2.ServerSession = Session
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
