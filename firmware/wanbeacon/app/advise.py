# SPDX-License-Identifier: MIT
"""Before the agent is built: the accounts' rows out of the catalogue, what is unwise about the settings, the
names it gives itself. A stage of the start, whose large parts are stages of their own."""

import binascii

from wanbeacon.app import stage
from wanbeacon.app.log import SECRET_MIN
from wanbeacon.core.url import quote


def rows(agent):
    """The catalogue row of each account. What is unwise goes to the log;
    ValueError with one line about what cannot work."""
    for account in agent.cfg["accounts"]:
        for secret in ("password", "token"):
            agent.log.keep_secrets(forms(account.get(secret), account.get("user")))
    try:
        found, problems, warnings = stage.run(
            "dyndns.advice",
            "judge",
            agent.board.catalogue,
            agent.cfg["accounts"],
            agent.cfg["device"].get("contact"),
        )
    except OSError:
        raise ValueError("the catalogue of providers is missing: %s" % agent.board.catalogue)
    for text in warnings:
        agent.log(text, "warn")
    if problems:
        raise ValueError("; ".join(problems))
    device = dict(agent.cfg["device"])
    device["contact"] = None  # only the account's own provider learns it (Agent.agent_name)
    device["model"] = device.get("model") or agent.board.model() or "Generic"
    for style in (None, "dyn"):
        agent.names[style] = stage.run("dyndns.request", "user_agent", device, style)
    return found


def forms(secret, user=""):
    """How a secret may appear in a text: in clear, as it stands in a URL, and as it stands beside `user` in
    an Authorization header. [] for none, or one too short to be found among other words."""
    if not secret or len(secret) < SECRET_MIN:
        return []
    basic = binascii.b2a_base64(("%s:%s" % (user or "", secret)).encode()).decode().strip()
    return [secret, quote(secret), basic]
