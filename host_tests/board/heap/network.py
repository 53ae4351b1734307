# The least of `network`: one Wi-Fi, always there.
STA_IF, AP_IF = 0, 1


def hostname(name):
    pass


class WLAN:
    PM_NONE = 0
    SEC_WPA2 = 3

    def __init__(self, which):
        pass

    def active(self, *on):
        return True

    def config(self, **values):
        pass

    def connect(self, ssid, key):
        pass

    def disconnect(self):
        pass

    def scan(self):
        return [(b"home", b"", 1, -50, 3, False)]

    def isconnected(self):
        return True

    def ifconfig(self, *own):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def status(self, *what):
        return [] if what else 1010
