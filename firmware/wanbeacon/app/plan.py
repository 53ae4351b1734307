"""What is due: from the line's addresses and the records. A stage; sends and writes nothing. The requests
that come of it: requests.py."""

from micropython import const

from wanbeacon.app.agent import CLOCK_EVERY
from wanbeacon.app.wanted import at_home, want
from wanbeacon.core import address, outcome, policy
from wanbeacon.core.record import NEVER
from wanbeacon.observe.base import NONE, UNKNOWN

# seconds for which a source that cannot tell is no trouble: a router restarts in minutes
_PATIENCE = const(1800)


def judge(agent, host, now):
    """Decide for one host and note it for the status. Returns (host, wanted, stored) when it is due, else
    None. now: the same for all hosts of a request, or a second that ends between two of them would part
    them."""
    rec, wanted = host.rec, want(host)
    if rec.offline == 1 and not any(wanted):
        # to go offline takes no address of the line
        wanted = [a if a and not address.why_not(a) else None for a in policy.stored(rec)]
    verdict, host.next, host.why = policy.step(rec, wanted, now)
    host.state = "waiting"
    if verdict == policy.STOPPED:
        host.state = "stopped"
    elif agent.journal.paused:
        host.state, host.why, host.next = "paused", (("wait.paused",),), NEVER
    elif agent.save_error:
        host.why, host.next = (agent.save_error,), agent.save_after
    elif verdict == policy.WAIT:
        dead = _dead(host)
        if not (wanted[0] or wanted[1]):
            host.why = _no_address(host)
            if _unheard(host, now) or host.why[0][0] == "home.neighbor_off":
                host.state = "ok"
        elif rec.offline == 2 or host.why[0][0] != "ok":
            pass
        elif dead:
            host.why = (("wait.dead", dead),)
        else:
            host.state = "ok"
    elif not host.account.plain and agent.clock.wall() is None:
        host.why = (("wait.clock",),)
        host.next = now + CLOCK_EVERY
    else:
        return host, wanted, policy.stored(rec)
    return None


def _dead(host):
    """An address that is published though the line surely has none of its family any more, or None."""
    line, rec = host.account.line, host.rec
    for family, have in ((4, rec.v4), (6, rec.v6)):
        if have and host.families[family // 6] and line.kind[family] == NONE and line.found[family] is None:
            return have
    return None


def _unheard(host, now):
    """True while a source just cannot tell, and what is published was so until now: no fault that anybody
    need see yet."""
    line, rec = host.account.line, host.rec
    for family, have in ((4, rec.v4), (6, rec.v6)):
        lost = line.lost[family]
        if have and line.kind[family] == UNKNOWN and (lost is None or now - lost < _PATIENCE):
            return rec.cls in (outcome.OK, outcome.SAME)
    return False


def _no_address(host):
    line = host.account.line
    for family in (4, 6):
        found = line.found[family]
        if found and host.families[family // 6]:
            if family == 6:
                found, why = at_home(host)
                if not found:
                    return (why,)
            bad = address.why_not(found)
            if bad:
                return (("line.unfit", found, ("address." + bad,)),)
    return (line.why[4 if host.families[0] else 6],)


def due(agent, hosts):
    """Decide for hosts: [(host, wanted, stored)] of those that are due."""
    now = agent.clock.mono()
    return [one for one in [judge(agent, h, now) for h in hosts] if one]
