# SPDX-License-Identifier: MIT
"""OpenWrt's package formats, written without OpenWrt's build system: ipk (opkg), apk v3 (apk-tools), feed
index.

sources.py says what goes into which package, recipe.py reads a feed Makefile, ipk.py and apk.py write one
file each, feed.py the index, keys.py signs with openssl.
Formats as opkg-lede, apk-tools 3 and OpenWrt's include/package-pack.mk have them; both were accepted by the
real programs."""
