# SPDX-License-Identifier: MIT
"""ESP32's `network` without a radio: `_radio` says what is in the air.

Runs on CPython and on MicroPython (the emulated board). Tests set:
    _radio.networks["ssid"] = password      access points in reach ("" = open)
    _radio.address, .gateway, .delay_ms     what DHCP gives, and how long joining takes
    _radio.wire = False                     Ethernet cable pulled
    _radio.has_ipconfig = False             as on 1.23, where WLAN.ipconfig does not exist"""

import time

STA_IF, AP_IF = 0, 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_BEACON_TIMEOUT, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, STAT_ASSOC_FAIL, STAT_HANDSHAKE_TIMEOUT = (
    200,
    201,
    202,
    203,
    204,
)
STAT_NO_AP_FOUND_W_COMPATIBLE_SECURITY, STAT_NO_AP_FOUND_IN_AUTHMODE_THRESHOLD = 210, 211
STAT_NO_AP_FOUND_IN_RSSI_THRESHOLD = 212
AUTH_OPEN, AUTH_WEP, AUTH_WPA_PSK, AUTH_WPA2_PSK, AUTH_WPA_WPA2_PSK, AUTH_WPA2_ENTERPRISE = 0, 1, 2, 3, 4, 5
AUTH_WPA3_PSK, AUTH_WPA2_WPA3_PSK = 6, 7
PHY_LAN8720, PHY_LAN8710, PHY_IP101, PHY_RTL8201, PHY_DP83848, PHY_KSZ8041, PHY_KSZ8081 = 2, 1, 3, 4, 5, 6, 7
PHY_W5500, PHY_DM9051 = 9, 10
ETH_INITIALIZED, ETH_STARTED, ETH_STOPPED, ETH_CONNECTED, ETH_DISCONNECTED, ETH_GOT_IP = 0, 1, 2, 3, 4, 5


class _Radio:
    def __init__(self):
        self.networks = {}
        self.address, self.mask, self.gateway, self.dns = "10.0.2.15", "255.255.255.0", "10.0.2.2", "10.0.2.3"
        self.delay_ms = 0
        self.wire = True
        self.has_ipconfig = True


_radio = _Radio()
_hostname = "mpy-esp32"
_country = "XX"
_DOWN = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")


def hostname(*args):
    global _hostname
    if not args:
        return _hostname
    if len(args[0]) > 32:
        raise ValueError("hostname too long")
    _hostname = args[0]
    return None


def country(*args):
    global _country
    if not args:
        return _country
    if len(args[0]) != 2:
        raise ValueError("country code must be 2 chars")
    _country = args[0]
    return None


def phy_mode(mode=None):
    return 7 if mode is None else None


def ipconfig(*args, **kwargs):
    if args and args[0] == "dns":
        return _radio.dns
    if args:
        raise ValueError("unexpected key")
    if "dns" in kwargs:
        _radio.dns = kwargs["dns"]
    return None


class _Interface:
    """What WLAN and LAN have in common."""

    def _up(self):
        raise NotImplementedError

    def active(self, *args):
        if args:
            self._active = bool(args[0])
        return self._active

    def isconnected(self):
        return self._up()

    def ifconfig(self, *args):
        if not args:
            return self._static or (
                (_radio.address, _radio.mask, _radio.gateway, _radio.dns) if self._up() else _DOWN
            )
        self._static = None if args[0] == "dhcp" else tuple(args[0])
        return None

    def _ipconfig(self, *args, **kwargs):
        if kwargs:
            return None
        address = self.ifconfig()
        answers = {"addr4": address[:2], "gw4": address[2], "dhcp4": self._static is None}
        if args[0] not in answers:
            raise ValueError("unexpected key")  # addr6 too: no IPv6 in this port
        return answers[args[0]]

    @property
    def ipconfig(self):
        if not _radio.has_ipconfig:
            raise AttributeError("'WLAN' object has no attribute 'ipconfig'")
        return self._ipconfig


