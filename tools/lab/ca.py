# SPDX-License-Identifier: MIT
"""The lab's own certification authority and every good and bad certificate a client should meet, in a
chain as real providers have it (chains.py)."""

import datetime
import os
import ssl
import tempfile
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from .. import UserError
from .chains import CHAINS, USUAL, key, pem

LOCAL = ("localhost", "127.0.0.1", "::1", "lab.test")
#: listener name -> what is wrong with its certificate
BAD = {
    "expired": "ended last year",
    "not-yet": "starts next year",
    "wrong-name": "is for another host",
    "self-signed": "signed by itself",
    "unknown-ca": "signed by an authority that nobody knows",
}
YEAR = datetime.timedelta(days=365)
#: Signed certificate timestamps: two of them are in every public certificate, and the lab's shall be as long
#: (RFC 6962).
_TIMESTAMPS = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), b"\x04\x81\xf2" + b"\x55" * 242
)


class Issuer:
    """A certificate that signs others, and its key."""

    def __init__(self, name, private, certificate):
        self.name, self.key, self.certificate = name, private, certificate


#: and what is unusual with a good one
GOOD = {"long-chain": "RSA, behind two intermediates"}
#: Name of the second of them: a client that stops at the first can be told apart by it.
INNER = "Wanbeacon lab, inner intermediate"


class Authority:
    """CA and server contexts. `names`: DNS names or addresses, besides LOCAL, that the good certificate is
    for; `chain`: one of CHAINS. UserError when there is no such chain."""

    def __init__(self, names=(), newest_tls="", chain=USUAL):
        if chain not in CHAINS:
            raise UserError("the lab has no chain %r, only %s" % (chain, ", ".join(CHAINS)))
        self._newest = newest_tls
        self._chain = CHAINS[chain]
        self._names = LOCAL + tuple(name for name in names if name not in LOCAL)
        self._now = datetime.datetime.now(datetime.timezone.utc)
        self._issuers = {}
        root = self._issuers_of("Wanbeacon lab")[-1].certificate
        self.pem = root.public_bytes(serialization.Encoding.PEM)
        self.der = root.public_bytes(serialization.Encoding.DER)
        self._contexts = {}

    def context(self, kind="good"):
        """The server side SSLContext of "good" or one of BAD; made at first use."""
        if kind not in self._contexts:
            self._contexts[kind] = self._make(kind)
        return self._contexts[kind]

    def chain(self, kind="good"):
        """DER of the certificates that a server sends, its own first."""
        return [one.public_bytes(serialization.Encoding.DER) for one in self._certificates(kind)]

    def _make(self, kind):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._newest == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.sni_callback = _note_name
        parts = [one.public_bytes(serialization.Encoding.PEM) for one in self._certificates(kind)]
        handle, path = tempfile.mkstemp()  # CPython takes files only
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(pem(key(self._chain.leaf, "leaf")) + b"".join(parts))
            context.load_cert_chain(path)
        finally:
            os.unlink(path)
        return context

    def _certificates(self, kind):
        private, now = key(self._chain.leaf, "leaf"), self._now
        begin, end = {"expired": (now - 2 * YEAR, now - YEAR), "not-yet": (now + YEAR, now + 2 * YEAR)}.get(
            kind, (now - datetime.timedelta(days=10), now + datetime.timedelta(days=80))
        )
        names = ("elsewhere.example",) if kind == "wrong-name" else self._names
        if kind == "self-signed":
            me = Issuer(_name(names[0]), private, None)
            return [self._sign(me, me.name, private, self._for_server(names), begin, end)]
        issuers = self._issuers_of("Nobody's lab" if kind == "unknown-ca" else "Wanbeacon lab")
        if kind == "long-chain":
            inner = Issuer(_name(INNER), key("rsa-2048", "inner"), None)
            inner.certificate = self._sign(
                issuers[0], inner.name, inner.key, self._for_authority(), begin, end + YEAR
            )
            issuers = [inner, *issuers]
        leaf = self._sign(issuers[0], _name(names[0]), private, self._for_server(names), begin, end)
        return [leaf] + [one.certificate for one in issuers[:-1]]

    def _issuers_of(self, organization):
        """The issuers of that authority: who signs leaves first, the root last."""
        if organization not in self._issuers:
            begin, end = self._now - YEAR, self._now + 10 * YEAR
            role = "root-" + organization.split()[0].lower().replace("'", "")
            name, private = _name("%s Root X1" % organization, organization), key(self._chain.root, role)
            root = Issuer(name, private, None)
            root.certificate = self._sign(root, name, private, _FOR_ROOT, begin, end)
            found = [root]
            for number, kind in reversed(list(enumerate(self._chain.authorities, 1))):
                name, private = (
                    _name("%s R%d" % (organization, number), organization),
                    key(kind, "authority-%d" % number),
                )
                signed = self._sign(found[0], name, private, self._for_authority(), begin, end)
                found.insert(0, Issuer(name, private, signed))
            self._issuers[organization] = found
        return self._issuers[organization]

    @staticmethod
    def _sign(issuer, name, private, extensions, begin, end):
        """A certificate of `private`'s public key for `name`."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer.name)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer.key, hashes.SHA256())

    def _for_server(self, names):
        spare = ["name-%03d.customers.lab.test" % number for number in range(self._chain.spare)]
        return [
            (x509.SubjectAlternativeName([_general(name) for name in [*names, *spare]]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(digital_signature=True, key_encipherment=True), True),
            (
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                False,
            ),
            (_TIMESTAMPS, False),
            *_ELSEWHERE,
        ]

    @staticmethod
    def _for_authority():
        return [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (_usage(digital_signature=True, key_cert_sign=True, crl_sign=True), True),
            *_ELSEWHERE,
        ]


def _name(common, organization="Wanbeacon lab"):
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _general(name):
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(**which):
    flags = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(**{**flags, **which})


def _url(text):
    return x509.UniformResourceIdentifier(text)


#: Where to ask about a certificate: nobody does, but public ones are longer by it.
_ELSEWHERE = [
    (
        x509.AuthorityInformationAccess(
            [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, _url("http://r1.i.lab.test/"))]
        ),
        False,
    ),
    (
        x509.CRLDistributionPoints(
            [x509.DistributionPoint([_url("http://r1.c.lab.test/84.crl")], None, None, None)]
        ),
        False,
    ),
    (
        x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("2.23.140.1.2.1"), None)]),
        False,
    ),
]
_FOR_ROOT = [
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (_usage(key_cert_sign=True, crl_sign=True), True),
]


def _note_name(connection, name, _context):
    """Keeps the SNI name where the tap finds it."""
    connection.lab_sni = name or ""
