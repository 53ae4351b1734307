# SPDX-License-Identifier: MIT
"""Started inside a new network namespace: owns the line "wan" there until its stdin ends. Imports nothing of
the project.

argv: file descriptor of a unix socket, port, inode of the host's network namespace. A TCP listener on
127.0.0.1:port of the namespace is made and handed out through that socket: who has it receives the
namespace's connections, with no cable between the two networks.
Then each line on stdin ("set OLD NEW", "-" for none) changes the line's address; "ok" or the error is the
answer. At the end of stdin, whatever ended our starter, every process left in the namespace is killed: then
it vanishes."""

import os
import signal
import socket
import subprocess
import sys

#: `ip` only talks to the kernel.
PATIENCE = 10


def ip(*lines):
    """Runs commands of ip(8) as one batch; OSError with its words."""
    done = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join(lines) + "\n", text=True, capture_output=True, timeout=PATIENCE
    )
    if done.returncode:
        raise OSError((done.stderr.strip().splitlines() or ["ip failed"])[0])


def make_line():
    """The devices: lo, and wan with a default route. `dummy` is a kernel module that not every kernel has."""
    ip("link set lo up")
    try:
        ip("link add wan type dummy")
    except OSError:
        ip("link add wan type veth peer name street", "link set street up")
    ip("link set wan up")


def change(old, new):
    """The new address comes before the old one goes: with the last address of a device its routes vanish
    too."""
    lines = []
    if new != "-":
        lines += ["address add %s/32 dev wan" % new, "route replace default dev wan"]
    if old not in ("-", new):
        lines.append("address del %s/32 dev wan" % old)
    if lines:
        ip(*lines)


def namespace(pid):
    try:
        return os.stat("/proc/%s/ns/net" % pid).st_ino
    except OSError:
        return None


def end(own):
    """Kills what is left in the network namespace with the inode `own`."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) != os.getpid() and namespace(pid) == own:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass


def serve(channel, port):
    """Makes the line, hands out the listener, then obeys stdin until it ends."""
    make_line()
    with socket.socket() as listener, socket.socket(fileno=channel) as out:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(20)
        socket.send_fds(out, [b"x"], [listener.fileno()])
    print("ok", flush=True)
    for line in sys.stdin:
        _, old, new = line.split()
        try:
            change(old, new)
            print("ok", flush=True)
        except (OSError, subprocess.SubprocessError) as error:
            print(error, flush=True)


def main(channel, port, host):
    own = namespace("self")
    if own is None or own == host or own == namespace(1):
        sys.exit("not in a network namespace of its own")  # end() would kill the host's processes
    # Ctrl-C reaches the whole terminal's group: the end is our starter's to choose.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(channel, port)
    finally:
        end(own)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
