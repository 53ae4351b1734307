# SPDX-License-Identifier: MIT
"""Stand-ins for opkg and apk: what each does with packages that need, provide and replace others. Both were
held against the real programs (opkg-lede 38eccbb, apk-tools 3 of June 2026) with this project's packages of
0.1.0 and of today.

A manager lays files out below a root folder. Refused: it changes nothing and says why."""

import json
from dataclasses import dataclass, field

from host_tests.openwrt import readers
from tools import ROOT

OLD = json.loads((ROOT / "host_tests/openwrt/data/packages-0.1.0.json").read_text())


class Refused(Exception):
    pass


@dataclass
class Package:
    """depends: {name: version or ""}; files: {path: (mode, content)}."""

    name: str
    version: str
    depends: dict = field(default_factory=dict)
    provides: list = field(default_factory=list)
    conflicts: list = field(default_factory=list)
    replaces: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    conffiles: list = field(default_factory=list)


def _files(found):
    return {path: (file.mode, file.data) for path, file in found.items() if file.data is not None}


def from_ipk(data):
    """A Package of today's."""
    ipk = readers.read_ipk(data)
    lists = {
        key: [word for word in ipk.control.get(key, "").split(", ") if word]
        for key in ("Depends", "Provides", "Conflicts", "Replaces")
    }
    conffiles = ipk.scripts["conffiles"].data.decode().split() if "conffiles" in ipk.scripts else []
    return Package(
        ipk.control["Package"],
        ipk.control["Version"],
        dict.fromkeys(lists["Depends"], ""),
        lists["Provides"],
        lists["Conflicts"],
        lists["Replaces"],
        _files(ipk.files),
        conffiles,
    )


def from_apk(data):
    """The same out of an .apk, where a provided name has a version."""
    apk = readers.read_apk(data)
    return Package(
        apk.info["name"],
        apk.info["version"],
        dict.fromkeys(apk.info["depends"], ""),
        [name.partition("=")[0] for name in apk.info["provides"]],
        [],
        apk.info["replaces"],
        _files(apk.files),
    )


def old(name):
    """A package of 0.1.0: its real list of files, none of their contents."""
    row = OLD[name]
    depends = {}
    for text in row["depends"]:
        needed, _, version = text.rstrip(")").partition(" (=")
        depends[needed] = version
    files = {path: (int(mode, 8), b"0.1.0 of " + path.encode()) for path, mode in row["files"].items()}
    return Package(
        name,
        row["version"],
        depends,
        files=files,
        conffiles=["/etc/config/wanbeacon"] if name == "wanbeacon" else [],
    )


class Manager:
    """installed: {name: Package}; feed: packages that are fetched when another needs them."""

    def __init__(self, root, feed=()):
        self.root, self.feed, self.installed = root, list(feed), {}

    def _provider(self, name):
        """Who has that name, or provides it: installed, else of the feed."""
        for pool in (self.installed.values(), self.feed):
            found = [one for one in pool if one.name == name] or [one for one in pool if name in one.provides]
            if found:
                return sorted(found, key=lambda one: one.name)[-1]  # opkg: the last by name
        raise Refused("unsatisfied dependency: %s" % name)

    def _unpack(self, package):
        before = self.installed.get(package.name)
        for path, (mode, data) in package.files.items():
            target = self.root / path.lstrip("/")
            if path in package.conffiles and target.exists():
                continue  # as it is after a change; the new one would land beside it
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(mode)
        self.installed[package.name] = package
        if before:
            self._delete(set(before.files) - set(package.files))

    def _delete(self, paths):
        kept = {path for one in self.installed.values() for path in one.files}
        for path in paths - kept:
            (self.root / path.lstrip("/")).unlink(missing_ok=True)

    def remove(self, *names):
        """Whatever depends on them."""
        for name in names:
            self._delete(set(self.installed.pop(name).files))


class Opkg(Manager):
    """Versions that other packages ask for are not heeded; a package that conflicts with another and replaces
    it takes its place."""

    def install(self, *packages):
        for package in packages:
            for name in package.depends:
                found = self._provider(name)
                if found.name not in self.installed and found is not package:
                    self.install(found)
            replaced = [
                name for name in package.conflicts if name in package.replaces and name in self.installed
            ]
            for one in list(self.installed.values()):
                clash = one.name in package.conflicts or package.name in one.conflicts
                if clash and one.name not in replaced and one.name != package.name:
                    raise Refused("%s conflicts with %s" % (package.name, one.name))
                taken = set(one.files) & set(package.files)
                if one.name not in (package.name, *replaced) and taken:
                    raise Refused("%s: %s belongs to %s" % (package.name, min(taken), one.name))
            self._unpack(package)
            self.remove(*replaced)


class Apk(Manager):
    """A package that was added as a file is pinned to that very file until it is deleted; the whole state
    fits or nothing changes."""

    def __init__(self, root, feed=()):
        super().__init__(root, feed)
        self.pinned = set()

    def install(self, *packages):
        state = {**self.installed, **{one.name: one for one in packages}}
        pinned = self.pinned | {one.name for one in packages}
        for one in list(state.values()):
            for name in one.provides:  # with a version: one provider at a time
                if name in state and state[name] is not one:
                    if name in pinned:
                        raise Refused("unable to select packages: %s breaks: world[%s]" % (one.name, name))
                    del state[name]
        for one in list(state.values()):
            for name, version in one.depends.items():
                found = state.get(name)
                if found and version and found.version != version:
                    raise Refused(
                        "unable to select packages: %s satisfies: %s[%s=%s]" % (name, one.name, name, version)
                    )
                if not found and not any(name in other.provides for other in state.values()):
                    provider = self._provider(name)
                    state[provider.name] = provider
        gone = set(self.installed) - set(state)
        for one in state.values():
            if self.installed.get(one.name) is not one:
                self._unpack(one)
        self.remove(*gone)
        self.pinned = pinned

    def remove(self, *names):
        super().remove(*names)
        self.pinned -= set(names)


def base():
    """What OpenWrt's own feed has for us to depend on."""
    return [
        Package("libc", "1"),
        Package("ca-bundle", "1"),
        Package("luci-base", "1"),
        Package("micropython-mbedtls", "1", provides=["micropython"], conflicts=["micropython-nossl"]),
        Package("micropython-nossl", "1", provides=["micropython"]),
    ]


def whole(root, package):
    """What of the package's files is not as it should be; names, best none."""
    wrong = []
    for path, (_, data) in package.files.items():
        file = root / path.lstrip("/")
        if path not in package.conffiles and (not file.exists() or file.read_bytes() != data):
            wrong.append(path)
    return wrong
