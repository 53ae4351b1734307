#!/bin/sh
# SPDX-License-Identifier: MIT
# The feed's CI runs it with PKG_NAME and PKG_VERSION set. The init script and the hotplug script have no version.
# shellcheck shell=dash

case "$PKG_NAME" in
wanbeacon) wanbeacon --version | grep -F "$PKG_VERSION" ;;
*) exit 0 ;;
esac
