# SPDX-License-Identifier: MIT
"""How each server of installed.py is started: files that the Python of `.cache/servers` runs, and nobody
imports."""
