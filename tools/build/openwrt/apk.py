# SPDX-License-Identifier: MIT
"""Writes an .apk of version 3 ("ADB"), as apk-tools 3 takes it on OpenWrt 25.12 and later.

An ADB payload is a tree of values, each one little-endian word: 4 bits of type, 28 bits of value or of offset
from the payload's start. Field numbers are apk-tools' (src/apk_adb.h). The file: "ADB." and the schema's
name, then blocks (payload, signature, one for each file's content), here packed as "ADBd" and raw deflate."""

import hashlib
import struct

from . import squeeze

_INT, _INT32, _BLOB8, _BLOB16, _BLOB32, _ARRAY, _OBJECT = (
    n << 28 for n in (0x1, 0x2, 0x8, 0x9, 0xA, 0xD, 0xE)
)
_ADB, _SIG, _DATA = 0, 1, 2
_SCHEMA = b"pckg"
ID_SIZE = 16

# object -> field numbers used here
_PACKAGE = {"info": 1, "paths": 2, "scripts": 3}
_INFO = {
    "name": 1,
    "version": 2,
    "id": 3,
    "description": 4,
    "arch": 5,
    "license": 6,
    "origin": 7,
    "maintainer": 8,
    "size": 0xC,
    "depends": 0xF,
    "provides": 0x10,
    "replaces": 0x11,
}
_FOLDER = {"name": 1, "acl": 2, "files": 3}
_FILE = {"name": 1, "acl": 2, "size": 3, "mtime": 4, "sha256": 5}
_ACL = {"mode": 1, "user": 2, "group": 3}
_DEPENDENCY = {"name": 1, "version": 2}  # without a third field a version means this very one
_SCRIPTS = {"post-install": 3, "pre-deinstall": 4, "post-deinstall": 5, "post-upgrade": 7}


class Payload:
    """Grows an ADB payload; every put_* returns the word that stands for the value."""

    def __init__(self):
        self.data = bytearray(8)  # versions 0, 0; then the root's word
        self.seen = {}  # apk-tools, too, stores equal values once

    def _put(self, raw, align):
        if (raw, align) not in self.seen:
            self.data += bytes(-len(self.data) % align)
            self.seen[raw, align] = len(self.data)
            self.data += raw
        return self.seen[raw, align]

    def number(self, value):
        """An unsigned number of up to 32 bits."""
        return _INT | value if value < 1 << 28 else _INT32 | self._put(struct.pack("<I", value), 4)

    def blob(self, value):
        """bytes or text; an empty one is the null word."""
        value = value.encode() if isinstance(value, str) else value
        if not value:
            return 0
        if len(value) < 1 << 8:
            return _BLOB8 | self._put(bytes([len(value)]) + value, 1)
        if len(value) < 1 << 16:
            return _BLOB16 | self._put(struct.pack("<H", len(value)) + value, 2)
        return _BLOB32 | self._put(struct.pack("<I", len(value)) + value, 4)

    def object(self, fields, **values):
        """An object: the slot of each field by its number; null slots at the end are left out."""
        slots = [0] * max(fields.values())
        for name, word in values.items():
            slots[fields[name] - 1] = word
        while slots and not slots[-1]:
            slots.pop()
        return _OBJECT | self._words(slots) if slots else 0

    def array(self, words):
        """A list of words."""
        return _ARRAY | self._words(words) if words else 0

    def _words(self, words):
        return self._put(struct.pack("<%dI" % (len(words) + 1), len(words) + 1, *words), 4)

    def finish(self, root):
        """The payload with its root set."""
        struct.pack_into("<I", self.data, 4, root)
        return bytes(self.data)


def _scripts(recipe):
    """What OpenWrt's build system writes around a package's own script (include/package-pack.mk)."""
    start = (
        "[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0\n. ${IPKG_INSTROOT}/lib/functions.sh\n"
        'export root="${IPKG_INSTROOT}"\nexport pkgname="%s"\n' % recipe.name
    )
    install = '[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0\n%sadd_group_and_user\ndefault_postinst\n%s' % (
        start,
        recipe.postinst.removeprefix("#!/bin/sh\n"),
    )
    found = {
        "post-install": "#!/bin/sh\n" + install,
        "post-upgrade": "#!/bin/sh\nexport PKG_UPGRADE=1\n" + install,
        "pre-deinstall": "#!/bin/sh\n%sdefault_prerm\n" % start,
    }
    if recipe.postrm:
        found["post-deinstall"] = recipe.postrm
    return found


