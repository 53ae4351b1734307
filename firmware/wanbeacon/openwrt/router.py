# SPDX-License-Identifier: MIT
"""The agent's command line with a router's paths, and what only a router has: settings, import-ddns, its log,
its uplinks. It says where things are and hands over."""

import gc
import sys

import wanbeacon
from wanbeacon.app import linux_main, stage
from wanbeacon.board import linux
from wanbeacon.board.words import words_of
from wanbeacon.net import unix
from wanbeacon.openwrt import netifd, syslog

CONFIG = "/var/run/wanbeacon/config.json"
CONTROL = "/var/run/wanbeacon/control"
LOG = "/var/run/wanbeacon/log"
ROOTS = "/var/run/wanbeacon/roots"
SHARE = "/usr/share/wanbeacon"
CATALOGUE = SHARE + "/providers.dat"
NAMES = SHARE + "/names.txt"


class Router(linux.Board):
    """A Linux board whose catalogue, words and CA roots are where OpenWrt keeps such things."""

    def __init__(self, state="/etc/wanbeacon", home=None):
        linux.Board.__init__(self, state, home)
        self.catalogue = CATALOGUE
        self.roots = ROOTS
        self.say = syslog.Syslog(LOG)
        for device in ("br-lan", "eth0"):  # the default route's device may not be up yet
            mac = linux._text("/sys/class/net/%s/address" % device).strip()
            if mac:
                self.unique = mac.encode()
                break

    def bind(self, sock, device):
        """As a Linux board does; "@wanb" is the device that netifd's interface has now.
        OSError when it is down."""
        if device[:1] == "@":
            device = netifd.device(device[1:])
        linux.Board.bind(self, sock, device)


def main(argv):
    """Hands over to the agent's own command line. Returns the exit status."""
    wanbeacon.catalogue = SHARE
    if argv and argv[0] == "settings":
        return stage.run("openwrt.render", "main", argv[1:], CATALOGUE)
    if argv and argv[0] == "import-ddns":
        return stage.run("openwrt.import_ddns", "main", argv[1:], CATALOGUE)
    if argv and argv[0] == "providers" and len(argv) == 2:
        return providers(argv[1])
    if argv == ["run"]:
        why = prepare()
        if why:
            return _fail(why)
    elif argv == ["look"]:
        return look()
    elif argv and argv[0] in _SPOKEN and not _answers():
        _fail("the agent is not running; run: service wanbeacon start")
        return 2 if argv[1:] == ["--health"] else 1
    linux_main.main(argv + ["--config", CONFIG, "--control", CONTROL], Router)
    return 0


#: Commands that the running agent answers.
_SPOKEN = ("status", "update", "retry", "pause", "resume", "offline", "verify", "notice")


def prepare():
    """What comes before the agent's start. None, or in one line why it cannot start."""
    gc.threshold(8192)  # the bundle of 140 certificates would leave its garbage all over the heap
    no_new_privileges()
    try:
        stage.once("openwrt.roots", "cut", ROOTS)
    except ValueError as e:
        return e
    except OSError as e:
        return "cannot make the CA roots in %s (%s)" % (ROOTS, words_of(e))
    return None


def no_new_privileges():
    """Give up setuid programs for good (PR_SET_NO_NEW_PRIVS, prctl(2)):
    procd does that only for a service in a jail."""
    try:
        import ffi  # a build may lack it

        ffi.open(None).func("i", "prctl", "iLLLL")(38, 1, 0, 0, 0)
    except (ImportError, OSError):  # an interpreter without ffi, or without a C library to open
        pass


def _answers():
    try:
        unix.open_unix(CONTROL).close()
        return True
    except OSError:
        return False


def look():
    """Have the running agent look at the address now.
    That none runs is no fault of the settings `check` was asked about."""
    if not _answers():
        print("the agent is not running yet; run: service wanbeacon start")
    else:
        stage.run("app.cli", "tell", ["check"], {"--control": CONTROL})
    return 0


def providers(word):
    """The services that `word` may mean: an id, a name, a host, or what ddns-scripts calls it."""
    try:
        same = stage.run("openwrt.ddns", "ours", word, stage.run("openwrt.render", "providers", CATALOGUE))
    except ValueError as e:
        return _fail(e)
    try:
        found = [row for row in stage.run("dyndns.search", "search", NAMES, word) if row[0] != same]
    except (OSError, ValueError):
        return _fail("%s is missing or damaged; install the package wanbeacon again" % NAMES)
    if not found and not same:
        return _fail(
            "no service is called like '%s'; `wanbeacon providers` lists all, update_url takes any other"
            % word
        )
    for id_, name, host in ([(same, "", "")] if same else []) + found:  # id "-": known, and not to be served
        print(("%-20s %s %s" % (id_, name, host and "(%s)" % host)).rstrip())
    return 0


def _fail(why):
    sys.stderr.write("wanbeacon: %s\n" % why)
    return 1
