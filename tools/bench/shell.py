# SPDX-License-Identifier: MIT
"""What ddns-scripts is made of, measured beside the others: a busybox ash for each service it keeps, with the
functions it has loaded, and the curl of one HTTPS update. Its own files are OpenWrt's and are not here:
functions of as many bytes stand for them, and the shell's children (sleep, sed, uci) are left out."""

import os
import subprocess
import time
from pathlib import Path

from ..lab import running
from . import clients
from .clients import SYSTEM_CA
from .measure import Missing

MB = 1 << 20

#: Bytes of its dynamic_dns_functions.sh and of its updater (August 2026), in functions of this many.
FUNCTIONS, EACH = 72_000, 900
_LINE = '\tlocal one="$1" two="$2"; [ -z "$one" ] && one=$(echo "$two" | grep "^http") || eval "$1=$two"\n'


def beside(bench, name, what, few_roots):
    """Bytes of `what` of that client; in the remarks ddns-scripts' for two services, of the same run."""
    found = clients.memory(bench, name, what, few_roots)
    if not SYSTEM_CA.exists():
        raise Missing("%s is not there: apt-get install ca-certificates" % SYSTEM_CA)
    with running("dyn", bind="127.0.0.1") as lab:
        bundle = bench.folder / "shell.pem"
        bundle.write_text(SYSTEM_CA.read_text() + Path(lab.ca_pem).read_text())
        shell, curl = _shell(bench.folder / "shell"), _curl(lab, bundle)
    bench.note(
        "as ddns-scripts keeps two services: %.1f MB (two shells of %.1f MB, curl %.1f MB)"
        % tuple(size / MB for size in (2 * shell + curl, shell, curl))
    )
    return found


def _shell(file):
    body = _LINE * (EACH // len(_LINE) + 1)
    count = FUNCTIONS // len(body) + 1
    file.write_text("".join("f%d() {\n%s}\n" % (i, body) for i in range(count)) + "read -r line\n")
    with subprocess.Popen(["busybox", "ash", file], stdin=subprocess.PIPE) as process:
        time.sleep(0.5)
        rows = Path("/proc/%d/smaps_rollup" % process.pid).read_text().splitlines()
        process.stdin.close()
    return next(int(row.split()[1]) for row in rows if row.startswith("Rss:")) * 1024


def _curl(lab, bundle):
    """The most that it ever had, as far as looks every millisecond see it."""
    url = "https://localhost:%d/nic/update?hostname=a.dyndns.org" % lab.https_port
    words = ["-sS", "-o", os.devnull, "-4", "--cacert", bundle, "-u", "home:home-key", url]
    most = 0
    with subprocess.Popen(["curl", *words]) as process:
        while process.poll() is None:
            rows = Path("/proc/%d/status" % process.pid).read_text().splitlines()
            most = max([most, *(int(row.split()[1]) for row in rows if row.startswith("VmHWM:"))])
            time.sleep(0.001)
    if process.returncode:
        raise Missing("curl ended with status %d" % process.returncode)
    return most * 1024
