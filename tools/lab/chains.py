# SPDX-License-Identifier: MIT
"""Certificate chains as real providers have them, and the keys they are made with.

A client's memory in a handshake depends on the chain: RSA takes several times what a small elliptic-curve
chain takes, and RSA is what most providers have. Keys are slow to make and of no worth, so they are kept
in .cache/; certificates are made fresh."""

import os
import tempfile
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .. import CACHE


@dataclass(frozen=True)
class Chain:
    """leaf: kind of its key; authorities: kinds of the intermediates' keys that are sent, nearest first;
    root: kind of the root's key; spare: more DNS names in the leaf, which make it long; about: for people."""

    leaf: str
    authorities: tuple
    root: str
    about: str
    spare: int = 0


CHAINS = {
    "rsa": Chain("rsa-2048", ("rsa-2048",), "rsa-4096", "RSA-2048, as most providers have"),
    "rsa-4096": Chain("rsa-4096", ("rsa-4096",), "rsa-4096", "RSA-4096 throughout"),
    "p256": Chain("p-256", ("p-256",), "p-384", "EC P-256"),
    "p384": Chain("p-384", ("p-384",), "p-384", "EC P-384"),
    "three": Chain(
        "rsa-2048", ("rsa-2048", "rsa-4096"), "rsa-4096", "three certificates: with the cross-signed root"
    ),
    "long": Chain("rsa-2048", ("rsa-2048", "rsa-4096"), "rsa-4096", "5 KB: three certificates, 40 names", 40),
}
#: What the lab shows unless told otherwise.
USUAL = "rsa"


def key(kind, role):
    """The private key of `kind` ("rsa-2048", "p-256" ...) for one role ("leaf", "root" ...), from the cache
    or new. Two processes that make the same one at once both end with the one that was there first."""
    folder = CACHE / "lab-keys"
    path = folder / ("%s-%s.pem" % (kind, role))
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(pem(_new(kind)))
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(name)
    return serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)


def _new(kind):
    family, _, size = kind.partition("-")
    if family == "rsa":
        return rsa.generate_private_key(65537, int(size))
    return ec.generate_private_key({"256": ec.SECP256R1, "384": ec.SECP384R1}[size]())


def pem(private):
    """A private key as PEM bytes, not encrypted."""
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
