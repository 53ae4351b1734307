"""What to ask a line's sources for, and whether anybody outside the home may be asked. A stage."""


def wanted(agent, line):
    """[(family, address known)] of what a host of the line wants; tells the chooser whether the line rests."""
    line.chooser.rest = rests(agent, line)
    return [(family, known(agent, line, family)) for family in (4, 6) if line.wants[family]]


def rests(agent, line):
    """True while none of the line's hosts may be updated whatever the address: refused, blocked, paused, half an
    hour of dnserr or 911. Nobody outside the home is asked meanwhile (No-IP: not after an error code)."""
    now = agent.clock.mono()
    for h in agent.hosts():
        trouble = h.rec.cls == "LATER" and h.rec.kind == "trouble" and now < h.rec.hold
        if h.account.line is line and not (h.rec.stopped() or trouble or agent.journal.paused):
            return False
    return True


def known(agent, line, family):
    """The line's address as it is known: told last, or what a host of it has at its provider; or None."""
    if line.found[family]:
        return line.found[family]
    for h in agent.hosts():
        if h.account.line is line:  # of another host at home (own6): the network is the line's
            have = h.rec.v4 if family == 4 else h.rec.v6
            if have:
                return have
    return None
