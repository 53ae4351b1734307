# SPDX-License-Identifier: MIT
"""nsupdate.info's own server, as `grade-server --installed` starts it: PORT FOLDER.

Its name server is BIND 9. nsupdate.info asks it on port 53 only, so a relay has that port at an address of
the loopback network that nobody else uses: BIND listens on no address that an interface does not have."""

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

port, folder = int(sys.argv[1]), Path(sys.argv[2])
place = "127.79.%d.%d" % (os.getpid() // 250 % 250, os.getpid() % 250 + 1)
with socket.create_server(("127.0.0.1", 0)) as free:
    dns_port = free.getsockname()[1]
SECRET = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYQ=="

(folder / "zone").write_text(
    "$TTL 60\n@ SOA ns.example.net. root.example.net. 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n"
)
(folder / "named.conf").write_text(
    'options { directory "%s"; listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; '
    "pid-file none; };\n"
    "controls { };\n"
    'key "example.net." { algorithm hmac-sha512; secret "%s"; };\n'
    'zone "example.net" { type master; file "zone"; allow-update { key "example.net."; }; };\n'
    % (folder, dns_port, SECRET)
)
named = subprocess.Popen([os.environ["NAMED"], "-f", "-c", str(folder / "named.conf")])


def relay_questions():
    """UDP between `place` and BIND, one question at a time."""
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind((place, 53))
    while True:
        question, asker = front.recvfrom(65536)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
            back.settimeout(5)
            back.sendto(question, ("127.0.0.1", dns_port))
            front.sendto(back.recv(65536), asker)


def relay_updates():
    """TCP between them: one update and its answer in each connection."""
    with socket.create_server((place, 53)) as front:
        while True:
            asker = front.accept()[0]
            with asker, socket.create_connection(("127.0.0.1", dns_port), 5) as back:
                back.sendall(asker.recv(65536))
                asker.sendall(back.recv(65536))


for relay in (relay_questions, relay_updates):
    threading.Thread(target=relay, daemon=True).start()
(folder / "settings_here.py").write_text(
    "from nsupdate.settings.base import *\n"
    "SECRET_KEY, DEBUG, WE_HAVE_TLS = 'demo', False, False\n"
    "BASEDOMAIN = 'example.net'\n"
    "WWW_HOST = WWW_IPV4_HOST = WWW_IPV6_HOST = '127.0.0.1'\n"
    "ALLOWED_HOSTS = ['*']\n"
    "DATABASES['default']['NAME'] = %r\n" % str(folder / "db.sqlite")
)
sys.path.insert(0, str(folder))
os.environ["DJANGO_SETTINGS_MODULE"] = "settings_here"

import django  # noqa: E402 - it reads the settings written above

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

call_command("migrate", verbosity=0)

from nsupdate.main.models import Domain, Host  # noqa: E402

owner = get_user_model().objects.create_user("demo", "demo@example.net", "demo-key")
domain = Domain.objects.create(
    name="example.net",
    nameserver_ip=place,
    nameserver_update_algorithm="HMAC_SHA512",
    nameserver_update_secret=SECRET,
    public=True,
    available=True,
    created_by=owner,
)
for name in ("demo", "two"):
    Host(name=name, domain=domain, created_by=owner).generate_secret("demo-key")


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


time.sleep(1)  # BIND reads its zone
try:
    make_server("127.0.0.1", port, get_wsgi_application(), Server).serve_forever()
finally:
    named.terminate()
