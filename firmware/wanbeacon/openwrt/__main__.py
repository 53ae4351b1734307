"""`micropython -m wanbeacon.openwrt COMMAND`: the agent's command line with a router's paths, and what only a router has
(settings, import-ddns). Knows no command's inside: it says where things are and hands over."""

import sys

from wanbeacon import start
from wanbeacon.board import linux

CONFIG = "/var/run/wanbeacon/config.json"
CONTROL = "/var/run/wanbeacon/control"
ROOTS = "/var/run/wanbeacon/roots"
CATALOGUE = "/usr/share/wanbeacon/providers.dat"
_Linux = linux.Board


class Router(_Linux):
    """A Linux board whose catalogue and CA roots are where OpenWrt keeps such things."""

    def __init__(self, state="/etc/wanbeacon", home=None):
        _Linux.__init__(self, state, home)
        self.catalogue = CATALOGUE
        self.roots = ROOTS
        for device in ("br-lan", "eth0"):  # the default route's device may not be up yet
            mac = linux._text("/sys/class/net/%s/address" % device).strip()
            if mac:
                self.unique = mac.encode()
                break


def main(argv):
    """Hands over to the agent's own command line."""
    if argv and argv[0] == "settings":
        from wanbeacon.openwrt import render

        return render.main(argv[1:], CATALOGUE)
    if argv and argv[0] == "import-ddns":
        from wanbeacon.openwrt import import_ddns

        return import_ddns.main(argv[1:], CATALOGUE)
    linux.Board = Router
    if argv == ["run"]:
        from wanbeacon.openwrt import roots

        try:
            missing = roots.cut(ROOTS)
        except (ValueError, OSError) as e:
            sys.stderr.write("wanbeacon: %s\n" % e)
            return 1
        if missing:
            print("the ca-bundle does not have (any more): " + " ".join(missing))
        sys.modules.pop("wanbeacon.openwrt.roots", None)  # not needed any more
    elif argv == ["look"]:
        return look()
    start.main(argv + ["--config", CONFIG, "--control", CONTROL])
    return 0


def look():
    """Have the running agent look at the address now."""
    from wanbeacon import cli
    from wanbeacon.board import Mistake

    try:
        cli.tell(["check"], {"--control": CONTROL})
    except Mistake:
        sys.stderr.write("wanbeacon: the agent is not running; run: service wanbeacon start\n")
        return 1
    return 0


if __name__ in ("__main__", "wanbeacon.openwrt.__main__"):
    sys.exit(main(sys.argv[1:]))
