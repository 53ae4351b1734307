# SPDX-License-Identifier: MIT
"""`python -m tools roots`: cuts the CA roots a device carries from PyPI's certifi, one DER file each.

firmware/catalogue/roots/NAME.der and index.txt: name, last valid day, SHA-256, subject; most used first,
since a device whose provider's row names no root tries them in this order."""

import hashlib
import shutil
import warnings
from pathlib import Path

import certifi
import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .. import ROOT, UserError

FOLDER = ROOT / "firmware/catalogue/roots"
#: All files together: what a 4 MB board's file system and an OpenWrt router with 8 MB flash can spare.
MOST_BYTES = 30 * 1024

# file name -> what the subject must contain (in certifi exactly one root fits). Chosen by who signs the
# servers of DynDNS providers and of what stands before them: Let's Encrypt, DigiCert, Sectigo, Google (also
# Cloudflare), Amazon, GoDaddy, GlobalSign, SSL.com (Cloudflare's fallback), Telekom and D-Trust (Germany),
# Certum, Actalis, HARICA.
CHOSEN = {
    "isrg-x1": "CN=ISRG Root X1",
    "digicert-g2": "CN=DigiCert Global Root G2",
    "gts-r4": "CN=GTS Root R4",
    "sectigo-r46": "CN=Sectigo Public Server Authentication Root R46",
    "usertrust-rsa": "CN=USERTrust RSA Certification Authority",
    "isrg-x2": "CN=ISRG Root X2",
    "sectigo-e46": "CN=Sectigo Public Server Authentication Root E46",
    "usertrust-ecc": "CN=USERTrust ECC Certification Authority",
    "gts-r1": "CN=GTS Root R1",
    "amazon-1": "CN=Amazon Root CA 1",
    "godaddy-g2": "CN=Go Daddy Root Certificate Authority - G2",
    "starfield-g2": "CN=Starfield Root Certificate Authority - G2",
    "globalsign-r3": "OU=GlobalSign Root CA - R3",
    "globalsign-r6": "OU=GlobalSign Root CA - R6",
    "globalsign-r46": "CN=GlobalSign Root R46",
    "globalsign-e46": "CN=GlobalSign Root E46",
    "digicert-g3": "CN=DigiCert Global Root G3",
    "sslcom-ecc-22": "CN=SSL.com TLS ECC Root CA 2022",
    "sslcom-rsa-22": "CN=SSL.com TLS RSA Root CA 2022",
    "amazon-3": "CN=Amazon Root CA 3",
    "telesec-3": "CN=T-TeleSec GlobalRoot Class 3",
    "telesec-2": "CN=T-TeleSec GlobalRoot Class 2",
    "dtrust-3-2009": "CN=D-TRUST Root Class 3 CA 2 2009",
    "certum-1": "CN=Certum Trusted Network CA",
    "certum-2": "CN=Certum Trusted Network CA 2",
    "actalis": "CN=Actalis Authentication Root CA",
    "harica-rsa-21": "CN=HARICA TLS RSA Root CA 2021",
}


def _name(certificate):
    """The subject as one line of ASCII, most specific part first."""
    return certificate.subject.rfc4514_string().replace("\\", "")


def cut():
    """{name: (DER bytes, last valid day, subject)} of CHOSEN, in its order; UserError when certifi has not
    exactly one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one old root (not chosen) has a negative serial number
        store = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
    subjects = [(_name(one), one) for one in store]
    found = {}
    for name, part in CHOSEN.items():
        fits = [(text, one) for text, one in subjects if part in text.split(",")]
        if len(fits) != 1:
            raise UserError(
                "certifi %s has %d roots with %r; choose another in tools/build/roots.py"
                % (certifi.__version__, len(fits), part)
            )
        text, one = fits[0]
        found[name] = one.public_bytes(Encoding.DER), one.not_valid_after_utc.date(), text
    total = sum(len(der) for der, _, _ in found.values())
    if total > MOST_BYTES:
        raise UserError(
            "the roots take %d bytes, more than the %d a device spares; leave some out" % (total, MOST_BYTES)
        )
    return found


def index(roots):
    """Text of index.txt."""
    lines = [
        "# CA roots from certifi %s, most used first: name, last valid day, SHA-256 of the DER file, subject"
        % certifi.__version__
    ]
    lines += [
        "%s %s %s %s"
        % (name, day, hashlib.sha256(der).hexdigest(), subject.encode("ascii", "replace").decode())
        for name, (der, day, subject) in roots.items()
    ]
    return "\n".join(lines) + "\n"


def app(folder: Path = typer.Option(FOLDER, help="where to write; its old content is removed")):
    """Cut the CA roots from certifi into DER files."""
    roots = cut()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, (der, _, _) in roots.items():
        (folder / (name + ".der")).write_bytes(der)
    (folder / "index.txt").write_text(index(roots))
    print("%s: %d roots, %d bytes" % (folder, len(roots), sum(len(der) for der, _, _ in roots.values())))
