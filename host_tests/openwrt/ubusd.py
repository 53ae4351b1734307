# SPDX-License-Identifier: MIT
"""A stand-in ubusd with netifd's objects behind it. It speaks the real one's bytes (test_ubusd.py holds it
against the recorded session) and enforces access files as the real one does: a user other than root sees only
what they name."""

import fnmatch
import json
import os
import socket
import struct
import threading

HELLO, STATUS, DATA, PING, LOOKUP, INVOKE, ADD_OBJECT, REMOVE, SUBSCRIBE, UNSUBSCRIBE = range(10)
A_STATUS, A_PATH, A_OBJECT, A_METHOD, A_TYPE, A_SIGNATURE, A_DATA, A_TARGET = range(1, 9)
NOT_FOUND, NO_METHOD, DENIED = 4, 3, 6


def attribute(number, payload):
    """One attribute of a message."""
    payload = struct.pack(">I", payload) if isinstance(payload, int) else payload
    return struct.pack(">I", number << 24 | 4 + len(payload)) + payload + bytes(-len(payload) % 4)


def message(kind, seq, peer, *attributes):
    """A whole message."""
    body = b"".join(attributes)
    return struct.pack(">BBHII", 0, kind, seq, peer, 4 + len(body)) + body


def blobmsg(name, value):
    """One named value as netifd sends it: bool as INT8, numbers as INT32, text with its NUL."""
    if isinstance(value, bool):
        kind, data = 7, bytes([value])
    elif isinstance(value, int):
        kind, data = 5, struct.pack(">I", value)
    elif isinstance(value, str):
        kind, data = 3, value.encode() + b"\0"
    elif isinstance(value, dict):
        kind, data = 2, b"".join(blobmsg(key, item) for key, item in value.items())
    else:
        kind, data = 1, b"".join(blobmsg("", item) for item in value)
    raw = name.encode()
    head = struct.pack(">H", len(raw)) + raw + b"\0"
    head += bytes(-len(head) % 4)
    return (
        struct.pack(">I", 1 << 31 | kind << 24 | 4 + len(head) + len(data))
        + head
        + data
        + bytes(-len(data) % 4)
    )


def table(values):
    """The content of a DATA attribute."""
    return b"".join(blobmsg(key, value) for key, value in values.items())


def split(data):
    """The attributes of a message's body: {number: bytes}."""
    found, at = {}, 0
    while at < len(data):
        head = struct.unpack_from(">I", data, at)[0]
        size = head & 0xFFFFFF
        found[head >> 24 & 127] = data[at + 4 : at + size]
        at += size + -size % 4
    return found


