"""The agent in virtual time: `python -m tools simulate`, and what its tests share with it."""
