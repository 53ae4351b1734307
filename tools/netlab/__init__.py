# SPDX-License-Identifier: MIT
"""Rigs that the tests and `tools bench` share: the agent as a process, lines, routers and namespaces to put
it in.

    agent_process.py   the agent under any interpreter, with its files in a folder of its own
    as_board.py        the same as a board starts it, in a small heap
    line.py            a device whose address changes, in a namespace of its own
    lab.py, servers.py a provider's line with a real router behind it
    namespaces.py      ip(8), and threads that live in a namespace
    parts.py           programs and interpreters that a rig needs"""
