# SPDX-License-Identifier: MIT
"""Asks for a board's first settings, one question at a time: each answer is checked by the firmware's own
rules before the next question, and asked again with the reason. Knows no port."""

import sys

from rich.console import Console
from rich.prompt import Prompt

from .. import COMMAND, UserError, providers
from ..build import logins
from ..check import CATALOGUE, firmware
from . import config

say = Console(stderr=True, highlight=False)
#: What stands for answers that are still to come while one is judged.
_STAND_IN = {"user": "user", "password": "password", "hosts": ["home.dyndns.org"]}


def faults(account, *keys):
    """What is wrong with these keys of an account whose other keys may not be answered yet; one line each."""
    account = {**_STAND_IN, **account}
    try:
        full = firmware("app.config").load(config.text_of({"accounts": [account]}))
        found = firmware("dyndns.advice").judge(CATALOGUE, full["accounts"])[1]
    except firmware("app.config").ConfigError as error:
        found = error.problems
    mine = ["accounts[0]." + key for key in keys]
    return [line.partition(": ")[2] or line for line in found if line.startswith(tuple(mine))]


def until(question, judge, default=None, hidden=False):
    """Asks until judge(answer) raises no UserError; returns what it returns."""
    while True:
        try:
            return judge(
                (
                    Prompt.ask(question, password=hidden, default=default, show_default=bool(default)) or ""
                ).strip()
            )
        except UserError as error:
            say.print("  " + str(error), style="yellow", markup=False)


def _account_answer(account, key, value):
    """A judge's end: takes `value` as the account's key, or UserError with what is wrong with it."""
    wrong = faults({**account, key: value}, key)
    if wrong:
        raise UserError("; ".join(wrong))
    account[key] = value
    return value


def wifi():
    """The entry of a network, or None when the board is to open its own Wi-Fi."""

    def name(text):
        if len(text.encode()) > 32:
            raise UserError("a network's name has at most 32 bytes")
        return text

    def key(text):
        if text and not 8 <= len(text) <= 63:
            raise UserError("a Wi-Fi password has 8 to 63 characters (none: leave it empty)")
        return text

    ssid = until("Wi-Fi network", name, default="")
    if not ssid:
        return None
    password = until("Wi-Fi password (not shown)", key, default="", hidden=True)
    return {"ssid": ssid, **({"password": password} if password else {})}


def account():
    """One account, asked for in the provider's own words."""
    fact, row = until(
        "Provider (by name; `%s providers` lists them)" % COMMAND, providers.find, default="dyn"
    )
    say.print("  %s, %s" % (fact["name"], row["host"]), style="dim", markup=False)
    found = {"provider": row["id"]}

    def given(key):
        def judge(text):
            if not text:
                raise UserError("%s wants one" % fact["name"])
            return _account_answer(found, key, text)

        return judge

    def names(text):
        if not text:
            raise UserError("at least one name, such as home.dyndns.org")
        return _account_answer(found, "hosts", text.replace(",", " ").split())

    words = {line[0]: line[1:] for line in logins.lines()}.get(row["id"], ("", "", ""))
    user, password, token = words
    if faults({"provider": row["id"], "user": None}, "user"):  # without one nothing would work
        until("User name there (%s)" % (user or "as you log in"), given("user"))
    until(
        "Password or update key there (%s; not shown)" % (password or "as you log in"),
        given("password"),
        hidden=True,
    )
    if token:
        until("And there too (%s; not shown)" % token, given("token"), hidden=True)
    until("Host names to keep up to date (spaces between)", names)
    return found


def settings(board):
    """The settings of a first set-up as bytes. UserError when nobody is there to answer."""
    if not sys.stdin.isatty():
        raise UserError(
            "the board has no settings yet; give them with --config FILE, "
            "or run this in a terminal to be asked"
        )
    say.print("The board has no settings yet. [dim]Ctrl-C stops and changes nothing.[/dim]")
    doc = {}
    network = None if "lan" in board["device"] else wifi()
    if network:
        doc["wifi"] = [network]
    doc["accounts"] = [account()]
    made = config.check(doc, "these answers")
    config.check_link(made, board, "these answers")
    return made
