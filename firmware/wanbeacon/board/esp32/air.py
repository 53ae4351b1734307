"""The Wi-Fi networks in the air. A stage of whoever offers a choice."""

import network

HEARD_MAX = 15  # networks that are told


def networks():
    """The networks in the air, loudest first: (name, dBm, open); [] while it cannot be known. Takes 2 s on a
    board, and everything waits for it."""
    best = {}
    try:
        station = network.WLAN(network.STA_IF)
        if not station.active():
            station.active(True)
        for row in station.scan():
            try:
                ssid = row[0].decode()
            except UnicodeError:
                continue
            if ssid and (ssid not in best or best[ssid][1] < row[3]):
                best[ssid] = (ssid, row[3], row[4] == 0)
    except (OSError, RuntimeError):
        return []  # it is joining a network just now
    return sorted(best.values(), key=lambda row: -row[1])[:HEARD_MAX]