def _with_lists(recipe):
    """The package's files and those that stand for opkg's metadata on an apk system
    (/lib/apk/packages/NAME.*)."""
    from .recipe import Entry

    base = "/lib/apk/packages/%s." % recipe.name
    files = {entry.path: entry for entry in recipe.entries}
    lists = {"list": sorted(files)}
    if recipe.conffiles:
        lists["conffiles"] = recipe.conffiles
        lists["conffiles_static"] = [
            "%s %s" % (path, hashlib.sha256(files[path].data).hexdigest()) for path in recipe.conffiles
        ]
    if recipe.user:
        lists["rusers"] = recipe.user.split()
    extra = [Entry(base + kind, 0o644, ("\n".join(lines) + "\n").encode()) for kind, lines in lists.items()]
    return sorted(recipe.entries + extra, key=lambda entry: entry.path)


def _dependency(out, name, version=""):
    return out.object(_DEPENDENCY, name=out.blob(name), version=out.blob(version))


def _payload(recipe, entries, epoch, unique):
    out = Payload()
    tree = {"": []}
    for entry in entries:
        folder, name = entry.path.strip("/").rsplit("/", 1)
        parts = folder.split("/")
        for i in range(len(parts)):
            tree.setdefault("/".join(parts[: i + 1]), [])
        tree[folder].append((name, entry))

    def acl(mode):
        return out.object(_ACL, mode=out.number(mode), user=out.blob("root"), group=out.blob("root"))

    folders, order = [], []
    for folder in sorted(tree):
        files = []
        for name, entry in sorted(tree[folder]):
            files.append(
                out.object(
                    _FILE,
                    name=out.blob(name),
                    acl=acl(entry.mode),
                    size=out.number(len(entry.data)),
                    mtime=out.number(epoch),
                    sha256=out.blob(hashlib.sha256(entry.data).digest()),
                )
            )
            order.append((len(folders) + 1, len(files), entry.data))
        folders.append(out.object(_FOLDER, name=out.blob(folder), acl=acl(0o755), files=out.array(files)))
    info = out.object(
        _INFO,
        name=out.blob(recipe.name),
        version=out.blob(recipe.version),
        id=out.blob(unique),
        description=out.blob(recipe.title),
        arch=out.blob("noarch"),
        license=out.blob(recipe.license),
        origin=out.blob(recipe.name),
        maintainer=out.blob(recipe.maintainer),
        size=out.number(max(1, sum(len(e.data) for e in entries))),
        depends=out.array([_dependency(out, name) for name in recipe.depends]),
        # apk-tools installs one provider of a name that has a version: the former package goes
        provides=out.array([_dependency(out, name, recipe.version) for name in sorted(recipe.provides)]),
        replaces=out.array([_dependency(out, name) for name in sorted(recipe.replaces)]),
    )
    scripts = out.object(_SCRIPTS, **{name: out.blob(text) for name, text in _scripts(recipe).items()})
    root = out.object(_PACKAGE, info=info, paths=out.array(folders), scripts=scripts)
    return out.finish(root), order


def _block(kind, data):
    size = 4 + len(data)
    return struct.pack("<I", kind << 30 | size) + data + bytes(-size % 8)


def build(recipe, epoch, sign=None):
    """The bytes of the package file. sign: keys.ApkKey, or None for an unsigned package.

    Unsigned packages of one recipe and epoch are identical; of signed ones all but the signature block is,
    unless openssl signs deterministically (3.2 and later)."""
    entries = _with_lists(recipe)
    # the unique id is the hash of the payload with that very field zeroed, so it is built twice
    blank, _ = _payload(recipe, entries, epoch, bytes(20))
    payload, order = _payload(recipe, entries, epoch, hashlib.sha256(blank).digest()[:20])
    blocks = [_block(_ADB, payload)]
    if sign:
        head = b"\x00\x04" + sign.id  # signature version 0, hash 4 = SHA-512
        signed = _SCHEMA + head + hashlib.sha512(payload).digest()
        blocks.append(_block(_SIG, head + sign.signature(signed)))
    for folder, file, data in order:
        if data:
            blocks.append(_block(_DATA, struct.pack("<II", folder, file) + data))
    return b"ADBd" + squeeze.raw(b"ADB." + _SCHEMA + b"".join(blocks))


def filename(recipe):
    """As OpenWrt's feeds name it (no architecture)."""
    return "%s-%s.apk" % (recipe.name, recipe.version)
