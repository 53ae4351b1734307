# SPDX-License-Identifier: MIT
"""What TLS takes of a machine's memory beside Python's heap, per certificate chain. `python -m
tools.bench.tls` prints it.

Measured where it is true to a byte: every malloc and free of the stand-alone 32-bit MicroPython during one
exchange with the lab, by glibc's libmemusage. Mbed TLS is Debian's there, ESP-IDF's on a board: Debian's
speaks TLS 1.3 (more state; its first key, made before the server's certificates are there, is not counted)
and has a larger output buffer. So the chain `rsa` is anchored at what was seen of it on real ESP32 images,
and the others differ from it as they do here."""

import struct
import subprocess
import tempfile
from pathlib import Path

from .. import CACHE, ROOT, UserError, interpreters
from ..lab import running
from ..lab.ca import Authority
from ..lab.chains import CHAINS, USUAL

#: Bytes that an ESP32 without PSRAM keeps for TLS (docs/architecture.md).
ROOM = 50 * 1024
#: What the handshake with the chain `rsa` and one CA root took at its peak on ESP32 images 1.23.0 to 1.26.1:
#: 37 to 39 KB.
SEEN = 39 * 1024
_MARK = 1 << 26  # as in tls_client.py
#: One record of libmemusage's file: bytes in the heap, in the stack, time.
_RECORD = struct.Struct("<QQII")
_LIBRARIES = CACHE / "micropython-i386/root/usr/lib/i386-linux-gnu"


def peak(chain):
    """Bytes of system heap that one exchange takes at its peak with the lab's chain of that name. UserError
    when the interpreter is not there or the exchange fails."""
    path = _LIBRARIES / "libmemusage.so"
    if not path.exists():
        raise UserError("the stand-alone 32-bit MicroPython is not here; `make test` unpacks it")
    with running("dyn", bind="127.0.0.1", chain=chain) as lab, tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "memory"
        command = [
            _LIBRARIES / "ld-linux.so.2",
            "--preload",
            path,
            "--library-path",
            _LIBRARIES,
            _LIBRARIES.parents[1] / "bin/micropython",
            "-X",
            "heapsize=300k",
            ROOT / "tools/bench/tls_client.py",
            str(lab.https_port),
            str(lab.ca_der),
        ]
        done = subprocess.run(
            command,
            env=interpreters.environment("firmware", MEMUSAGE_OUTPUT=str(record)),
            capture_output=True,
            text=True,
            timeout=30,
        )
        if done.stdout.strip() != "200":
            raise UserError(
                "the exchange with chain %s failed: %s" % (chain, done.stdout + done.stderr[-500:])
            )
        return _peak(record.read_bytes())


def _peak(data):
    """The most after the second mark, more than there was at the first one."""
    # 2: the header
    heap = [row[0] for row in _RECORD.iter_unpack(data[: len(data) // _RECORD.size * _RECORD.size])][2:]
    marks = [i for i in range(len(heap)) if heap[i] >= _MARK]
    return max(heap[i] for i in range(marks[1], len(heap)) if heap[i] < _MARK) - heap[marks[0] - 1]


def rows():
    """[(chain, bytes of its certificates, bytes of memory here, bytes on an ESP32)]."""
    here = {name: peak(name) for name in CHAINS}
    return [
        (name, sum(map(len, Authority(chain=name).chain())), size, SEEN + size - here[USUAL])
        for name, size in here.items()
    ]


def main():
    """Print a row per chain."""
    print(
        "%-9s %12s %12s %12s  %s"
        % ("chain", "certificates", "memory here", "on an ESP32", "of %d KB kept for TLS" % (ROOM // 1024))
    )
    for name, sent, here, board in rows():
        print(
            "%-9s %12d %12d %12d  %d %%%s"
            % (name, sent, here, board, 100 * board // ROOM, "" if board <= ROOM else ": does not fit")
        )


if __name__ == "__main__":
    main()
