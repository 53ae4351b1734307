# SPDX-License-Identifier: MIT
"""A router to test in: a root file system out of the package's data, busybox and the stand-alone MicroPython,
entered by chroot in a network namespace; procd's part is played by Procd. Needs root."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from host_tests.openwrt import readers
from tools import CACHE, ROOT

UID = 391  # of user wanbeacon in the root file system
#: Programs that a Debian busybox has and OpenWrt's default build has not (its
#: package/utils/busybox/Config-defaults.in).
LACKING = {
    "base64",
    "comm",
    "getopt",
    "install",
    "nohup",
    "nproc",
    "od",
    "paste",
    "realpath",
    "setsid",
    "stat",
    "stty",
    "timeout",
    "tty",
    "unlink",
    "usleep",
    "whoami",
    "xxd",
}
PROGRAM = "/usr/bin/wanbeacon"
# private mounts, gone with the process: what a chroot needs to be a system. /dev/log is the test's own logd
_ENTER = (
    'for d in proc sys; do mount --rbind /$d "$1/$d"; done; mount -t tmpfs none "$1/dev"; '
    'for d in null zero full random urandom tty; do : >"$1/dev/$d"; mount --bind /dev/$d "$1/dev/$d"; done; '
    'ln -s /tmp/logd "$1/dev/log"; root=$1; user=$2; shift 2; '
    'exec chroot --userspec="$user" "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"'
)


def install(root, files):
    """Lays out a package's files as opkg would, owned by root."""
    for path, file in files.items():
        target = root / path.strip("/")
        if file.data is None:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.write_bytes(file.data)
        target.chmod(file.mode)


def build(root, ipks):
    """The root file system at `root` (an empty folder) from the bytes of our .ipk files."""
    root = Path(root)
    for folder in (
        "bin",
        "sbin",
        "lib",
        "lib64",
        "proc",
        "sys",
        "dev",
        "tmp",
        "root",
        "usr/bin",
        "usr/sbin",
        "etc/ssl/certs",
        "opt/micropython",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)
    (root / "var").symlink_to("tmp")
    (root / "tmp/run").mkdir()
    shutil.copytree(ROOT / "host_tests/openwrt/rootfs", root, dirs_exist_ok=True)
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for line in subprocess.run(["ldd", "/bin/busybox"], capture_output=True, text=True).stdout.splitlines():
        for word in line.split():
            if word.startswith("/"):
                target = root / word.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(word, target)
    for applet in subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True).stdout.split():
        path = root / "bin" / applet
        if applet not in LACKING and not path.exists() and not (root / "usr/bin" / applet).exists():
            path.symlink_to("busybox")
    (root / "usr/bin/env").symlink_to("/bin/busybox")
    unpacked = CACHE / "micropython-amd64/root/usr"
    libraries = unpacked / "lib/x86_64-linux-gnu"
    for file in [unpacked / "bin/micropython", *libraries.glob("*.so*")]:
        shutil.copy(file, root / "opt/micropython")
    micropython(root, True)
    (root / "etc/passwd").write_text(
        "root:x:0:0:root:/root:/bin/ash\nwanbeacon:x:%d:%d::/var/run/wanbeacon:/bin/false\n" % (UID, UID)
    )
    (root / "etc/group").write_text("root:x:0:\nwanbeacon:x:%d:\n" % UID)
    bundle(root)
    for ipk in ipks:
        install(root, readers.read_ipk(ipk).files)
    return root


def micropython(root, tls):
    """/usr/bin/micropython; without TLS it is as the package micropython-nossl: `import tls` fails.
    MICROPYPATH is passed on."""
    refuse = (
        ""
        if tls
        else 'case "$*" in *"import tls"*) echo "ImportError: no module named \'tls\'" >&2; exit 1 ;; esac\n'
    )
    file = root / "usr/bin/micropython"
    file.write_text(
        "#!/bin/sh\n%sexec /opt/micropython/ld-linux-x86-64.so.2 --library-path /opt/micropython "
        '/opt/micropython/micropython "$@"\n' % refuse
    )
    file.chmod(0o755)


def bundle(root, names=None):
    """/etc/ssl/certs/ca-certificates.crt with our roots (all, or those named) as the package ca-bundle has
    them."""
    import base64

    parts = []
    for der in sorted((ROOT / "firmware/catalogue/roots").glob("*.der")):
        if names is None or der.stem in names:
            text = base64.encodebytes(der.read_bytes()).decode()
            parts.append(
                "# %s\n-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % (der.stem, text)
            )
    (root / "etc/ssl/certs/ca-certificates.crt").write_text("\n".join(parts))


