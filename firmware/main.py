# What a board starts after boot.py: the agent, for good. Nothing else belongs here.
from wanbeacon.app import board_main as device

device.main()
