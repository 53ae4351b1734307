# SPDX-License-Identifier: MIT
"""sftdyn, as `grade-server --installed` starts it: PORT FOLDER. Its settings are Python, so they can read
what a DynDNS2 client asks for; its name server takes everything."""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sftdyn.server import Server

port, folder = int(sys.argv[1]), Path(sys.argv[2])
(folder / "nsupdate").write_text("#!/bin/sh\ncat > /dev/null\n")
(folder / "nsupdate").chmod(0o755)
os.environ["PATH"] = "%s:%s" % (folder, os.environ["PATH"])


def asked(path, name):
    return parse_qs(urlsplit(path).query).get(name, [""])[0]


def host_of(key, ip):
    return {"demo.example.net": "demo", "two.example.net": "two"}.get(asked(key, "hostname"))


server = Server(
    ("127.0.0.1", port),
    host_of,
    {},
    lambda ip, headers, key: asked(key, "myip") or ip,
    lambda host, ip, headers: ["update add %s 60 A %s" % (host, ip), "send"],
)
loop = asyncio.new_event_loop()
loop.run_until_complete(server.listen(loop))
loop.run_forever()
