# SPDX-License-Identifier: MIT
# Updates through a JSON API in one process, without the agent around them: app/restful.py with what it is
# handed, over the real wire. For host_tests/host/test_rest_small_heap.py. Arguments: PROVIDER PORT CA_FILE
# STATE_FOLDER COUNT HOST... Prints for each update "ok BYTES_OF_HEAP_IN_USE", or what went wrong.
import gc
import sys

from wanbeacon.app import stage
from wanbeacon.board import linux
from wanbeacon.core import outcome  # noqa: F401  (as clock: what stays in an agent)
from wanbeacon.core.record import Limits, Record
from wanbeacon.net import clock  # noqa: F401

KEYS = {
    "netcup": ("12345", "demo-secret", "demo-token"),
    "spaceship": ("key-demo", "secret-demo", None),
    "porkbun": ("pk1_demo", "sk1_demo", None),
    "route53": ("AKIADEMO", "demo-secret", None),
    "tencent": ("AKIDdemo", "demo-secret", None),
    "aliyun": ("LTAIdemo", "demo-secret", None),
    "huawei": ("AKDEMO", "demo-secret", None),
    "ovh-rest": ("demo-app", "demo-secret", "demo-token"),
}


class Board(linux.Board):
    pass


class Host:
    def __init__(self, account, name):
        self.doc = {"name": name}
        self.name = name
        self.account = account
        self.rec = Record(b"12345678")
        self.cause = (name.encode() + b"        ")[:8]


class Account:
    limits = Limits()
    keep = None


class Log:
    def __call__(self, *words):
        print(words)

    def settle(self):
        pass

    def scrub(self, text, *_):
        return text

    def said(self, text):
        return text


class Agent:
    transport = None
    counters = {"requests": 0}
    log = Log()

    class clock:
        @staticmethod
        def mono():
            return 1000

        @staticmethod
        def wall():
            return 1800000000

    def agent_name(self, style=None, account=None):
        return "Acme Router-R1/1.0 dev@acme.example"

    def save(self):
        return True


def main(name, port, ca, state, count, *hosts):
    from wanbeacon.dyndns import rows

    stage.scarce = True
    agent, account = Agent(), Account()
    agent.board = Board(state, ".")  # the folder it is started in
    agent.board.run_stage = stage.run  # as app/board_steps.py
    user, password, token = KEYS.get(name, (None, None, "demo-token"))
    account.row = rows.find(agent.board.catalogue, name)
    account.doc = {
        "provider": name,
        "server": "localhost:" + port,
        "ca": ca,
        "user": user,
        "password": password,
        "token": token,
    }
    account.hosts = [Host(account, h) for h in hosts]
    agent.hosts = lambda: account.hosts
    for number in range(1, int(count) + 1):
        for host in account.hosts:
            sent = bytes((45, 33, 7, number)), None
            gc.collect()
            begun, answer = stage.run("app.restful", "exchange", agent, account, [host], "q4", sent, False)
            outs = getattr(answer, "outs", None)
            if not begun or not outs or outs[0].cls != "OK":
                print(
                    "failed",
                    host.name,
                    begun,
                    answer,
                    getattr(answer, "text", ""),
                    outs and (outs[0].cls, outs[0].word),
                )
                return
        gc.collect()
        print("ok", gc.mem_alloc())


main(*sys.argv[1:])
