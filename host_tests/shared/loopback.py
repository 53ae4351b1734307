# SPDX-License-Identifier: MIT
# A board at 127.0.0.1, whose router is there too, and free ports: what tests with real sockets on lo share.
import os
import socket

from wanbeacon.board import linux
from wanbeacon.net import udp

LO = "127.0.0.1"


class Board(linux.Board):
    def __init__(self):
        pass

    def gateway(self):
        return LO

    def lan_address(self):
        return LO


def free_port():
    """A TCP port that nobody has now; MicroPython could not say which one the kernel chose."""
    board = Board()
    while True:
        port = 20000 + int.from_bytes(os.urandom(2), "big") % 12000
        sock = socket.socket()
        try:
            sock.bind(board.sockaddr(LO, port))
            return port
        except OSError:
            pass
        finally:
            sock.close()


def free_udp_port():
    """The same for UDP."""
    while True:
        port = 20000 + int.from_bytes(os.urandom(2), "big") % 12000
        try:
            udp.open_udp(Board(), local=(LO, port)).close()
            return port
        except OSError:
            pass
