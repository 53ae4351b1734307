# SPDX-License-Identifier: MIT
"""MicroPython's `tls` over CPython's ssl: same names, same errors, streams that say None when they would
block.

As on MicroPython: CA roots as DER only, CERT_REQUIRED needs server_hostname, a rejected certificate is a
ValueError (CPython's SSLCertVerificationError is one), the handshake may be left to the first read or
write (do_handshake_on_connect=False), and what is wrapped may be any stream, not only a socket."""

import errno
import os
import select
import ssl
import tempfile

#: Bytes that one read from the stream below may bring; OpenSSL asks again for more.
_CHUNK = 4096

PROTOCOL_TLS_CLIENT = 0
PROTOCOL_TLS_SERVER = 1
CERT_NONE = 0
CERT_OPTIONAL = 1
CERT_REQUIRED = 2
MBEDTLS_VERSION = "none, " + ssl.OPENSSL_VERSION


class SSLContext:
    """Client or server context; only `verify_mode` may be assigned, as in MicroPython."""

    def __init__(self, protocol):
        server = protocol == PROTOCOL_TLS_SERVER
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        self._server = server
        self._roots = 0
        self._mode = CERT_NONE if server else CERT_REQUIRED

    @property
    def verify_mode(self):
        return self._mode

    @verify_mode.setter
    def verify_mode(self, mode):
        if mode not in (CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED):
            raise ValueError("invalid verify_mode")
        self._mode = mode

    def load_verify_locations(self, cadata):
        """cadata: one certificate as DER; what is not is a ValueError, as MicroPython's."""
        if not isinstance(cadata, (bytes, bytearray, memoryview)) or bytes(cadata[:1]) != b"\x30":
            raise ValueError("invalid cert")
        try:
            self._context.load_verify_locations(cadata=bytes(cadata))
        except ssl.SSLError:
            raise ValueError("invalid cert")
        self._roots += 1

    def load_cert_chain(self, cert, key):
        """DER (or PEM) bytes; CPython reads files only, so they pass through temporary ones."""
        paths = []
        try:
            for kind, data in (("CERTIFICATE", cert), ("PRIVATE KEY", key)):
                if not bytes(data).lstrip().startswith(b"-----"):
                    data = ssl.DER_cert_to_PEM_cert(bytes(data)).replace("CERTIFICATE", kind).encode()
                handle, path = tempfile.mkstemp()
                paths.append(path)
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
            self._context.load_cert_chain(*paths)
        except ssl.SSLError:
            raise ValueError("invalid key")
        finally:
            for path in paths:
                os.unlink(path)

    def get_ciphers(self):
        return [one["name"] for one in self._context.get_ciphers()]

    def set_ciphers(self, ciphers):
        self._context.set_ciphers(":".join(ciphers))

    def wrap_socket(self, sock, server_side=False, do_handshake_on_connect=True, server_hostname=None):
        """A TLS stream over a connected socket, or over any stream with readinto and write as MicroPython's
        have them; it now belongs to the TLS stream."""
        context = self._context
        if not server_side:
            # CERT_OPTIONAL verifies nothing in MicroPython; it must not look safer here than there.
            strict = self._mode == CERT_REQUIRED
            if strict and not server_hostname:
                raise ValueError("CERT_REQUIRED requires server_hostname")
            if strict and not self._roots:
                raise OSError(-30336, "MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED")
            context.check_hostname = False
            context.verify_mode = ssl.CERT_REQUIRED if strict else ssl.CERT_NONE
            context.check_hostname = strict
        return _Stream(context, sock, server_side, server_hostname, do_handshake_on_connect)


class _Socket:
    """A plain socket with the methods of MicroPython's streams."""

    def __init__(self, sock):
        self._sock = sock
        self.close, self.fileno, self.setblocking = sock.close, sock.fileno, sock.setblocking

    def readinto(self, buffer):
        try:
            return self._sock.recv_into(buffer)
        except BlockingIOError:
            return None

    def write(self, data):
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return None


class _Stream:
    """What MicroPython's wrap_socket returns: read, readinto, readline, write, close, setblocking, fileno for
    poll.

    OpenSSL works in memory here, on what `_step` brings from the stream below, so that a stream that bounds
    its reads bounds TLS too."""

    def __init__(self, context, sock, server_side, server_hostname, handshake):
        self._raw = sock = _Socket(sock) if hasattr(sock, "recv_into") else sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._in, self._out, server_side=server_side, server_hostname=server_hostname
        )
        self._buffer = bytearray(_CHUNK)
        self._unsent = b""
        self._shaken = False
        if handshake:
            # MicroPython waits through the handshake even on a non-blocking socket.
            while not self._ready():
                select.select([self._raw], [], [], 0.1)

    def _step(self, act, *args):
        """One ssl call: its result, or None when it would block; ssl's errors as MicroPython's OSErrors."""
        while True:
            try:
                result = act(*args)
                self._send()
                return result
            except ssl.SSLWantReadError:
                if not self._send() or not self._receive():
                    return None
            except ssl.SSLCertVerificationError as error:
                self._send()  # the alert that tells the server
                raise ValueError("\n%s\n" % error.verify_message)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                if not self._shaken:
                    raise OSError(errno.ECONNRESET, "closed in the handshake")
                return b""
            except ssl.SSLError as error:
                self._send()
                raise OSError(-30592, "TLS: %s" % (error.reason or error))

    def _send(self):
        """True when all that TLS has for the peer went to the stream below."""
        self._unsent += self._out.read()
        while self._unsent:
            n = _checked(self._raw.write(self._unsent))
            if not n:
                return False
            self._unsent = self._unsent[n:]
        return True

    def _receive(self):
        """True when the stream below brought something, or its end."""
        n = _checked(self._raw.readinto(self._buffer))
        if n is None:
            return False
        if n:
            self._in.write(memoryview(self._buffer)[:n])
        else:
            self._in.write_eof()
        return True

    def _ready(self):
        if not self._shaken:
            if self._step(self._shake) is None:
                return False
            self._shaken = True
        return True

    def _shake(self):
        self._tls.do_handshake()
        return True

    def read(self, size=-1):
        """Up to size bytes; b"" at the end; None when nothing is there yet (non-blocking).
        -1: until the end."""
        if not self._ready():
            return None
        if size >= 0:
            return self._step(self._tls.read, size)
        parts = []
        while True:
            part = self._step(self._tls.read, _CHUNK)
            if not part:
                return b"".join(parts) if parts or part is not None else None
            parts.append(part)

    def readinto(self, buffer, size=None):
        data = self.read(len(buffer) if size is None else min(size, len(buffer)))
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self.read(1)
            if not byte:
                return line or byte
            line += byte
        return line

    def write(self, data, *range_):
        """Bytes taken, or None when none could be (non-blocking)."""
        if range_:
            data = data[: range_[0]] if len(range_) == 1 else data[range_[0] : range_[0] + range_[1]]
        if not self._ready():
            return None
        if self._unsent and not self._send():
            return None
        sent = self._step(self._tls.write, data) if len(data) else 0
        return 0 if sent == b"" else sent

    def setblocking(self, flag):
        self._raw.setblocking(flag)

    def fileno(self):
        """So that select.poll takes the stream itself, as MicroPython's does."""
        return self._raw.fileno()

    def cipher(self):
        name = self._tls.cipher()
        return name and name[:2]

    def close(self):
        self._raw.close()


def _checked(n):
    """What a stream's readinto or write gave;
    a negative number is an error, as in MicroPython's io.IOBase."""
    if n is not None and n < 0:
        raise OSError(-n, "the connection failed")
    return n
