# SPDX-License-Identifier: MIT
"""What the settings of DNS UPDATE (tsig.py) say: the name server, the key's name, secret and algorithm. Apart
from tsig.py, so that a look at the settings needs no memory for the messages."""

import hashlib

import ubinascii
from micropython import const

from wanbeacon.core import url
from wanbeacon.dyndns.share import labels_of

PORT = const(53)

# Algorithms of the settings -> their hash. Their name in DNS is the same but for MD5, which Dyn's keys need.
HASHES = {
    "hmac-sha256": "sha256",
    "hmac-sha384": "sha384",
    "hmac-sha512": "sha512",
    "hmac-sha224": "sha224",
    "hmac-sha1": "sha1",
    "hmac-md5": "md5",
}


def name(text):
    """A domain name as DNS has it, in lower case. ValueError when it is none."""
    out = b""
    for label in text.strip(".").lower().encode().split(b"."):
        if not 0 < len(label) < 64:
            raise ValueError("%s is no domain name" % text)
        out += bytes((len(label),)) + label
    if len(out) > 254:
        raise ValueError("%s is no domain name" % text)
    return out + b"\0"


def secret(text):
    """The key's bytes out of its base64. ValueError when it is none."""
    if not text or text.strip(" ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="):
        raise ValueError("should be the key's secret, in base64")
    return ubinascii.a2b_base64(text)


def known(algorithm):
    """True when this interpreter has the hash:
    MicroPython has SHA-256 everywhere, SHA-384 and SHA-512 nowhere."""
    return hasattr(hashlib, HASHES[algorithm])


def server(account):
    """(host, port) of the name server in the settings. ValueError when there is none."""
    text = account.get("server")
    if not text or "/" in text:
        raise ValueError("should be the name server: host or host:port")
    if text[:1] == "[" or text.count(":") > 1:  # IPv6: [2001:db8::1]:53
        host, _, port = text.strip("[").partition("]")
        return host, int(port[1:]) if port[:1] == ":" and port[1:].isdigit() else PORT
    _, host, port = url.server(text, False, PORT)
    return host, port or PORT


def place(account, host):
    """(host, port, family) of the server of one update (config dicts): what is wrong with the settings is
    raised here, before anything is noted or sent. ValueError."""
    if not known(account.get("algorithm") or "hmac-sha256"):
        raise ValueError("this MicroPython has no %s: make an hmac-sha256 key" % account["algorithm"])
    secret(account.get("password") or account.get("token") or "")
    for text in (account.get("user") or "", host["name"], labels_of(host)[1]):
        name(text)
    return server(account) + (0,)
