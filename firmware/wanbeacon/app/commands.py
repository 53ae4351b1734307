"""What a user can say to a running agent, and what it answers. Loaded only when somebody asks."""

from wanbeacon import VERSION
from wanbeacon.app.words import say
from wanbeacon.core import address, policy
from wanbeacon.core.record import NEVER


def run(agent, text):
    """One line "command [host]" -> {"ok", "text"}, or the status document for "status"."""
    words = text.split()
    name = words[0] if words else ""
    act = _COMMANDS.get(name)
    if not act:
        return _no("unknown command; known: %s" % " ".join(sorted(_COMMANDS)))
    if len(words) > 2:
        return _no("%s takes at most one host name" % name)
    hosts = agent.hosts()
    if len(words) == 2:
        hosts = [h for h in hosts if h.name.lower() == words[1].lower()]
        if not hosts:
            return _no("no host %s here; hosts: %s" % (words[1][:60], " ".join([h.name for h in agent.hosts()])))
    elif name in ("retry", "offline"):
        return _no("%s needs a host name" % name)
    elif name == "update":  # what the user set offline comes back when he names it
        hosts = [h for h in hosts if not h.rec.offline]
        if not hosts:
            return _no("all hosts are offline; update HOST brings one back")
    return act(agent, hosts)


def _yes(text):
    return {"ok": True, "text": text}


def _no(text):
    return {"ok": False, "text": text}


def _keep(agent, text):
    """The answer to what is to outlive a restart: it says so when the journal cannot be written."""
    agent.event.set()
    if not agent.save():
        text = "%s; forgotten at a restart: %s" % (text, agent.save_error)
    return _yes(text)


def _check(agent, hosts):
    agent.event.set()
    return _yes("looking at the address now")


def _update(agent, hosts):
    if agent.journal.paused:
        return _no("paused: use resume first")
    return _force(agent, hosts, "sending one update")


def _force(agent, hosts, what, offline=False):
    now, wall = agent.clock.mono(), agent.clock.wall()
    said, some = [], False
    for h in hosts:
        why = policy.force(h.rec, now, wall, offline)
        some = some or not why
        said.append("%s: %s" % (h.name, why or what))
    said = "; ".join(said)
    return _keep(agent, said) if some else _no(said)


def _retry(agent, hosts):
    said, some = [], False
    for h in hosts:
        if not h.rec.stopped():
            said.append("%s is not stopped" % h.name)
            continue
        some, cause = True, h.rec.cause
        for other in agent.hosts():  # a stop of the account or the provider ends for all it held
            if other is h or other.rec.stopped() and other.rec.cause == cause:
                policy.retry(other.rec)
                said.append("%s: trying again" % other.name)
    said = "; ".join(said)
    return _keep(agent, said) if some else _no(said)


def _pause(agent, hosts):
    agent.journal.paused = True
    return _keep(agent, "paused: nothing is sent until resume")


def _resume(agent, hosts):
    agent.journal.paused = False
    return _keep(agent, "going on")


def _offline(agent, hosts):
    for h in hosts:
        if "offline" not in (h.account.row.get("opts") or ()):
            return _no("%s: provider %s knows no offline" % (h.name, h.account.row["id"]))
        if h.rec.offline:
            return _no("%s is offline already; update %s brings it back" % (h.name, h.name))
    return _force(agent, hosts, "setting it offline", True)


def status(agent, hosts=None):
    """The status document (a dict ready for JSON). Holds no secret."""
    now, wall = agent.clock.mono(), agent.clock.wall()
    lines, hosts = [], []
    for line in agent.lines:
        doc = {"name": line.name, "sources": [_source(row) for row in line.chooser.seen]}
        for family in (4, 6):
            doc["ipv%d" % family] = {
                "address": line.found[family], "source": line.source[family], "since": line.since[family],
                "why": line.why[family] if line.wants[family] else "not needed",
            }  # fmt: skip
        lines.append(doc)
    for i in range(len(agent.accounts)):
        account = agent.accounts[i]
        for h in account.hosts:
            r = h.rec
            wait = h.next - now if h.next != NEVER else None
            hosts.append({
                "name": h.name, "provider": account.row["id"], "account": i, "ipv4": r.v4, "ipv6": r.v6,
                "since": r.at or None, "state": h.state, "result": r.word, "class": r.cls, "text": text_of(r),
                "next": _next(h, wait), "next_in": wait, "next_at": wall + wait if wall and wait is not None else None,
                "why": agent.log.scrub(h.why), "offline": bool(r.offline),
            })  # fmt: skip
    counters = dict(agent.counters)
    counters["journal_writes"] = agent.journal.writes
    return {
        "version": VERSION, "user_agent": agent.agent_name(), "now": wall, "uptime": now,
        "started": wall - now if wall else None, "clock": "ok" if wall else "not set", "paused": agent.journal.paused,
        "lines": lines, "hosts": hosts, "exchange": agent.exchange, "counters": counters,
        "journal": {"state": agent.save_error or "ok", "lost": agent.journal.lost, "sequence": agent.journal.seq},
        "log": agent.log.lines,
    }  # fmt: skip


def _source(row):
    """What the chooser keeps of a source, for people."""
    found = row["address"]
    return dict(row, address=found and address.text(found), why=say(*row["why"]))


def _next(host, wait):
    if host.state in ("stopped", "paused") or host.rec.offline == 2:
        return "nothing"
    if host.state == "ok":
        return "refresh" if wait is not None else "nothing"
    return "send" if wait is not None else "wait"


def text_of(rec):
    """The last outcome in words."""
    if rec.stopped():
            return policy.stop_text(rec)
    if not rec.cls:
        return "nothing sent yet"
    if rec.cls in ("LATER", "ODD") and rec.word in _TROUBLES:
        return "%s; will be tried again" % _TROUBLES[rec.word]
    return {
        "OK": "stored",
        "SAME": "was stored already",
        "LATER": "no success, will be tried again",
        "ODD": "not understood, will be tried again",
    }[rec.cls]


# Words of net.Trouble, for people
_TROUBLES = {
    "dns": "the server's name was not found: is the name server reachable?",
    "connect": "no connection to the server",
    "timeout": "the server did not answer in time",
    "no tls": "this MicroPython has no TLS, and without it no password is sent",
    "tls": "what answers there speaks no TLS that we can use, so no password was sent",
    "roots": "the files of known authorities are missing or damaged, so no password was sent",
    "clock": "the server's certificate is not valid yet, so no password was sent: is the clock of this device right?",
    "expired": "the server's certificate has expired, so no password was sent",
    "wrong name": "the server's certificate is for another name, so no password was sent",
    "untrusted": "no known authority signed the server's certificate, so no password was sent",
    "reset": "the connection broke off",
    "cut": "the answer was cut off",
    "redirect": "the server sends us elsewhere; that is not followed, for the password's sake",
    "header": "the answer's header is too long",
    "odd": "what answers there does not speak HTTP",
}
_COMMANDS = {
    "status": status, "check": _check, "update": _update, "retry": _retry, "pause": _pause, "resume": _resume,
    "offline": _offline,
}  # fmt: skip
