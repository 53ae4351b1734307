"""What an observer says about the WAN address. One file per way to learn it; none of them knows another, or the agent.

An observer is a class `Observer(options, kit)` with
    FAMILIES   the address families it can tell: (4,), (6,) or (4, 6)
    OUTSIDE    True when it asks somebody beyond the router (the chooser then asks seldom)
    async read(family) -> (kind, text, why)
    async changed()    optional: returns when something hints at a change; a hint is never trusted, only a reason to read()
    close()
"Could not tell" is never "there is none": an observer says NONE only when its source is sure of it.
"""

FOUND = 1  # text is the address, as the source said it
NONE = 0  # the source is sure: this line has no address now
UNKNOWN = -1  # no answer, or one that cannot be used; nothing may be concluded from it
