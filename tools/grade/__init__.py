# SPDX-License-Identifier: MIT
"""`python -m tools grade`: any DDNS client against the provider lab, scene by scene, judged by the providers'
rules."""
