"""The lab's own certification authority and every good and bad certificate a client should meet.
It must not know who uses them; the keys live only as long as the lab."""

import datetime
import ssl

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOCAL = ("localhost", "127.0.0.1", "::1", "lab.test")
#: listener name -> what is wrong with its certificate
BAD = {
    "expired": "ended last year",
    "not-yet": "starts next year",
    "wrong-name": "is for another host",
    "self-signed": "signed by itself",
    "unknown-ca": "signed by an authority that nobody knows",
}

#: and what is unusual with a good one
GOOD = {"long-chain": "RSA, behind two intermediates"}
#: Name of the second of them: a client that stops at the first can be told apart by it.
INNER = "Wanbeacon lab, inner intermediate"


class Authority:
    """CA and server contexts. `names`: DNS names or addresses, besides LOCAL, that the good certificate is for."""

    def __init__(self, names=(), newest_tls=""):
        self._newest = newest_tls
        self._names = LOCAL + tuple(name for name in names if name not in LOCAL)
        self.ca = trustme.CA(organization_name="Wanbeacon lab", organization_unit_name="for tests only")
        self.pem = self.ca.cert_pem.bytes()
        self.der = x509.load_pem_x509_certificate(self.pem).public_bytes(serialization.Encoding.DER)
        self._contexts = {}

    def context(self, kind="good"):
        """The server side SSLContext of "good" or one of BAD; made at first use."""
        if kind not in self._contexts:
            self._contexts[kind] = self._make(kind)
        return self._contexts[kind]

    def _make(self, kind):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._newest == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.sni_callback = _note_name
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
        year = datetime.timedelta(days=365)
        if kind == "self-signed":
            key, cert = _self_signed(self._names, now, year)
            trustme.LeafCert(key, cert, []).configure_cert(context)
            return context
        issuer = trustme.CA(organization_name="Nobody's lab") if kind == "unknown-ca" else self.ca
        names = ("elsewhere.example",) if kind == "wrong-name" else self._names
        dates = {"expired": {"not_before": now - 2 * year, "not_after": now - year},
                 "not-yet": {"not_before": now + year, "not_after": now + 2 * year}}.get(kind, {})
        if kind == "long-chain":
            outer = trustme.CA(issuer, 8, "Wanbeacon lab, outer intermediate", key_type=trustme.KeyType.RSA)
            issuer = trustme.CA(outer, 7, INNER, key_type=trustme.KeyType.RSA)
            dates["key_type"] = trustme.KeyType.RSA
        issuer.issue_cert(*names, common_name=names[0], **dates).configure_cert(context)
        return context


def _note_name(connection, name, _context):
    """Keeps the SNI name where the tap finds it."""
    connection.lab_sni = name or ""


def _self_signed(names, now, year):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
               .serial_number(x509.random_serial_number()).not_valid_before(now - year).not_valid_after(now + year)
               .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.DNSName("lab.test")]), False)
               .add_extension(x509.BasicConstraints(ca=True, path_length=0), True))
    cert = builder.sign(key, hashes.SHA256())
    return (key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL,
                              serialization.NoEncryption()), cert.public_bytes(serialization.Encoding.PEM))
