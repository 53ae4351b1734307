# SPDX-License-Identifier: MIT
"""Sources of the WAN address, one file each. The contract between them and the chooser is in base.py."""
