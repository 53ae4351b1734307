# SPDX-License-Identifier: MIT
"""The installer's page: everything for an empty board in a browser. cli.py is the command, sources.py
gets what others made, site.py builds the folder, serve.py shows it on this computer."""