class Logd:
    """A stand-in for logd: .lines has (priority, text) of each datagram that came to /dev/log."""

    def __init__(self, path):
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        path.chmod(0o666)
        threading.Thread(target=self._read, args=(self.socket,), daemon=True).start()

    def _read(self, source):
        while True:
            try:
                data = source.recv(4096)
            except OSError:
                return
            if not data:  # from close()
                return
            number, _, text = data.decode().partition(">")
            self.lines.append((int(number[1:]), text))

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Router:
    """Runs things inside: sh() for a command, procd for the service. settings(text) writes
    /etc/config/wanbeacon."""

    def __init__(self, root, namespace):
        self.root, self.namespace = Path(root), namespace
        self.procd = Procd(self)
        self.logd = Logd(self.root / "tmp/logd")

    def argv(self, user, *command):
        """The host's command line that runs `command` inside as user "UID:GID"."""
        enter = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        return [*enter, "unshare", "-m", "sh", "-c", _ENTER, "sh", str(self.root), user, *command]

    def run(self, *command, user="0:0", timeout=60):
        """A finished command: .returncode, .stdout, .stderr."""
        return subprocess.run(self.argv(user, *command), capture_output=True, text=True, timeout=timeout)

    def sh(self, script, **more):
        """A line of shell, by the router's own ash."""
        return self.run("/bin/ash", "-c", script, **more)

    def ours(self, *words, **more):
        """`wanbeacon WORDS`."""
        return self.run(PROGRAM, *words, **more)

    def path(self, name):
        return self.root / name.lstrip("/")

    def settings(self, text):
        """What the user writes."""
        file = self.path("/etc/config/wanbeacon")
        file.write_text(text)
        file.chmod(0o600)

    def status(self):
        """The status document, {} while there is none."""
        try:
            return json.loads(self.path("/var/run/wanbeacon/status.json").read_text())
        except (OSError, ValueError):
            return {}

    def wait(self, test, seconds=8):
        """The first true value of test(status); AssertionError with the agent's log when it never comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = test(self.status())
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(
            "never came; the log:\n%s\nthe status: %s" % (self.procd.log(), json.dumps(self.status())[:3000])
        )


class Procd:
    """What procd would do with what the init script tells it: start, keep on an unchanged reload, restart,
    stop."""

    def __init__(self, router):
        self.router, self.process, self.shape = router, None, None
        self.output = None

    def call(self, action):
        """/etc/init.d/wanbeacon ACTION, and what follows from it. Returns the finished script."""
        done = self.router.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", action)
        self._follow()
        return done

    def service(self):
        """What the script told: {"params": {name: words}, "triggers": [words]}; params is {} without an
        instance."""
        found = {"params": {}, "triggers": []}
        file = self.router.path("/tmp/procd/service")
        for line in file.read_text().splitlines() if file.exists() else ():
            word, *rest = line.split()
            if word == "param":
                found["params"][rest[0]] = rest[1:]
            elif word == "trigger":
                found["triggers"].append(rest)
        return found

    def _follow(self):
        params = self.service()["params"]
        if not params:
            return self.stop()
        content = self.router.path(params["file"][0]).read_bytes()
        shape = (params["command"], params.get("env"), hashlib.md5(content).hexdigest())
        if self.process and self.process.poll() is None and shape == self.shape:
            return None
        self.stop()
        self.shape = shape
        assert params["user"] == ["wanbeacon"] and params["group"] == ["wanbeacon"]
        self.output = open(self.router.root.parent / "agent.log", "a")  # noqa: SIM115 (open as long as the process)
        # no_new_privs is heeded by ujail alone, and there is none (procd: service/instance.c)
        argv = self.router.argv("%d:%d" % (UID, UID), *params["command"])
        self.process = subprocess.Popen(argv, stdout=self.output, stderr=self.output)
        return None

    def stop(self, number=15):
        """SIGTERM, as procd sends it."""
        if self.process:
            if self.process.poll() is None:
                self.process.send_signal(number)
            self.process.wait(10)
            self.output.close()
            self.process = None

    def restart(self):
        """The process anew, though nothing has changed (respawn after a crash)."""
        self.stop()
        self._follow()

    def pid(self):
        return self.process.pid if self.process and self.process.poll() is None else None

    def log(self):
        """All that the agent has said so far, over restarts: to procd, and to logd."""
        file = self.router.root.parent / "agent.log"
        return (file.read_text() if file.exists() else "") + "\n".join(
            text for _, text in self.router.logd.lines
        )


def owner(path):
    """(uid, gid, mode) of a file."""
    stat = os.stat(path)
    return stat.st_uid, stat.st_gid, stat.st_mode & 0o7777


@contextlib.contextmanager
def installed(ipks, namespace):
    """A Router with these packages, gone at the end. Its path is short: unix sockets in it have 107 bytes for
    theirs."""
    with tempfile.TemporaryDirectory(prefix="wbow-") as folder:
        os.chmod(folder, 0o755)  # the agent's user has to pass
        root = Path(folder, "root")
        root.mkdir()
        made = Router(build(root, ipks), namespace)
        yield made
        made.procd.stop()
        made.logd.close()
