# SPDX-License-Identifier: MIT
"""`python -m tools convert`: settings of other programs become settings of this one."""
