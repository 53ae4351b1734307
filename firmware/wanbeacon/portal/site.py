# SPDX-License-Identifier: MIT
"""What the portal's pages are made with, behind the door. A stage: loaded with a page's `answer`, which
finds out what there is to show; the writing is html.py's."""

import gc

import wanbeacon
from wanbeacon.app import stage
from wanbeacon.portal import answers


def answer(server, guest, way):
    """An answer as answers.py has it. way: the dict from there."""
    site, name = Site(server, guest, way), way["name"]
    gc.collect()
    page = stage.load("portal.page_" + way["page"])
    return getattr(page, name if name in ("do", "logout", "test", "restore") else "answer")(site)


class Site:
    """One request: device, server (what outlives it), guest (the request), args (of the query), form, csrf
    (the token that forms carry; "" for who may change nothing), session (its row, or None), faults,
    checked and done (see judge.py)."""

    def __init__(self, server, guest, way):
        self.server = server
        self.device = server.device
        self.guest = guest
        self.args, self.form = guest.args, guest.form
        self.session, self.csrf, self.now = way["session"], way["csrf"], way["now"]
        self.faults, self.checked, self.done = way["faults"], way.get("checked"), way.get("done")
        self.cookie = None

    # ---- answers: (bytes of the head, parts of the body)

    def page(self, name, args, status=200, here="", again=0):
        """A whole page, by `body(t, *args)` of page_NAME."""
        logout = self.csrf if self.session else None
        return answers.html_head(status, self.cookie), (("write", name, args, logout, here, again),)

    def to(self, path):
        """Another page."""
        return answers.to(self.guest, path, self.cookie)

    def message(self, title, text, link="/"):
        """One sentence and a way on; title and text: keys of the texts, or texts."""
        return answers.message(title, text, 200, link, self.csrf if self.session else None)

    # ---- what pages ask for

    def guard(self, method, *args):
        """See guard.py."""
        return answers.guard(self.server, method, *args)

    def raw(self):
        """The settings in the making as JSON (bytes); the saved ones at first."""
        return answers.raw(self.server)

    def edit(self, change, *args):
        """Change the settings in the making: a method of draft.Draft; returns what that does."""
        return answers.edit(self.server, change, args)

    def view(self, what, *args):
        """Something of them: a method of draft.Draft."""
        return stage.run("portal.draft", "edit", self.raw(), what, args)[1]

    def number(self):
        """The account that ?n= names; one beyond the last is a new one."""
        return answers.number(self.guest)

    def providers(self, ids):
        """{id: (name, host)} for people, of those that are known."""
        return stage.run("dyndns.search", "named", wanbeacon.catalogue + "/names.txt", ids)

    def search(self, query, most=12):
        """Providers (id, name, host) that may be meant, best first; id "-" for one that cannot be served."""
        return stage.run("dyndns.search", "search", wanbeacon.catalogue + "/names.txt", query, most)

    def login(self, name):
        """What that provider calls user, password and token (see dyndns.search)."""
        return stage.run("dyndns.search", "login", wanbeacon.catalogue + "/logins.txt", name)
