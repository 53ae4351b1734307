# SPDX-License-Identifier: MIT
"""`python -m tools grade-server`: plays a careful client against any DynDNS2 server and says which answers
fit docs/dyndns2.md."""
