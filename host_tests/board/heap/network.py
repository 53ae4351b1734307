# SPDX-License-Identifier: MIT
# The least of `network`: one Wi-Fi, always there. On a chip it is no Python and weighs nothing.
STA_IF, AP_IF = 0, 1


def hostname(*args, **values):
    return True


class WLAN:
    PM_NONE = 0
    SEC_WPA2 = 3

    def __init__(self, which):
        pass

    active = config = connect = disconnect = isconnected = hostname

    def scan(self):
        return [(b"home", b"", 1, -50, 3, False)]

    def ifconfig(self, *own):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def status(self, *what):
        return [] if what else 1010
