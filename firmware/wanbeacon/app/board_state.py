# SPDX-License-Identifier: MIT
"""How a board is, in one word; the LED that shows it, and the button. Stays loaded where there is one of
them."""

from wanbeacon.app import stage


async def lights(device):
    """LED and button, for ever."""
    pins = device.board.pins
    await stage.resident("board.esp32.lights").run(
        pins.get("led"), pins.get("button"), lambda: word(device), lambda wish: _pressed(device, wish)
    )


def _pressed(device, wish):
    device.say("button: %s" % ("factory reset" if wish == "reset" else "set-up mode"))
    device.ask(wish)


def word(device):
    """One word for the LED and the page: the first thing that is wrong (lights.BLINKS), or ok."""
    if device.safe:
        return "safe"
    if device.door:
        return "setup"
    if device.problems:
        return "settings"
    link = device.board.link
    if not link or not link.address():
        return link.word if link and link.word != "up" else "starting"
    agent = device.agent
    if not agent or not device.running:
        return "starting"
    if device.clock.wall() is None:
        return "clock"
    hosts = agent.hosts()
    for state, word in (("stopped", "stopped"), ("waiting", None)):
        for h in hosts:
            if h.state == state and h.rec.offline != 2:  # what the user switched off is as it should be
                return word or ("provider" if h.rec.cls in ("LATER", "ODD") else "address")
    return "ok" if hosts and hosts[0].state != "new" else "starting"
