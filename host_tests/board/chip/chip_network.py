# SPDX-License-Identifier: MIT
"""`network` of the emulated ESP32: the stand-in of host_tests/shims, its air and cable taken from the test's
world.json.

world: {"wifi": [{"ssid", "password", "rssi", "hidden"}], "address": "192.168.1.50", "gateway": ..., "mask":
..., "cable": false}"""

import network as _shim
import world
from network import *  # noqa: F403

for _name in (
    "ipconfig",
    "STAT_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD",
    "STAT_NO_AP_FOUND_IN_RSSI_THRESHOLD",
    "STAT_NO_AP_FOUND_W_COMPATIBLE_SECURITY",
):
    del globals()[_name]  # came with 1.24; this board has the oldest MicroPython we support


class _Radio:
    """As the shim's, read anew at each look: access points come and go while the board runs."""

    #: Associating and getting a lease takes seconds on a real board; a test has none to give.
    delay_ms = 150
    has_ipconfig = False  # as on 1.23

    @property
    def networks(self):
        return {ap["ssid"]: ap.get("password", "") for ap in world.facts().get("wifi", [])}

    @property
    def address(self):
        return world.facts().get("address", "192.168.1.50")

    @property
    def mask(self):
        return world.facts().get("mask", "255.255.255.0")

    @property
    def gateway(self):
        return world.facts().get("gateway", "192.168.1.1")

    dns = gateway

    @property
    def wire(self):
        return world.facts().get("cable", False)


_shim._radio = _Radio()


def hostname(*args):
    if args:
        world.tell("hostname " + args[0])
    return _shim.hostname(*args)


class WLAN(_shim.WLAN):
    def active(self, *args):
        if args and bool(args[0]) != self._active:
            world.tell("wlan%d %s" % (self._interface, "up" if args[0] else "down"))
        return super().active(*args)

    def connect(self, ssid=None, password=None, *, bssid=None):
        super().connect(ssid, password, bssid=bssid)
        world.tell("connect " + self._ssid)

    def scan(self):
        hidden = [ap["ssid"].encode() for ap in world.facts().get("wifi", []) if ap.get("hidden")]
        return [
            (b"" if row[0] in hidden else row[0],) + row[1:5] + (row[0] in hidden,) for row in super().scan()
        ]

    def config(self, *args, **kwargs):
        for name, value in kwargs.items():
            if name in ("key", "password") and len(value) not in range(8, 64):
                raise OSError("Wifi Invalid Password")
            world.tell("wlan%d %s %s" % (self._interface, name, value))
        return super().config(*args, **kwargs)


class LAN(_shim.LAN):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        world.tell(
            "lan " + " ".join("%s=%s" % item for item in sorted(kwargs.items()) if isinstance(item[1], int))
        )
