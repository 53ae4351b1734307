#!/bin/sh
# SPDX-License-Identifier: MIT
# Stand-in for OpenWrt's /lib/functions.sh: UCI of well-formed files, and what package scripts call. Calls of the
# latter are kept in /tmp/calls, one a line.
# shellcheck shell=dash disable=SC1090,SC2154

config_load() {
	eval "$(awk '
		function word(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); if (s ~ /^\047.*\047$/ || s ~ /^".*"$/) s = substr(s, 2, length(s) - 2); return s }
		/^[ \t]*config/ { n++; split($0, w, /[ \t]+/); name = word(w[3]); if (name == "") name = "cfg" n
			printf "CONFIG_SECTIONS=\"$CONFIG_SECTIONS %s\"; CONFIG_%s_TYPE=%s\n", name, name, word(w[2]) }
		/^[ \t]*(option|list)/ { sub(/^[ \t]*(option|list)[ \t]+/, ""); key = $1; sub(/^[^ \t]+[ \t]+/, "")
			printf "CONFIG_%s_%s=\047%s\047\n", name, key, word($0) }
	' "/etc/config/$1")"
}

config_get() { # VARIABLE SECTION OPTION [DEFAULT]
	eval "$1=\${CONFIG_$2_$3:-\$4}"
}

config_get_bool() {
	config_get "$@"
	eval "case \$$1 in 1 | on | true | yes | enabled) $1=1 ;; *) $1=0 ;; esac"
}

config_foreach() { # FUNCTION TYPE
	local section type
	for section in $CONFIG_SECTIONS; do
		config_get type "$section" TYPE
		[ "$type" = "$2" ] && "$1" "$section"
	done
	return 0
}

add_group_and_user() { echo "add_group_and_user $pkgname" >>/tmp/calls; }
default_postinst() {
	echo "default_postinst $(basename "${1:-}") ${pkgname:-}" >>/tmp/calls
	# as the real one does with a package's own script (opkg's metadata folder)
	[ -n "$PKG_SCRIPT" ] && . "$PKG_SCRIPT"
	return 0
}
default_prerm() { echo "default_prerm $(basename "${1:-}") ${pkgname:-}" >>/tmp/calls; }
