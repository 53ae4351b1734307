# SPDX-License-Identifier: MIT
"""UCI text in, what becomes of it out: what tests of OpenWrt's settings share."""

from wanbeacon.openwrt import ddns, settings, uci

FILE = "/etc/config/wanbeacon"
CATALOGUE = "firmware/catalogue/providers.dat"
KNOWN = ["dyn", "rfc2136", "noip", "duckdns", "desec", "mydns-se", "dyn-rs", "freedns-v2", "ddo-jp"]
GOOD = """
config service 'home'
	option enabled '1'
	option service_name 'dyn'
	option username 'u'
	option password 'p'
	option domain 'home.dyndns.org'
"""


def provider(name):
    return KNOWN if name is None else ddns.ours(name, KNOWN)


def convert(text):
    return settings.convert(uci.parse(text, FILE), FILE, provider)
