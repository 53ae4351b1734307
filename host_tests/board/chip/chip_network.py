"""`network` of the emulated ESP32: access points and a cable as the test's world.json lists them.

world: {"wifi": [{"ssid", "password", "rssi", "hidden"}], "address": "192.168.1.50", "gateway": ..., "cable": true}"""

import time as _time

import world

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204
AUTH_OPEN = 0
AUTH_WPA2_PSK = 3
ETH_INITIALIZED = 0
ETH_STARTED = 1
ETH_STOPPED = 2
ETH_CONNECTED = 3
ETH_DISCONNECTED = 4
ETH_GOT_IP = 5
PHY_LAN8710 = PHY_LAN8720 = 0
PHY_IP101 = 1
PHY_RTL8201 = 2
PHY_DP83848 = 3
PHY_KSZ8041 = 4
PHY_KSZ8081 = 5
PHY_KSZ8851SNL = 100
PHY_DM9051 = 101
PHY_W5500 = 102

#: Time a real station needs to associate and get a lease is seconds; tests have no seconds to give.
_JOIN_MS = 150
_hostname = "esp32"
_country = "XX"


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    if len(name) > 32:
        raise ValueError
    _hostname = name
    world.tell("hostname " + name)


def country(code=None):
    global _country
    if code is None:
        return _country
    _country = code


def _ifconfig(up):
    if not up:
        return ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
    facts = world.facts()
    gateway = facts.get("gateway", "192.168.1.1")
    return (facts.get("address", "192.168.1.50"), "255.255.255.0", gateway, gateway)


class WLAN:
    IF_STA = 0
    IF_AP = 1
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2
    SEC_OPEN = 0
    SEC_WPA2 = 3

    _one = {}

    def __new__(cls, interface=STA_IF):
        if interface not in cls._one:
            self = object.__new__(cls)
            self._interface = interface
            self._on = False
            self._wanted = None
            self._config = {"essid": "", "ssid": "", "pm": 1, "mac": b"\x24\x0a\xc4\x00\x00" + bytes([interface])}
            cls._one[interface] = self
        return cls._one[interface]

    def __init__(self, interface=STA_IF):
        pass

    def active(self, on=None):
        if on is None:
            return self._on
        if self._on != bool(on):
            self._on = bool(on)
            world.tell("wlan%d %s" % (self._interface, "up" if on else "down"))
        if not on:
            self._wanted = None

    def connect(self, ssid=None, key=None, bssid=None):
        if not self._on:
            raise OSError("Wifi Not Started")
        if ssid is not None:
            self._wanted = (ssid if isinstance(ssid, str) else ssid.decode(), key or "")
        self._since = _time.ticks_ms()
        world.tell("connect " + self._wanted[0])

    def disconnect(self):
        self._wanted = None

    def scan(self):
        if not self._on:
            raise OSError("Wifi Not Started")
        return [(b"" if ap.get("hidden") else ap["ssid"].encode(), b"\x02\x00\x00\x00\x00" + bytes([i]), 6,
                 ap.get("rssi", -60), AUTH_WPA2_PSK if ap.get("password") else AUTH_OPEN, bool(ap.get("hidden")))
                for i, ap in enumerate(world.facts().get("wifi", []))]

    def status(self, what=None):
        if what == "rssi":
            return -60
        if what == "stations":
            return []
        if what is not None:
            raise ValueError("unknown status param")
        if self._interface == AP_IF or not self._on or self._wanted is None:
            return STAT_IDLE
        if _time.ticks_diff(_time.ticks_ms(), self._since) < _JOIN_MS:
            return STAT_CONNECTING
        for ap in world.facts().get("wifi", []):
            if ap["ssid"] == self._wanted[0]:
                return STAT_GOT_IP if ap.get("password", "") == self._wanted[1] else STAT_WRONG_PASSWORD
        return STAT_NO_AP_FOUND

    def isconnected(self):
        return self.status() == STAT_GOT_IP if self._interface == STA_IF else self._on

    def ifconfig(self, new=None):
        if self._interface == AP_IF:
            return ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0")
        return _ifconfig(self.isconnected())

    def config(self, *name, **values):
        if name:
            return self._config[name[0]]
        for key, value in values.items():
            if key not in ("mac", "ssid", "essid", "hidden", "security", "authmode", "key", "password", "channel", "reconnects",
                           "txpower", "pm", "protocol", "max_clients", "hostname", "dhcp_hostname"):
                raise ValueError("unknown config param")
            if key in ("key", "password") and len(value) not in range(8, 64):
                raise OSError("Wifi Invalid Password")
            self._config[key] = value
            if self._interface == AP_IF:
                world.tell("ap %s %s" % (key, value))


class LAN:
    """The cable: plugged in while world["cable"] is true."""

    def __init__(self, *args, **pins):
        self._on = False
        if not args and not pins:
            raise TypeError("pins needed")

    def active(self, on=None):
        if on is None:
            return self._on
        self._on = bool(on)
        world.tell("lan " + ("up" if on else "down"))

    def status(self):
        if not self._on:
            return ETH_INITIALIZED
        return ETH_GOT_IP if world.facts().get("cable") else ETH_DISCONNECTED

    def isconnected(self):
        return self.status() == ETH_GOT_IP

    def ifconfig(self, new=None):
        return _ifconfig(self.isconnected())

    def config(self, *name, **values):
        if name:
            return {"mac": b"\x24\x0a\xc4\x00\x00\x03"}[name[0]]
