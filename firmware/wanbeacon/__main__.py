"""`micropython -m wanbeacon`: starts the command line, nothing else."""

import sys

from wanbeacon.start import main

main(sys.argv[1:])
