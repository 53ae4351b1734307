# SPDX-License-Identifier: MIT
"""What the agent has to say to a page before it is made: what it would refuse of the settings in the
making, and what came of a button. A stage between enter.py and site.py; all it asks is a stage of its own."""

from wanbeacon.app import stage

_ACTIONS = ("check", "pause", "resume", "retry", "update", "offline", "upgrade", "notice")


def judge(server, guest, way):
    """Into `way` (see enter.py): faults (of what was typed, which goes into the draft) and checked (see
    _problems), or done, the answer to a command."""
    name, post, form = way["name"], guest.method == "POST", guest.form
    if name == "do":
        if post and server.device.agent:
            action, host = form.get("action") or "", form.get("host") or ""
            if action in _ACTIONS and " " not in host:
                way["done"] = server.device.agent.command((action + " " + host).strip())
        return
    if post and name == "account":
        keys = [row[0] for row in stage.run("app.config_rows", "rows", "account")]
        number = stage.run("portal.answers", "number", guest)
        way["faults"] = stage.run("portal.answers", "edit", server, "set_account", (number, form, keys))
    elif post and name == "finish":
        way["faults"] = stage.run("portal.answers", "edit", server, "set_finish", (form,))
    way["checked"] = _problems(server)


def _problems(server):
    """(checked settings or None, problems, warnings) of the draft, by the agent's own rules: one-line texts
    that begin with their place, such as "accounts[0].hosts[1].name: ...", or keys of [finish]."""
    board = server.device.board
    try:
        cfg = stage.run("app.config", "load", stage.run("portal.answers", "raw", server).decode())
    except ValueError as e:  # a ConfigError
        return None, e.problems, []
    _, problems, warnings = stage.run("dyndns.advice", "judge", board.catalogue, cfg["accounts"])
    if not cfg.get("wifi") and "lan" not in board.pins:
        problems.append("wifi_none")
    return None if problems else cfg, problems, warnings
