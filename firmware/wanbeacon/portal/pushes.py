# SPDX-License-Identifier: MIT
"""A router's push through the pages' server: /nic/update on the same port, by the rules of the source
`push`. A stage, for one request that was read (request.py)."""

from wanbeacon.core import address
from wanbeacon.observe import pushed

_HEAD = "HTTP/1.0 %d %s\r\nContent-Type: text/plain\r\nConnection: close\r\n%s\r\n%s"
_LOGIN = 'WWW-Authenticate: Basic realm="Wanbeacon"\r\n'


async def answer(server, guest):
    """Answer it. Returns the HTTP status. Raises OSError when the router has gone."""
    status, text = _status(server, guest)
    more = _LOGIN if status == 401 else ""
    await guest.send((_HEAD % (status, "OK" if status == 200 else "No", more, text)).encode())
    return status


def _status(server, guest):
    if address.why_not(address.parse(guest.ip)) not in pushed.HOME:
        return 403, "badagent\n"
    head = b"%s %s HTTP/1.1\nAuthorization: %s\n%s" % (
        guest.method.encode(),
        guest.path.encode(),
        getattr(guest, "login", b""),
        b"Origin: x" if guest.origin or getattr(guest, "browser", b"") else b"",
    )
    for line in server.device.agent.lines if server.device.agent else ():
        for slot in line.chooser.slots:
            box = slot.kept[0] if slot.kept else getattr(slot.observer, "box", None)
            if slot.name == "push" and box:
                login = slot.options["user"], slot.options["password"]
                return pushed.reply(box, login, head, b"", guest.ip)
    return 404, "911\n"
