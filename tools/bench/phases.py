# SPDX-License-Identifier: MIT
"""Where the time goes from the program's start to its first request: strace(1) says when which file was
opened, and each of these opens a phase. It stops the program at these calls only (--seccomp-bpf), which takes
some milliseconds in all: for shares, not for comparing."""

import dataclasses
import re
import shutil
import statistics

from . import clients
from .measure import Missing

_CALLS = "execve,openat,socket,write,poll"
#: What each phase is and the first call after which it is over.
PHASES = (
    ("interpreter", r"wanbeacon/__init__\.mpy"),
    ("loading the command line", r"app/cli\.mpy"),
    ("reading the settings", r"app/agent\.mpy"),
    ("hosts, providers and journal", r"app/plan\.mpy"),
    ("asking for the address", r"app/exchange\.mpy"),
    ("building the request", r"journal\.[ab]\", O_WRONLY\|O_CREAT\|O_TRUNC"),
    ("noting it in the journal", r"net/http\.mpy"),
    ("loading HTTP and TLS", r"socket\(AF_INET, SOCK_STREAM"),
    ("connecting, TLS handshake", None),  # the last thing written before the answer is read
    ("waiting for the answer", r"dyndns/reply\.mpy"),
)
_LINE = re.compile(r"^(\d+) +(\d+\.\d+) (.*)$", re.M)


def start(bench):
    """ms from the start of the program to its first request; the note has the median of each phase."""
    if not shutil.which("strace"):
        raise Missing("needs strace: apt-get install strace")
    runs = []
    for number in range(bench.starts):
        trace = bench.folder / ("trace.%d" % number)
        one = clients.client(bench, "wanbeacon")
        argv = one.argv
        traced = ["strace", "-f", "--seccomp-bpf", "-qq", "-ttt", "-e", "trace=" + _CALLS, "-o", str(trace)]
        one = dataclasses.replace(one, argv=lambda setup, argv=argv, traced=traced: [*traced, *argv(setup)])
        with clients.begun(one) as run:
            clients.first(run)
            run.wait(1)
        runs.append(_phases(trace.read_text(errors="replace")))
    for row, (what, _) in enumerate(PHASES):
        bench.note("%s %.1f ms" % (what, statistics.median(run[row] for run in runs)))
    return [sum(run[:-1]) for run in runs]


def _phases(trace):
    """ms of each phase of one run."""
    calls = [(pid, float(at), call) for pid, at, call in _LINE.findall(trace)]
    program = max(row for row, call in enumerate(calls) if "execve" in call[2] and "wanbeacon" in call[2])
    pid, begun, _ = calls[program]
    calls = [(at, call) for owner, at, call in calls[program:] if owner == pid]
    ends, row = [], 0
    for _, pattern in PHASES:
        if pattern is None:
            ends.append(None)
            continue
        while row < len(calls) and not re.search(pattern, calls[row][1]):
            row += 1
        if row == len(calls):
            raise Missing("strace saw no %s" % pattern)
        ends.append(calls[row][0])
    ends[-2] = max(at for at, call in calls if ends[-3] < at < ends[-1] and call.startswith("write("))
    return [(end - start) * 1000 for start, end in zip([begun, *ends], ends)]