class Ubusd:
    """interfaces: {name: status dict}. acls: {uid: access document}; other users than root see only that.

    start(), stop() end and begin it (a restart drops all subscriptions, as netifd's does); change() sets an
    interface and tells the subscribers; calls: what was invoked, with the caller's uid."""

    def __init__(self, path, interfaces, acls=None, dump=None):
        self.path, self.interfaces, self.acls = str(path), interfaces, acls or {}
        self.dump_file, self.calls, self.subscribers, self.next_id = dump, [], [], 0x5F300000
        self.lock = threading.Lock()
        self.objects = {}
        self._write_dump()

    def start(self):
        """Listens; subscriptions start anew."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        os.chmod(self.path, 0o666)
        self.server.listen()
        self.clients = []
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()
        return self

    def stop(self):
        """Closes every connection."""
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        with self.lock:
            for client in self.clients:
                client.shutdown(socket.SHUT_RDWR)
            self.subscribers.clear()
        if os.path.exists(self.path):
            os.unlink(self.path)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def dump(self):
        """What `ubus call network.interface dump` prints."""
        return {"interface": [{"interface": name, **status} for name, status in self.interfaces.items()]}

    def _write_dump(self):
        if self.dump_file:
            with open(self.dump_file, "w") as file:
                json.dump(self.dump(), file)

    def change(self, name, status, method="interface.update"):
        """The interface has a new status; every subscriber is told."""
        self.interfaces[name] = status
        self._write_dump()
        data = attribute(A_DATA, table({"interface": name, **status}))
        with self.lock:
            for client, own in self.subscribers:
                client.sendall(
                    message(
                        INVOKE,
                        51,
                        0xE5203B1B,
                        attribute(A_OBJECT, own),
                        attribute(A_METHOD, method.encode() + b"\0"),
                        data,
                    )
                )

    def _accept(self, server):
        while True:
            try:
                client = server.accept()[0]
            except OSError:
                return
            with self.lock:
                self.clients.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        uid = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
        try:
            client.sendall(message(HELLO, 0, self._number()))
            while True:
                head = client.recv(12, socket.MSG_WAITALL)
                if len(head) < 12:
                    break
                _, kind, seq, peer, size = struct.unpack(">BBHII", head)
                body = client.recv((size & 0xFFFFFF) - 4, socket.MSG_WAITALL) if size & 0xFFFFFF > 4 else b""
                client.sendall(b"".join(self._answer(client, uid, kind, seq, peer, split(body))))
        except OSError:
            pass
        finally:
            with self.lock:
                self.subscribers[:] = [row for row in self.subscribers if row[0] is not client]
                if client in self.clients:
                    self.clients.remove(client)
            client.close()

    def _number(self):
        self.next_id += 0x157
        return self.next_id

    def _paths(self):
        return ["network.interface", *("network.interface." + name for name in self.interfaces)]

    def _allowed(self, uid, part, path, method=None):
        if uid == 0:
            return True
        rules = self.acls.get(uid, {}).get(part, {})
        for pattern in rules:
            if fnmatch.fnmatchcase(path, pattern) and (
                method is None or method in rules[pattern].get("methods", ())
            ):
                return True
        return False

    def _answer(self, client, uid, kind, seq, peer, found):
        status = 0
        if kind == LOOKUP:
            path = found[A_PATH][:-1].decode()
            if path in self._paths() and self._allowed(uid, "access", path):
                number = self.objects.setdefault(path, self._number())
                yield message(
                    DATA,
                    seq,
                    peer,
                    attribute(A_PATH, found[A_PATH]),
                    attribute(A_OBJECT, number),
                    attribute(A_TYPE, 0x49A6F99E),
                )
            else:
                status = NOT_FOUND
        elif kind == ADD_OBJECT:
            yield message(DATA, seq, peer, attribute(A_OBJECT, self._number()))
        elif kind == SUBSCRIBE:
            path = self._path_of(found[A_TARGET])
            if path and (
                uid == 0
                or any(fnmatch.fnmatchcase(path, p) for p in self.acls.get(uid, {}).get("subscribe", ()))
            ):
                with self.lock:
                    self.subscribers.append((client, struct.unpack(">I", found[A_OBJECT])[0]))
            else:
                status = NOT_FOUND
        elif kind == INVOKE:
            path, method = self._path_of(found[A_OBJECT]), found[A_METHOD][:-1].decode()
            self.calls.append((uid, path, method))
            if not path:
                status = NOT_FOUND
            elif not self._allowed(uid, "access", path, method):
                status = DENIED
            elif (path, method) == ("network.interface", "dump"):
                yield message(
                    DATA,
                    seq,
                    peer,
                    attribute(A_OBJECT, found[A_OBJECT]),
                    attribute(A_DATA, table(self.dump())),
                )
            elif method == "status":
                values = table(self.interfaces[path[18:]])
                yield message(
                    DATA, seq, peer, attribute(A_OBJECT, found[A_OBJECT]), attribute(A_DATA, values)
                )
            else:
                status = NO_METHOD
        yield message(STATUS, seq, peer, attribute(A_STATUS, status))

    def _path_of(self, number):
        wanted = struct.unpack(">I", number)[0]
        return next((path for path, known in self.objects.items() if known == wanted), None)
