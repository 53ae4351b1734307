# SPDX-License-Identifier: MIT
"""A feed Makefile (and LuCI's short form of it) to a Recipe: what the package is called, needs, holds and
runs.

Only the part of make's language that feed Makefiles use: `NAME:=value`, `define ... endef`, INSTALL_*
lines."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from ... import UserError

_MODES = {"INSTALL_BIN": 0o755, "INSTALL_DATA": 0o644, "INSTALL_CONF": 0o600}


@dataclass
class Entry:
    """One file of the package: path from the root ("/etc/x"), mode, content."""

    path: str
    mode: int
    data: bytes


@dataclass
class Recipe:
    """What both formats need. version has the release ("0.1.0-r1"); entries are files only, sorted by
    path."""

    name: str
    version: str
    title: str
    description: str
    section: str
    license: str
    maintainer: str
    depends: list
    user: str = ""
    provides: list = field(default_factory=list)
    replaces: list = field(default_factory=list)  # former packages: they go when this one comes
    conffiles: list = field(default_factory=list)
    postinst: str = ""
    postrm: str = ""
    entries: list = field(default_factory=list)

    def folders(self):
        """Every folder above the files, sorted, without the root."""
        found = set()
        for entry in self.entries:
            parts = entry.path.strip("/").split("/")[:-1]
            found.update("/" + "/".join(parts[: i + 1]) for i in range(len(parts)))
        return sorted(found)

    def size(self):
        """Bytes of all files (Installed-Size)."""
        return sum(len(entry.data) for entry in self.entries)


def _variables(text):
    found = dict(re.findall(r"^\s*([A-Z_]+):=(.*)$", text, re.M))
    return {key: value.strip() for key, value in found.items()}


def _block(text, name, of):
    found = re.search(r"^define Package/%s%s\n(.*?)^endef" % (re.escape(name), of), text, re.M | re.S)
    return found.group(1) if found else ""


def _depends(words):
    """`+micropython-mbedtls +ca-bundle` -> [ca-bundle, libc, micropython-mbedtls]; the build system adds libc
    to all."""
    return sorted({word.lstrip("+") for word in words.split()} | {"libc"})


def _shell(text):
    """A scriptlet as the shell sees it: make's $$ is one $."""
    return text.replace("$$", "$")


def read(makefile, build):
    """[Recipe, ...] of a feed Makefile. build: the folder that stands for $(PKG_BUILD_DIR)."""
    makefile = Path(makefile)
    text = makefile.read_text()
    top = _variables(text)
    if "luci.mk" in text:
        return [_luci(makefile, text, top)]
    names = re.findall(r"^\$\(eval \$\(call BuildPackage,(.+)\)\)$", text, re.M)
    return [_package(makefile, text, top, name, build) for name in names]


def _package(makefile, text, top, name, build):
    own = _variables(_block(text, name, ""))
    if own.get("CONFLICTS") != own.get("REPLACES"):
        raise UserError(
            "%s: opkg lets a package take another's place only where REPLACES and CONFLICTS name it"
            % makefile
        )
    recipe = Recipe(
        name=name,
        version="%s-r%s" % (top["PKG_VERSION"], top["PKG_RELEASE"]),
        title=own["TITLE"],
        description=_block(text, name, "/description").strip(),
        section=own["SECTION"],
        license=top["PKG_LICENSE"],
        maintainer=top["PKG_MAINTAINER"],
        depends=_depends(own["DEPENDS"]),
        user=own.get("USERID", ""),
        provides=own.get("PROVIDES", "").split(),
        replaces=own.get("REPLACES", "").split(),
        conffiles=_block(text, name, "/conffiles").split(),
        postinst=_shell(_block(text, name, "/postinst")),
        postrm=_shell(_block(text, name, "/postrm")),
    )
    recipe.entries = sorted(
        _installed(_block(text, name, "/install"), makefile.parent, Path(build)), key=lambda e: e.path
    )
    missing = set(recipe.conffiles) - {entry.path for entry in recipe.entries}
    if missing:
        raise UserError(
            "%s: conffiles names %s, which the package does not install" % (makefile, ", ".join(missing))
        )
    return recipe


def _installed(recipe, folder, build):
    """The files of an `install` recipe: INSTALL_BIN and its like set modes, CP copies a tree as data."""
    for line in recipe.splitlines():
        words = line.split()
        if not words or words[0] == "$(INSTALL_DIR)":
            continue
        kind, source, target = words[0][2:-1], words[1], words[2].replace("$(1)", "")
        file = folder / source.replace("$(PKG_BUILD_DIR)", str(build))
        if kind == "CP":
            yield from _tree(file, target.rstrip("/"))
        elif kind in _MODES:
            yield Entry(
                target + file.name if target.endswith("/") else target, _MODES[kind], file.read_bytes()
            )
        else:
            raise UserError(
                "the install recipe has %r, which is none of %s and CP" % (words[0], ", ".join(_MODES))
            )


def _tree(folder, target):
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield Entry("%s/%s" % (target, file.relative_to(folder).as_posix()), 0o644, file.read_bytes())


def _luci(makefile, text, top):
    """A LuCI application: root/ goes to /, htdocs/ to /www, as luci.mk does."""
    folder = makefile.parent
    entries = list(_tree(folder / "root", "")) + list(_tree(folder / "htdocs", "/www"))
    return Recipe(
        name=folder.name,
        version="%s-r%s" % (top["PKG_VERSION"], top["PKG_RELEASE"]),
        title=top["LUCI_TITLE"],
        description=top["LUCI_DESCRIPTION"],
        section="luci",
        license=top["PKG_LICENSE"],
        maintainer=top["PKG_MAINTAINER"],
        depends=_depends(top["LUCI_DEPENDS"]),
        # what luci.mk gives every application: LuCI's caches forget, rpcd reads the new access rules
        postinst='#!/bin/sh\n[ -n "${IPKG_INSTROOT}" ] || {\n\trm -f /tmp/luci-indexcache.*\n'
        "\trm -rf /tmp/luci-modulecache/\n\tkillall -HUP rpcd 2>/dev/null\n}\nexit 0\n",
        entries=sorted(entries, key=lambda e: e.path),
    )
