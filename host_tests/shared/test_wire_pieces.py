# SPDX-License-Identifier: MIT
"""What is written to a provider leaves at once, though the server has not acknowledged what came before: the
request does not wait for the end of the handshake to be acknowledged."""

import select
import socket
import time

from loopback import LO, Board, free_port

_IPPROTO_TCP, _TCP_QUICKACK = 6, 12


def _until_all_arrived():
    """ms from three writes, one after another, until a server that delays its acknowledgments has them."""
    board, port = Board(), free_port()
    listener, client = socket.socket(), socket.socket()
    try:
        listener.bind(board.sockaddr(LO, port))
        listener.listen(1)
        client.connect(board.sockaddr(LO, port))
        server = listener.accept()[0]
        try:
            server.setsockopt(_IPPROTO_TCP, _TCP_QUICKACK, 0)
            stream, poller, left = board.stream(client), select.poll(), 3
            poller.register(server, select.POLLIN)
            start = time.ticks_ms()
            for piece in (b"1", b"2", b"3"):
                stream.write(piece)
            while left:
                poller.poll(1000)
                left -= len(server.recv(left))
            return time.ticks_diff(time.ticks_ms(), start)
        finally:
            server.close()
    finally:
        client.close()
        listener.close()


def test_a_piece_does_not_wait_for_the_one_before_it():
    # 40 ms with Nagle's algorithm; of several tries, so that a busy machine is no fault
    assert min([_until_all_arrived() for _ in range(5)]) < 20
