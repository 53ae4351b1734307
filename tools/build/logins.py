# SPDX-License-Identifier: MIT
"""Writes firmware/catalogue/logins.txt: what each provider calls the parts of its login, for the fields of a
set-up page (wanbeacon.dyndns.search.login)."""

import re

from .. import ROOT
from . import catalogue, rest_rows

OUT = ROOT / "firmware/catalogue/logins.txt"
#: What a field says anyway.
_PLAIN = {"user": ("account user", "user"), "password": ("account password",)}
#: id -> (user, password) for people, where the facts speak to programmers.
WORDS = {
    "dyn": ("", "updater client key, or the account's password"),
    "dyn-legacy": ("", "updater client key, or the account's password"),
    "noip": ("e-mail, or the user name of a DDNS key or group", "password of the account, DDNS key or group"),
    "dynu": ("", "password of the account"),
    "desec": ("leave it empty", 'token secret (token management, "Create new token"), not the password'),
    "spdyn": ("user name of the account; the host name with an update token", "password or update token"),
    "dnsomatic": ("", ""),
    "freedns-v1": ("-", "the key in the update URL, behind the question mark"),
    "freedns-v2": ("-", "the random letters in the update URL, behind /u/"),
    "dnsmadeeasy": ("leave it empty with a record's own password", "dynamic password of the record"),
    "duiadns": ("-", "MD5 of the password, as 32 hexadecimal digits"),
}
#: A part of a JSON API's `about`.
_PART = re.compile(r"(?:^|[,;] )(user|password|token): ")


def lines():
    """(id, user, password, token) of each provider whose words are not the plain ones. "" where there is
    nothing to say; user "-" where none is needed; token only where it is needed beside a password."""
    out = []
    for row in catalogue.rows():
        fact = catalogue.source()[row["id"]]
        user, password = fact["auth_user"] or "", fact["auth_password"] or ""
        if user.startswith(("unused", "none")):
            user = "-"
        elif row.get("user") == "host":
            user = "leave it empty: the host name is the user name"
        user, password = WORDS.get(row["id"], (_own("user", user), _own("password", password)))
        out.append((row["id"], user, password, ""))
    out += [(name, *_parts(row)) for name, row in rest_rows.ROWS.items()]
    return [line for line in out if any(line[1:])]


def _own(kind, text):
    return "" if text in _PLAIN[kind] else text


def _parts(row):
    """(user, password, token) of a JSON API, out of its `about`."""
    about, needs = row["about"], row.get("needs") or ("token",)
    marks = list(_PART.finditer(about))
    ends = [mark.start() for mark in marks[1:]] + [len(about)][: len(marks)]
    said = {mark[1]: about[mark.end() : end] for mark, end in zip(marks, ends, strict=True)}
    if not marks or marks[0].start() > 0:
        said["token" if "password" not in needs else "password"] = about[
            : marks[0].start() if marks else None
        ]
    user = said.get("user", "" if "user" in needs else "-")
    if "password" in needs:
        return user, said.get("password", ""), said.get("token", "")
    return user, said.get("token", ""), ""


def file():
    """The whole file as bytes."""
    return "".join("%s|%s|%s|%s\n" % line for line in lines()).encode()
