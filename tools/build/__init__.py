# SPDX-License-Identifier: MIT
"""What a checkout is made into: compiled modules, catalogue, CA roots, board files, packages, releases."""
