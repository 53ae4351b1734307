# SPDX-License-Identifier: MIT
"""`os` of the emulated ESP32: only what that port has; no environment, no shell."""

import os as _os

import vfs as _vfs

VfsFat = _vfs.VfsFat
VfsLfs2 = _vfs.VfsLfs2
mount = _vfs.mount
umount = _vfs.umount
chdir = _os.chdir
getcwd = _os.getcwd
ilistdir = _os.ilistdir
listdir = _os.listdir
mkdir = _os.mkdir
remove = _os.remove
rename = _os.rename
rmdir = _os.rmdir
stat = _os.stat
statvfs = _os.statvfs
unlink = _os.unlink
urandom = _os.urandom


def dupterm(stream=None, index=0):
    return None


def dupterm_notify(stream):
    pass


def sync():
    pass


def uname():
    import collections

    kind = collections.namedtuple("uname", ("sysname", "nodename", "release", "version", "machine"))
    return kind("esp32", "esp32", "1.23.0", "v1.23.0 on 2024-06-02", "Generic ESP32 module with ESP32")
