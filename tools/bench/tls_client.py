# SPDX-License-Identifier: MIT
# One exchange under the stand-alone 32-bit MicroPython, for tls.py: with a mark in the C library's heap
# before the TLS context is made and at each read that TLS does. A mark is a block that nobody else would ask
# for.
import sys

import ffi
from wanbeacon.board import linux
from wanbeacon.net import http

MARK = 1 << 26
libc = ffi.open(None)  # what the program itself calls: the library that counts
malloc, free = libc.func("p", "malloc", "I"), libc.func("v", "free", "p")


def mark():
    free(malloc(MARK))


class Stream:
    """A socket that marks its reads."""

    def __init__(self, sock):
        self.write, self.close, self.sock = sock.write, sock.close, sock

    def readinto(self, buffer):
        mark()
        return self.sock.readinto(buffer)


class Board(linux.Board):
    def exchange_begins(self):
        mark()

    def stream(self, sock):
        return Stream(sock)


class Request:
    post, tls, host, body, family = False, True, "localhost", None, 0
    path = "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9"
    headers = {
        "User-Agent": "Acme - Bench TLS - 1.0",
        "Authorization": "Basic ZGVtbzpkZW1vLWtleQ==",
        "Host": "localhost",
    }


Request.port = int(sys.argv[1])
print(http.exchange(Request(), Board("/tmp"), ca=sys.argv[2], budget=10000).status)
