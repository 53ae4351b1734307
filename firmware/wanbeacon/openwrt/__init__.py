# SPDX-License-Identifier: MIT
"""What only an OpenWrt router needs: its settings language (UCI) in, the agent's settings out.
Boards leave it out."""
