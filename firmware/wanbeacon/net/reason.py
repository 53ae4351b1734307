# SPDX-License-Identifier: MIT
"""Any exception -> a code tuple, as sources and the chooser hand on reasons. Words for the codes:
catalogue/words.txt."""

import errno

# The numbers differ between Linux and lwIP, so they are looked up; 101 and 118: ENETUNREACH and EHOSTUNREACH
# of newlib, which MicroPython's errno does not name.
_NAMES = (
    (errno.ECONNREFUSED, "net.refused"), (errno.ETIMEDOUT, "net.late"), (errno.ECONNRESET, "net.reset"),
    (errno.EHOSTUNREACH, "net.unreachable"), (101, "net.unreachable"), (118, "net.unreachable"),
    (errno.ENOENT, "net.missing"), (errno.EACCES, "net.forbidden"), (errno.EPERM, "net.forbidden"),
    (errno.ENODEV, "net.no_device"),
)  # fmt: skip


class Why(ValueError):
    """Raised by net and observe where the reason is known: .why is a code tuple."""

    def __init__(self, *why):
        super().__init__(*why)
        self.why = why


def why(error):
    """The code tuple for an exception, whatever it is:
    MicroPython's may carry no argument, or one of any type."""
    if isinstance(error, Why):
        return error.why
    first = error.args[0] if error.args else None
    if isinstance(error, OSError) and isinstance(first, int):
        if first < 0:  # getaddrinfo's own numbers
            return ("net.name",)
        for number, code in _NAMES:
            if number == first:
                return (code,)
        return "net.errno", first
    try:
        text = str(first)[:60] if error.args else ""
    except Exception:  # an argument that cannot be shown
        text = ""
    return "net.fault", type(error).__name__, text
