# SPDX-License-Identifier: MIT
"""The Debian packages that tests need, and their installation: `python -m tools.debian`, a step of `make
test`.

The one table of them is PACKAGES. apt is asked only when something is missing and we are root; services that
a package brings are never started. Outside CI a package that cannot be had is reported and its tests are
skipped."""

import glob
import os
import shutil
import subprocess
import sys

from . import in_ci, interpreters

# package -> (what proves that it is there: a program's name, or a file (glob) when it starts with "/"; who
# needs it)
PACKAGES = {
    "iproute2": ("ip", "host, netlab: network namespaces"),
    "bind9-dnsutils": ("dig", "host: the provider lab's DNS"),
    "bind9": ("named", "netlab: whoami, RFC 2136"),
    "knot": ("knotd", "host: RFC 2136"),
    "pdns-server": ("pdns_server", "host: RFC 2136"),
    "pdns-backend-sqlite3": (
        "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
        "host: PowerDNS keeps its zones there",
    ),
    "miniupnpd-nftables": ("miniupnpd", "netlab: NAT-PMP, PCP, UPnP against a real router"),
    "nftables": ("nft", "netlab: NAT"),
    "coturn": ("turnserver", "netlab: STUN"),
    "radvd": ("radvd", "netlab: router advertisements"),
    "dnsmasq-base": ("dnsmasq", "netlab: router advertisements, DHCPv6"),
    "isc-dhcp-client": ("dhclient", "netlab: a host at home with a DHCPv6 lease"),
    "udhcpd": ("udhcpd", "netlab: a line whose address changes"),
    "udhcpc": ("udhcpc", "netlab: a line whose address changes"),
    "busybox": ("busybox", "openwrt: the shell and applets of a router"),
    "systemd": ("systemd-analyze", "openwrt: the unit of `make install`"),
    "shellcheck": ("shellcheck", "lint: init scripts"),
    "inadyn": ("inadyn", "host: other clients graded by the provider lab"),
    "ddclient": ("ddclient", "host: other clients graded by the provider lab"),
    "libio-socket-ssl-perl": ("/usr/share/perl5/IO/Socket/SSL.pm", "host: ddclient has no TLS without it"),
    "faketime": ("faketime", "host: a clock that is not set"),
    "mosquitto": ("mosquitto", "host: MQTT, fleets"),
    "chromium": ("chromium", "board: the status page in a real browser"),
    "npm": ("npm", "board: ESP Web Tools for the installer's page"),
    "debian-archive-keyring": (
        "/usr/share/keyrings/debian-archive-keyring.gpg",
        "shared: MicroPython 1.25, 64 and 32 bit",
    ),
}

_POLICY = "/usr/sbin/policy-rc.d"
#: exit 101 is how Debian policy says "do not start this service" (invoke-rc.d(8)).
_DENY = "#!/bin/sh\n# for the time of an installation by `make test`: no service is to start\nexit 101\n"
#: A stuck mirror must not eat CI's time.
_APT_S = 480


def there(probe):
    """True when the program (also in sbin, which a user's PATH may lack) or file is on this machine."""
    if probe.startswith("/"):
        return bool(glob.glob(probe))
    return find(probe) is not None


def find(program):
    """Full path of a program, looking in the sbin folders too; None when it is not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"
    return shutil.which(program, path=path)


def package_of(program):
    """The Debian package that brings `program`; the program's own name when the table does not know it."""
    for package, (probe, _) in PACKAGES.items():
        if probe == program:
            return package
    return program


def missing():
    """The packages of the table whose proof is not on this machine."""
    return [name for name, (probe, _) in PACKAGES.items() if not there(probe)]


def _apt(*args):
    """One apt-get call that asks nothing; returns None or the last words of its error."""
    env = dict(
        os.environ,
        DEBIAN_FRONTEND="noninteractive",
        DEBCONF_NONINTERACTIVE_SEEN="true",
        NEEDRESTART_MODE="l",
        UCF_FORCE_CONFFOLD="1",
        APT_LISTCHANGES_FRONTEND="none",
    )
    try:
        done = subprocess.run(
            [
                "apt-get",
                "-qq",
                "-y",
                "-o",
                "Dpkg::Use-Pty=0",
                "-o",
                "Dpkg::Options::=--force-confold",
                "-o",
                "DPkg::Lock::Timeout=120",
                *args,
            ],
            env=env,
            stdin=subprocess.DEVNULL,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_APT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stderr.strip().splitlines() or ["apt-get failed"])[-1] if done.returncode else None


def _install(packages):
    """Installs them with service starts forbidden; returns {package: why not}."""
    ours = not os.path.lexists(_POLICY)  # somebody else's policy (a container's) is left alone
    if ours:
        with open(_POLICY, "w") as file:
            file.write(_DENY)
        os.chmod(_POLICY, 0o755)
    try:
        why = _apt("update")
        if why:
            print("wanbeacon: apt-get update: " + why, file=sys.stderr)
        if _apt("install", "--no-install-recommends", *packages) is None:
            return {}
        # One name that this release does not have must not cost all the others.
        return {name: why for name in packages if (why := _apt("install", "--no-install-recommends", name))}
    finally:
        if ours:
            os.unlink(_POLICY)


def main():
    """Exit status: 0, or 1 in CI when something is missing at the end."""
    wanted = missing()
    failed = {}
    if wanted and not shutil.which("apt-get"):
        failed = dict.fromkeys(wanted, "no apt-get on this machine")
    elif wanted and os.getuid() != 0:
        print(
            "wanbeacon: some tests will be skipped; to run them too: sudo apt-get install " + " ".join(wanted)
        )
        failed = dict.fromkeys(wanted, "not root")
    elif wanted:
        print("wanbeacon: installing for the tests: " + " ".join(wanted), flush=True)
        failed = _install(wanted)
        failed.update(
            (name, "installed, but %s is not there" % PACKAGES[name][0])
            for name in missing()
            if name not in failed
        )
        for name, why in failed.items():
            print("wanbeacon: %s (%s): %s" % (name, PACKAGES[name][1], why), file=sys.stderr)
    for name, why in interpreters.fetch():
        failed[name] = why
        print("wanbeacon: %s: %s" % (name, why), file=sys.stderr)
    return 1 if failed and in_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
