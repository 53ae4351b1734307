# SPDX-License-Identifier: MIT
"""Answers of the portal, and what leads to them: part of the stages enter.py and site.py.

An answer is (bytes of the head, parts of the body); a part is bytes, or a tuple: "write" and the
arguments of html.write, or what front.answer takes."""

import os

from micropython import const

from wanbeacon.app import stage
from wanbeacon.board.esp32 import board as esp32

_REASONS = {
    200: "OK",
    302: "Found",
    303: "See Other",
    403: "Forbidden",
    404: "Not Found",
    421: "Misdirected Request",
    429: "Too Many Requests",
}
_SETTINGS_MAX = const(4608)  # bytes: more than any settings have


def head(status, headers):
    """The head of an answer (bytes). headers: lines."""
    return (
        "HTTP/1.0 %d %s\r\n%sX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        % (status, _REASONS.get(status, "Error"), headers)
    ).encode()


def html_head(status=200, cookie=None):
    """The same of a page."""
    # same-origin, not no-referrer: with that a browser sends "Origin: null" along with our own forms
    return head(
        status,
        (_cookie(cookie) if cookie else "")
        + "Content-Type: text/html; charset=UTF-8\r\nContent-Security-Policy: default-src 'none'; "
        "style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'\r\n"
        "Referrer-Policy: same-origin\r\nX-Frame-Options: DENY\r\nCache-Control: no-store\r\n",
    )


def _cookie(value):
    return "Set-Cookie: wb=%s; Path=/; HttpOnly; SameSite=Strict\r\n" % value


def to(guest, path, cookie=None):
    """An answer: another page. After a form: reloading the page does not send it again."""
    return head(
        303 if guest.method == "POST" else 302,
        "Location: %s\r\nCache-Control: no-store\r\n%s" % (path, _cookie(cookie) if cookie else ""),
    ), ()


def message(title, text, status=200, link="/", logout=None):
    """An answer: one sentence and a way on; title and text: keys of the texts, or texts."""
    return html_head(status), (("write", "message", (title, text, link), logout, "", 0, title),)


def guard(server, method, *args):
    """See guard.py."""
    return stage.run("portal.guard", "use", server, os.urandom, method, args)


def raw(server):
    """The settings in the making as JSON (bytes); the saved ones at first."""
    try:
        with open(esp32.CONFIG, "rb") as f:
            # not a block for the largest: the heap may have no such hole
            return server.draft or f.read(min(os.stat(esp32.CONFIG)[6], _SETTINGS_MAX))
    except OSError:
        return server.draft or b"{}"


def edit(server, change, args):
    """Change the settings in the making: a method of draft.Draft; returns what that does."""
    new, out = stage.run("portal.draft", "edit", raw(server), change, args)
    server.draft = new or server.draft
    return out


def number(guest):
    """The account that ?n= names; one beyond the last is a new one."""
    n = guest.args.get("n") or ""
    return int(n) if n.isdigit() and len(n) < 4 else 0
