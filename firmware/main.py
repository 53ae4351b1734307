# What a board starts after boot.py: the agent, for good. Nothing else belongs here.
from wanbeacon.board import device

device.main()
