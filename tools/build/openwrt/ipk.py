# SPDX-License-Identifier: MIT
"""Writes an .ipk: a gzip'd tar of debian-binary, data.tar.gz and control.tar.gz, as opkg takes it.

Same input and epoch, same bytes: members in order, owners 0:0 without names, one time stamp, gzip without
name or time."""

import io
import tarfile

from . import squeeze

_STUB = (
    '#!/bin/sh\n[ "${IPKG_NO_SCRIPT}" = "1" ] && exit 0\n[ -s ${IPKG_INSTROOT}/lib/functions.sh ] || exit 0\n'
    ". ${IPKG_INSTROOT}/lib/functions.sh\ndefault_%s $0 $@\n"
)


def control(recipe, epoch):
    """The control file's text; a feed's Packages repeats it."""
    lines = [
        ("Package", recipe.name),
        ("Version", recipe.version),
        ("Depends", ", ".join(recipe.depends)),
        ("Conflicts", ", ".join(recipe.replaces)),
        ("Replaces", ", ".join(recipe.replaces)),
        ("Provides", ", ".join(recipe.provides)),
        ("License", recipe.license),
        ("Section", recipe.section),
        ("Require-User", recipe.user),
        ("SourceDateEpoch", str(epoch)),
        ("Maintainer", recipe.maintainer),
        ("Architecture", "all"),
        ("Installed-Size", str(recipe.size())),
        ("Description", "%s\n %s" % (recipe.title, recipe.description.replace("\n", "\n "))),
    ]
    return "".join("%s: %s\n" % line for line in lines if line[1])


def _tar(members, epoch):
    """members: [("./path", mode, bytes or None for a folder)] -> tar bytes (GNU, as busybox and opkg read
    it)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, mode, data in members:
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = mode, epoch
            if data is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data or b""))
    return out.getvalue()


def build(recipe, epoch):
    """The bytes of the package file."""
    members = [("./", 0o755, None)]
    rows = [(folder, 0o755, None) for folder in recipe.folders()]
    rows += [(entry.path, entry.mode, entry.data) for entry in recipe.entries]
    # folders first, then files of a kind together: deflate looks back 32 KB
    rows.sort(key=lambda row: (row[2] is not None, row[2] and row[0].rpartition(".")[2], row[0]))
    members += [("." + path + ("/" if data is None else ""), mode, data) for path, mode, data in rows]
    scripts = [
        ("./control", 0o644, control(recipe, epoch)),
        ("./postinst", 0o755, _STUB % "postinst"),
        ("./prerm", 0o755, _STUB % "prerm"),
    ]
    if recipe.conffiles:
        scripts.append(("./conffiles", 0o644, "\n".join(recipe.conffiles) + "\n"))
    if recipe.postinst:
        scripts.append(("./postinst-pkg", 0o755, recipe.postinst))
    if recipe.postrm:
        scripts.append(("./postrm", 0o755, recipe.postrm))
    scripts = [("./", 0o755, None)] + [(name, mode, text.encode()) for name, mode, text in sorted(scripts)]
    return squeeze.gzip(
        _tar(
            [
                ("./debian-binary", 0o644, b"2.0\n"),
                ("./data.tar.gz", 0o644, squeeze.gzip(_tar(members, epoch))),
                ("./control.tar.gz", 0o644, squeeze.gzip(_tar(scripts, epoch))),
            ],
            epoch,
        )
    )


def filename(recipe):
    """As OpenWrt's feeds name it."""
    return "%s_%s_all.ipk" % (recipe.name, recipe.version)
