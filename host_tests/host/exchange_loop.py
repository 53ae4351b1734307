# SPDX-License-Identifier: MIT
# Many exchanges in one process, by order from stdin; for host_tests/host/test_agent_exchanges.py, on every
# interpreter. A line in: "COUNT BUDGET_MS PORT CA_FILE KEEP"; KEEP: 0, or 1 to have one connection for all
# of them where the server allows it, or 2 to wait each time until the server has closed it. A line out, JSON:
# words of the troubles, heap in use, slowest exchange in ms. Knows net.http and nothing of the agent.
import gc
import json
import select
import sys
import time

from wanbeacon.board import linux
from wanbeacon.net import Trouble, http, kept


class Request:
    post, tls, host, body, family = False, True, "localhost", None, 0
    path = "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9"
    headers = {
        "User-Agent": "Acme - Tester Loop - 1.0",
        "Authorization": "Basic ZGVtbzpkZW1vLWtleQ==",
        "Host": "localhost",
    }


def closed(keep):
    """Wait until something arrives on the connection that was kept: its end."""
    if keep.sock:
        poller = select.poll()
        poller.register(keep.sock, select.POLLIN)
        poller.poll(1500)


def run(count, budget, port, ca, way):
    words = {}
    slowest = 0
    request = Request()
    request.port = port
    keep = kept.Kept() if way else None
    for number in range(count):
        request.headers = dict(Request.headers)
        if keep:
            keep.again = number < count - 1
        start = time.ticks_ms()
        try:
            answer = (keep or http).exchange(request, board, ca=ca, budget=budget)
            word = "HTTP %d, %d bytes" % (answer.status, len(answer.body))
            answer = None
        except Trouble as e:
            word = e.word
        slowest = max(slowest, time.ticks_diff(time.ticks_ms(), start))
        words[word] = words.get(word, 0) + 1
        if way == 2:
            closed(keep)
    if keep:
        keep.close()
    gc.collect()
    gc.collect()
    return {"words": words, "heap": gc.mem_alloc(), "slowest": slowest}


if sys.implementation.name == "cpython":
    import tracemalloc

    tracemalloc.start()
board = linux.Board("/tmp")
while True:
    line = sys.stdin.readline().split()
    if not line:
        break
    print(json.dumps(run(int(line[0]), int(line[1]), int(line[2]), line[3], int(line[4]))))
    if sys.implementation.name == "cpython":
        sys.stdout.flush()
