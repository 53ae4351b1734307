# SPDX-License-Identifier: MIT
"""CA roots out of the router's ca-bundle, so that the distribution decides whom to trust.

The package brings only the names of the roots that providers use and the beginning of their SHA-256 (INDEX);
this cuts those out of the PEM bundle into DER files (MicroPython below 1.29 reads no PEM on some builds, and
140 roots cost 1.7 MB).
"""

from binascii import a2b_base64, hexlify
from hashlib import sha256

from wanbeacon.board import linux

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
INDEX = "/usr/share/wanbeacon/roots.txt"
# bytes of the SHA-256: enough to know one root among those of the bundle, which is trusted as a whole
_DIGEST = 8
CERT_MAX = 8192  # bytes of base64 of one certificate; the largest root in use has 2,800


def certificates(lines):
    """PEM lines -> each certificate's DER bytes; what is not base64 is left out."""
    parts = None
    for line in lines:
        line = line.strip()
        if line == "-----BEGIN CERTIFICATE-----":
            parts, size = [], 0
        elif line == "-----END CERTIFICATE-----":
            if parts:
                try:
                    yield a2b_base64("".join(parts))
                except ValueError:
                    pass
            parts = None
        elif parts is not None:
            size += len(line)
            parts.append(line)
            if size > CERT_MAX:
                parts = None


def cut(folder, bundle=BUNDLE, index=INDEX):
    """Fills `folder` (it is made) with NAME.der and index.txt. Returns the names that the bundle does not
    have.

    ValueError, in a line that says what to install, when there is no bundle or nothing of use in it. OSError
    when the folder cannot be written.
    """
    order, wanted = [], {}
    try:
        with open(index) as f:
            for line in f:
                name, digest = line.split()
                order.append(name)
                wanted[digest[: 2 * _DIGEST]] = name
    except (OSError, ValueError):
        raise ValueError("%s is missing or damaged; install the package wanbeacon again" % index)
    linux.make_folder(folder)
    found = []
    try:
        with open(bundle) as f:
            for der in certificates(f):
                name = wanted.get(hexlify(sha256(der).digest()[:_DIGEST]).decode())
                if name and name not in found:
                    with open("%s/%s.der" % (folder, name), "wb") as out:
                        out.write(der)
                    found.append(name)
    except OSError as e:
        if e.errno != 2:
            raise
    if not found:
        raise ValueError("%s has no CA root that a provider uses; install the package ca-bundle" % bundle)
    with open(folder + "/index.txt", "w") as f:
        f.write("".join([name + "\n" for name in order if name in found]))
    return [name for name in order if name not in found]
