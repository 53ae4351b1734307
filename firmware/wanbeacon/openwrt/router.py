"""The agent's command line with a router's paths, and what only a router has (settings, import-ddns). Knows no command's
inside: it says where things are and hands over."""

import sys

from wanbeacon.app import linux_main as start
from wanbeacon.board import linux

CONFIG = "/var/run/wanbeacon/config.json"
CONTROL = "/var/run/wanbeacon/control"
ROOTS = "/var/run/wanbeacon/roots"
CATALOGUE = "/usr/share/wanbeacon/providers.dat"
OBSERVERS = "/usr/lib/micropython/wanbeacon/observe/%s.mpy"


class Router(linux.Board):
    """A Linux board whose catalogue and CA roots are where OpenWrt keeps such things."""

    def __init__(self, state="/etc/wanbeacon", home=None):
        linux.Board.__init__(self, state, home)
        self.catalogue = CATALOGUE
        self.roots = ROOTS
        for device in ("br-lan", "eth0"):  # the default route's device may not be up yet
            mac = linux._text("/sys/class/net/%s/address" % device).strip()
            if mac:
                self.unique = mac.encode()
                break

    def sources(self):
        """Of the usual ones those that are installed: asking a router in front of this one is a package of its own."""
        return [name for name in linux.Board.sources(self) if linux.exists(OBSERVERS % name)]


def main(argv):
    """Hands over to the agent's own command line."""
    if argv and argv[0] == "settings":
        from wanbeacon.openwrt import render

        return render.main(argv[1:], CATALOGUE)
    if argv and argv[0] == "import-ddns":
        try:
            from wanbeacon.openwrt import import_ddns
        except ImportError:
            return _fail("import-ddns is not installed; install the package wanbeacon-import-ddns")
        return import_ddns.main(argv[1:], CATALOGUE)
    if argv == ["run"]:
        from wanbeacon.openwrt import roots

        try:
            missing = roots.cut(ROOTS)
        except ValueError as e:
            return _fail(e)
        except OSError as e:
            from wanbeacon.board import words_of

            return _fail("cannot make the CA roots in %s (%s)" % (ROOTS, words_of(e)))
        if missing:
            print("the ca-bundle does not have (any more): " + " ".join(missing))
    elif argv == ["look"]:
        return look()
    try:
        start.main(argv + ["--config", CONFIG, "--control", CONTROL], Router)
    except ImportError as e:  # the settings of before name a source whose package has been removed since
        return _fail("%s; install the package wanbeacon-nat" % e)
    return 0


def look():
    """Have the running agent look at the address now. That none runs is no fault of the settings `check` was asked about."""
    from wanbeacon.app import cli
    from wanbeacon.board import Mistake

    try:
        cli.tell(["check"], {"--control": CONTROL})
    except Mistake:
        print("the agent is not running yet; run: service wanbeacon start")
    return 0


def _fail(why):
    sys.stderr.write("wanbeacon: %s\n" % why)
    return 1
