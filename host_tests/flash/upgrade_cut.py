# SPDX-License-Identifier: MIT
# Runs under MicroPython: a board's upgrade, its start on trial and its confirmation, with the power cut at
# each operation of the flash; then a second upgrade into the folder of the first version; then one that does
# not confirm itself and is taken back, with a note of why.
# usage: micropython upgrade_cut.py BUNDLE_FOLDER [careless] [3 1]      (as power_cut.py)
# 3 1: only every third operation, from the second one on.
# BUNDLE_FOLDER holds main.py, key, and old, one.bundle, two.bundle (two upgrades) with one file list each
# (old.list...). Prints the number of cut points, or the first cut after which no whole version would start;
# exit status 1 then.
import gc
import hashlib
import sys

import ram_flash
import vfs
from wanbeacon.app import upgrade, upgrade_bundle, upgrade_trial

FOLDER = sys.argv[1]
EVERY, FIRST = [int(word) for word in sys.argv[2:] if word.isdigit()] or (1, 0)
CARELESS = "careless" in sys.argv  # names the new version before its files are there: this must be found out
ram_flash.Flash.SIZE = 262144
upgrade_bundle.SPARE = 8192


def read(name):
    with open(FOLDER + "/" + name, "rb") as f:
        return f.read()


MAIN = read("main.py").decode().split("home, trial = slot()")[0]
KEY = [read("key")]
LISTS = {
    name: [line.split() for line in read(name + ".list").decode().split("\n") if line]
    for name in ("old", "one", "two")
}
BUNDLES = {name: read(name + ".bundle") for name in ("one", "two")}
OLD = {path: read("old/" + path.replace("/", "_")) for path, _, _ in LISTS["old"]}
boot = {}
exec(MAIN, boot)


def mount(data=None):
    flash = ram_flash.Flash(4096, data)
    if data is None:
        vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/")
    return flash


def install():
    """The flash of a board with the old version, installed over the cable."""
    flash = mount()
    upgrade_bundle.make("/lib")
    for path in OLD:
        at = path.find("/")
        while at > 0:
            upgrade_bundle.make("/lib/" + path[:at])
            at = path.find("/", at + 1)
        with open("/lib/" + path, "wb") as f:
            f.write(OLD[path])
    vfs.umount("/")
    return bytes(flash.data)


def whole(folder):
    """The name of the version that lies whole in a folder, None if none does."""
    for name in LISTS:
        try:
            for path, _, digest in LISTS[name]:
                with open(folder + "/" + path, "rb") as f:
                    if hashlib.sha256(f.read()).digest() != bytes.fromhex(digest):
                        break
            else:
                return name
        except OSError:
            pass
    return None


class Device:
    """What upgrade_trial.begin asks of a board."""

    last_reason, failed = "upgrade: no tls", None

    def tell(self, *said):
        pass


def live(name, target, running, back=False):
    """What app/upgrade.py, main.py and upgrade_trial.py write, in order."""
    trial = {"run": target, "old": running, "state": "trial", "next": name, "newest": "1", "needs": "link"}
    if CARELESS:
        upgrade.keep(dict(trial, state="ok"))
    reader = upgrade_bundle.Reader(target, KEY)
    data = BUNDLES[name]
    for at in range(0, len(data), 512):
        reader.feed(data[at : at + 512])
    trial["next"] = reader.end()
    upgrade.keep(trial)
    boot["slot"]()
    if back:
        boot["slot"]()
        upgrade_trial.begin(Device())
        return
    rows = upgrade.facts()
    rows.update({"state": "ok", "newest": rows.pop("next")})
    rows.pop("needs")
    upgrade.keep(rows)


def cuts(name, before, target, running, data, back=False):
    """Cut points of one upgrade; the flash after it. AssertionError for a cut that leaves no whole
    version."""
    number, ops, count, complete = FIRST, FIRST + 1, 0, None
    while number < ops:
        for how in ("none",) if complete is None else ("before", "torn", "after"):
            flash = mount(data)
            flash.cut_at(-1 if how == "none" else number, how)
            try:
                live(name, target, running, back)
            except (
                OSError,
                upgrade.Refused,
                ValueError,
                KeyError,
            ):  # what is read back is not what was written
                pass
            vfs.umount("/")
            if how == "none":
                ops, complete = flash.ops, bytes(flash.data)
                continue
            count += 1
            flash = mount(flash.data)
            for start in range(3):  # nobody confirms: from the third start on it stays as it is
                folder, _ = boot["slot"]()
                there = whole(folder)
                where = "%s: cut %s operation %d of %d, start %d: %s" % (
                    name,
                    how,
                    number + 1,
                    ops,
                    start + 1,
                    folder,
                )
                assert there in (before, name), where
            assert upgrade.facts().get("state", "ok") == "ok", where
            vfs.umount("/")
            gc.collect()
        if how != "none":
            number += EVERY
    flash = mount(complete)
    folder, stays = (running, before) if back else (target, name)
    assert boot["slot"]()[0] == folder and whole(folder) == stays
    assert not back or upgrade.facts()["why"] == Device.last_reason
    vfs.umount("/")
    return count, ops, complete


vfs.umount("/")
at = install()
first, ops1, at = cuts("one", "old", "/lib2", "/lib", at)
second, ops2, at = cuts("two", "one", "/lib", "/lib2", at)
third, ops3, at = cuts("one", "two", "/lib2", "/lib", at, True)
print("%d cut points of %d operations in three upgrades" % (first + second + third, ops1 + ops2 + ops3))
