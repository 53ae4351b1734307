# SPDX-License-Identifier: MIT
"""`micropython -m wanbeacon`: starts the command line, nothing else."""

import sys

from wanbeacon.app.linux_main import main

main(sys.argv[1:])
