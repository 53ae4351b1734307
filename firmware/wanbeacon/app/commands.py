# SPDX-License-Identifier: MIT
"""What a user can say to a running agent, and what it answers. A stage."""

from wanbeacon.app import stage, words
from wanbeacon.core import byhand
from wanbeacon.core.release import release
from wanbeacon.dyndns import share


def run(agent, text):
    """One line "command [host]" -> {"ok", "text"}, or the status document for "status"."""
    parts = text.split()
    name = parts[0] if parts else ""
    act = _COMMANDS.get(name)
    if not act:
        return _no("no.command", " ".join(sorted(_COMMANDS)))
    if name == "notice":
        return _notice(agent, parts[1:])
    if len(parts) > 2:
        return _no("no.one-host", name)
    hosts = agent.hosts()
    if len(parts) == 2:
        hosts = [h for h in hosts if h.name.lower() == parts[1].lower()]
        if not hosts:
            return _no("no.host", parts[1][:60], " ".join([h.name for h in agent.hosts()]))
    elif name in ("retry", "offline"):
        return _no("no.needs-host", name)
    elif name == "update":  # what the user set offline comes back when he names it
        hosts = [h for h in hosts if not h.rec.offline]
        if not hosts:
            return _no("no.all-offline")
    return act(agent, hosts)


def _no(code, *data):
    return {"ok": False, "text": words.say(code, *data)}


def _yes(code):
    return {"ok": True, "text": words.say(code)}


def _keep(agent, text):
    """The answer to what is to outlive a restart: it says so when the journal cannot be written."""
    agent.event.set()
    if not agent.save():
        text = words.say("yes.forgotten", text, words.say(*agent.save_error))
    return {"ok": True, "text": text}


def _each(agent, rows):
    """rows: (host name, granted, code with its data). One answer for all of them."""
    said = "; ".join(["%s: %s" % (name, words.say(*code)) for name, _, code in rows])
    if any([granted for _, granted, _ in rows]):
        return _keep(agent, said)
    return {"ok": False, "text": said}


def _refusal(code):
    """The words' code for a refusal of policy.py: what it is about is a code of its own there."""
    if code[0] == "no.stopped":
        return "no.stopped", words.say(*code[1:])
    if code[0] == "no.hold":
        return "no.hold", words.say(*code[2:]), code[1]
    return code


def _status(agent, hosts):
    return stage.run("app.status", "document", agent)


def _notice(agent, what):
    if what != ["test"]:
        return _no("no.notice-what")
    if not agent.notices:
        return _no("no.notice")
    count = stage.run("app.notify", "test", agent)
    return {"ok": True, "text": words.say("yes.notice", count)} if count else _no("no.notice-busy")


def _check(agent, hosts):
    agent.event.set()
    return _yes("yes.check")


def _update(agent, hosts):
    if agent.journal.paused:
        return _no("no.paused")
    return _force(agent, hosts, "yes.update")


def _force(agent, hosts, granted, offline=False):
    now, wall, rows = agent.clock.mono(), agent.clock.wall(), []
    for h in hosts:
        why = byhand.force(h.rec, now, wall, offline)
        rows.append((h.name, not why, _refusal(why) if why else (granted,)))
    return _each(agent, rows)


def _verify(agent, hosts):
    for h in hosts:
        if h.rec.v4 or h.rec.v6:
            h.looks, h.look_at = 0, agent.clock.mono()
            agent.look_at = h.look_at
    agent.event.set()
    return _yes("yes.verify")


def _retry(agent, hosts):
    now, wall, rows = agent.clock.mono(), agent.clock.wall(), []
    for h in hosts:
        if not h.rec.stopped():
            rows.append((h.name, False, ("no.not-stopped",)))
            continue
        cause = h.rec.cause
        why = byhand.retry(h.rec, now, wall)
        rows.append((h.name, not why, why or ("yes.retry",)))
        # a stop of the account or the provider ends for all it held
        for other in () if why else agent.hosts():
            if other.rec.stopped() and other.rec.cause == cause:
                release(other.rec)
                rows.append((other.name, True, ("yes.retry",)))
    return _each(agent, rows)


def _pause(agent, hosts):
    agent.journal.paused = True
    return _keep(agent, words.say("yes.pause"))


def _resume(agent, hosts):
    agent.journal.paused = False
    return _keep(agent, words.say("yes.resume"))


def _offline(agent, hosts):
    for h in hosts:
        if not share.can_delete(h.account.row):
            return _no("no.offline", h.account.row["id"])
    left = [h for h in hosts if not h.rec.offline]  # one name may be on several lines
    if not left:
        return _no("no.offline-already", hosts[0].name, hosts[0].name)
    return _force(agent, left, "yes.offline", True)


def _upgrade(agent, hosts):
    ask = getattr(agent.board, "ask", None)
    if not ask:
        return _no("no.upgrade")
    ask("upgrade")
    return _yes("yes.upgrade")


_COMMANDS = {
    "status": _status, "check": _check, "update": _update, "retry": _retry, "pause": _pause,
    "resume": _resume, "offline": _offline, "upgrade": _upgrade, "verify": _verify,
    "notice": _notice,
}  # fmt: skip
