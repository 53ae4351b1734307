# SPDX-License-Identifier: MIT
"""The push source with real DynDNS clients in the role of the router: many routers run ddclient or inadyn."""

import asyncio
import contextlib
import socket

import pytest
from wanbeacon.board.linux import Board
from wanbeacon.core import address
from wanbeacon.observe import push
from wanbeacon.observe.base import FOUND

from host_tests import needs

WAN = "45.33.7.7"


class Home(Board):
    def __init__(self):
        pass

    def gateway(self):
        return "127.0.0.1"


class Kit:
    board = Home()


def _inadyn(folder, port):
    # as on a UniFi gateway ("custom"), but for ssl=false, which its generated file has not
    (folder / "config").write_text(
        'custom home {\n  ssl = false\n  ddns-server = "127.0.0.1:%d"\n'
        '  ddns-path = "/nic/update?hostname=%%h&myip=%%i"\n'
        '  checkip-command = "echo %s"\n  username = router\n  password = let-me-in\n'
        "  hostname = home.example.org\n}\n" % (port, WAN)
    )
    return [needs.program("inadyn"), "--foreground", "--once", "--config", str(folder / "config"),
            "--cache-dir", str(folder), "--pidfile", str(folder / "pid"), "--loglevel", "debug"]  # fmt: skip


def _ddclient(folder, port):
    # as on an EdgeRouter
    (folder / "config").write_text(
        "cache=%s/cache\nssl=no\nuse=ip, ip=%s\nprotocol=dyndns2\nserver=127.0.0.1:%d\nlogin=router\n"
        "password='let-me-in'\nhome.example.org\n" % (folder, WAN, port)
    )
    return [
        needs.program("ddclient"),
        "-daemon=0",
        "-verbose",
        "-debug",
        "-foreground",
        "-file",
        str(folder / "config"),
    ]


async def _pushed(argv):
    """Run the client twice while the source listens: (answers, what the source tells, how often it woke)."""
    with contextlib.closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    one = push.Observer({"port": port, "user": "router", "password": "let-me-in"}, Kit())
    answers, plain = [], one.answer

    def noted(*request):
        answers.append(plain(*request))
        return answers[-1]

    one.answer = noted
    woken = asyncio.create_task(one.changed())
    try:
        await asyncio.sleep(0.1)
        process = await asyncio.create_subprocess_exec(
            *argv(port), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said = (await asyncio.wait_for(process.communicate(), 30))[0].decode(errors="replace")
        await asyncio.wait_for(woken, 1)
        return process.returncode, said, answers, await one.read(4)
    finally:
        one.close()


@pytest.mark.parametrize("client", [_inadyn, _ddclient], ids=["inadyn", "ddclient"])
def test_a_real_client_pushes_and_is_content(tmp_path, client):

    status, said, answers, found = asyncio.run(_pushed(lambda port: client(tmp_path, port)))
    assert answers == [(200, "good %s\n" % WAN)], said
    assert found == (FOUND, address.parse(WAN), ("push.told", "127.0.0.1"))
    assert status == 0 and ("uccess" in said or "good" in said), said
