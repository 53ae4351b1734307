# SPDX-License-Identifier: MIT
"""`make run`: the agent under MicroPython with a live view; without a config also a simulated line and
provider.

    agent.py   the agent's process            holder.py, world.py   the line whose address changes
    story.py   what happens in the demo       view.py, screen.py    how it looks, and where
    modes.py   demo or own settings           cli.py                options, the loop, the end
"""