class WLAN(_Interface):
    """One object per interface, as there."""

    IF_STA, IF_AP = 0, 1
    SEC_OPEN, SEC_WEP, SEC_WPA, SEC_WPA2, SEC_WPA_WPA2, SEC_WPA2_ENT, SEC_WPA3, SEC_WPA2_WPA3 = (
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
    )
    SEC_WAPI, SEC_OWE = 8, 9
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    _objects = {}

    def __new__(cls, interface_id=0):
        if interface_id not in (0, 1):
            raise ValueError("invalid interface_id")
        if interface_id not in cls._objects:
            one = cls._objects[interface_id] = object.__new__(cls)
            one._interface, one._active, one._static, one._since = interface_id, False, None, None
            one._ssid = one._password = None
            one._config = {
                "mac": b"\x24\x0a\xc4\x00\x01\x10",
                "ssid": "",
                "channel": 1,
                "hidden": False,
                "security": 0,
                "hostname": "mpy-esp32",
                "reconnects": -1,
                "txpower": 20.0,
                "pm": 1,
                "max_clients": 4,
            }
        return cls._objects[interface_id]

    def __init__(self, interface_id=0):
        pass

    def connect(self, ssid=None, password=None, *, bssid=None):
        if not self._active:
            raise OSError("Wifi Not Started")
        if ssid is not None:
            self._ssid, self._password = _text(ssid), _text(password or "")
        self._since = time.ticks_ms()

    def disconnect(self):
        self._since = None

    def scan(self):
        """(ssid, bssid, channel, RSSI, security, hidden) per network."""
        if not self._active:
            raise OSError("STA must be active")
        return [
            (ssid.encode(), b"\x02\x00\x00\x00\x00%c" % at, 6, -60 - at, 3 if key else 0, False)
            for at, (ssid, key) in enumerate(sorted(_radio.networks.items()))
        ]

    def status(self, *args):
        if args:
            if args[0] == "rssi" and self._interface == STA_IF:
                return -60
            if args[0] == "stations" and self._interface == AP_IF:
                return []
            raise ValueError("unknown status param")
        if self._interface == AP_IF:
            return None
        if self._since is None or not self._active:
            return STAT_IDLE
        if time.ticks_diff(time.ticks_ms(), self._since) < _radio.delay_ms:
            return STAT_CONNECTING
        if self._ssid not in _radio.networks:
            return STAT_NO_AP_FOUND
        return STAT_GOT_IP if _radio.networks[self._ssid] == self._password else STAT_WRONG_PASSWORD

    def _up(self):
        if self._interface == AP_IF:
            return False  # there: True once a station joined
        return self.status() == STAT_GOT_IP

    def ifconfig(self, *args):
        if self._interface == AP_IF and not args and not self._static:
            return ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0") if self._active else _DOWN
        return super().ifconfig(*args)

    def config(self, *args, **kwargs):
        if args:
            if args[0] not in self._config:
                raise ValueError("unknown config param")
            return self._config[args[0]]
        for name, value in kwargs.items():
            if name not in self._config and name not in (
                "key",
                "password",
                "authmode",
                "essid",
                "protocol",
                "dhcp_hostname",
            ):
                raise ValueError("unknown config param")
            self._config["ssid" if name == "essid" else name] = value
        return None


class LAN(_Interface):
    """Ethernet; the cable is `_radio.wire`."""

    def __init__(
        self,
        id=0,
        *,
        mdc=None,
        mdio=None,
        power=None,
        reset=None,
        phy_addr=None,
        phy_type=None,
        spi=None,
        cs=None,
        int=None,
        ref_clk=None,
        ref_clk_mode=None,
    ):
        self._active, self._static, self._mac = False, None, b"\x24\x0a\xc4\x00\x01\x13"

    def _up(self):
        return self._active and _radio.wire

    def status(self):
        if not self._active:
            return ETH_INITIALIZED
        return ETH_GOT_IP if _radio.wire else ETH_DISCONNECTED

    def config(self, *args, **kwargs):
        if args and args[0] != "mac":
            raise ValueError("unknown config param")
        self._mac = kwargs.get("mac", self._mac)
        return self._mac if args else None


def _text(value):
    return value if isinstance(value, str) else value.decode()
