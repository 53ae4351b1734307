# SPDX-License-Identifier: MIT
"""`micropython -m wanbeacon.openwrt COMMAND`: starts the router's command line, nothing else."""

import sys

from wanbeacon.openwrt.router import main

if __name__ in ("__main__", "wanbeacon.openwrt.__main__"):
    sys.exit(main(sys.argv[1:]))
