# SPDX-License-Identifier: MIT
"""Many devices at one broker: seen (cli.py, view.py), and their settings made (batch.py)."""
