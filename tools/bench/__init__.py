# SPDX-License-Identifier: MIT
"""`python -m tools bench`: what the README claims, measured on this machine in one run.

rows.py     the table of all measurements: add a line there
measure.py  what a measurement is given and gives back
The rest    one file per kind of measurement; none knows another.
"""
