# SPDX-License-Identifier: MIT
"""A million devices at one provider: how many requests it gets in each second. Vectorised copies of the
schedule in policy.py; the constants are the policy's own, and a test holds the copies to it.

    regional   all lines of a region were down for ten minutes and come back in the same second, with new
               addresses
    provider   the same, but the provider serves only so many requests a second and times out the rest
    refusing   the same, but it refuses the connections of the rest (or of all, while it is down)
    broker     all devices come back to their MQTT broker, which takes so many connections a second
    refresh    all names were sent on the same day and are to be sent again before they expire
"""

from dataclasses import dataclass, field

import numpy
from wanbeacon.app import mqtt, mqtt_join
from wanbeacon.core import outcome, policy
from wanbeacon.core.record import DAY, REFRESH_DAYS

TIMEOUT = 20  # seconds after which an exchange is given up (net/http.py, BUDGET)
EXCHANGE = 1  # seconds until an answer, rounded up


def lean(rnd):
    """policy._lean for an array."""
    rnd = rnd.astype(numpy.int64)
    return (rnd * rnd >> 16) * rnd >> 16


def later(kind, times, rnd):
    """policy.later without Retry-After, for arrays."""
    first, window, longest = policy.SCHEDULE[kind]
    shift = numpy.minimum(times.astype(numpy.int64) - 1, 12)
    base = numpy.minimum(longest >> 1, first << shift)
    return base + (numpy.maximum(0, numpy.minimum(longest - base, window << shift)) * lean(rnd) >> 16)


def spread(rnd):
    """The wait of policy.line_returned when no other wait is running, for an array."""
    return (policy.SPREAD * rnd.astype(numpy.int64) >> 16) + 1


def wait(tries, rnd, spread=30):
    """mqtt.Broker.wait_s for arrays."""
    window = spread << numpy.minimum(tries.astype(numpy.int64), 5)
    window = numpy.where(tries > 0, numpy.minimum(window, max(mqtt.AGAIN_MAX, spread)), window)
    least = numpy.where(tries > 0, window // 2, 0)
    return least + (window - least) * rnd.astype(numpy.int64) / 65536


def age(refresh, seed):
    """model.Limits.age for an array."""
    return refresh - (refresh * seed.astype(numpy.int64) >> 20)


@dataclass
class Run:
    """offered: requests that begin in each second; done: names that are right at the end of each second."""

    name: str
    devices: int
    offered: numpy.ndarray
    done: numpy.ndarray
    tries: int = 0
    notes: list = field(default_factory=list)

    def peak(self):
        """Highest rate of one second, as a part of the fleet."""
        return self.offered.max() / self.devices

    def second(self, part):
        """Seconds until this part of the names is right, or None."""
        right = numpy.cumsum(self.done)
        at = int(numpy.searchsorted(right, part * self.devices))
        return at + 1 if at < len(right) else None

    def minutes(self):
        """Mean rates of whole minutes."""
        whole = len(self.offered) // 60 * 60
        return self.offered[:whole].reshape(-1, 60).mean(1)

    def rises(self, noise=3.0):
        """[(minute, rise)]: minutes with a higher mean rate than the one before, beyond what counting so many
        random arrivals alone does (`noise` standard deviations)."""
        rates = self.minutes()
        allowed = noise * numpy.sqrt(2 * rates[:-1] / 60)
        return [
            (int(n) + 1, float(rates[n + 1] - rates[n]))
            for n in numpy.nonzero(rates[1:] - rates[:-1] > allowed)[0]
        ]


def _counts(times, least=0):
    return numpy.bincount(times, minlength=least)


def regional(devices, seed=1, jitter=True):
    """All lines are back in second 0; the provider answers everybody."""
    chance = numpy.random.default_rng(seed)
    begin = spread(chance.integers(0, 65536, devices)) if jitter else numpy.zeros(devices, numpy.int64)
    name = "each device waits a random part of %d s" % policy.SPREAD if jitter else "without our jitter"
    return Run(name, devices, _counts(begin), _counts(begin + EXCHANGE), 1)


def provider(
    devices, serves=2000, down=0, seed=1, jitter=True, progress=None, horizon=6 * 3600, refuses=False
):
    """The same, but the provider serves `serves` requests in each second (after being down for `down`
    seconds), and every other request times out, or (`refuses`) is refused at once."""
    lost = EXCHANGE + policy.CROWD_S if refuses else TIMEOUT
    chance = numpy.random.default_rng(seed)
    begin = spread(chance.integers(0, 65536, devices)) if jitter else numpy.zeros(devices, numpy.int64)

    def again(now, tries):
        rnd = chance.integers(0, 65536, len(tries)) if jitter else numpy.zeros(len(tries), numpy.int64)
        return now + lost + later(outcome.NET, tries, rnd) + 1

    longest = policy.SCHEDULE[outcome.NET][2] + TIMEOUT
    offered, done, tries, left = _served(begin, again, serves, down, chance, horizon, longest, progress)
    name = "the schedule of policy.py" if jitter else "without our jitter (60 s, 120 s, 240 s ... sharp)"
    run = Run(name, devices, offered, done, tries)
    if left:
        run.notes.append("%d devices not served after %d h" % (left, horizon // 3600))
    return run


def broker(devices, serves=500, down=0, seed=1, jitter=True, progress=None, spread=30, horizon=2 * 3600):
    """All devices lost their broker in second 0 (or got their power back), it is not there for `down`
    seconds, and then takes `serves` connections in each second; the others give up after JOIN_MS."""
    chance = numpy.random.default_rng(seed)
    late = mqtt_join.JOIN_MS // 1000

    def waits(tries):
        rnd = chance.integers(0, 65536, len(tries)) if jitter else numpy.full(len(tries), 65535)
        return numpy.ceil(wait(tries, rnd, spread)).astype(numpy.int64)

    def again(now, tries):
        return now + (late if now >= down else 0) + waits(tries) + 1

    begin, longest = waits(numpy.zeros(devices, numpy.int16)), 2 * max(mqtt.AGAIN_MAX, spread) + late
    offered, done, tries, left = _served(begin, again, serves, down, chance, horizon, longest, progress)
    name = (
        "each device waits a random part of %d s, longer after failures" % spread
        if jitter
        else "without our jitter"
    )
    run = Run(name, devices, offered, done, tries)
    if left:
        run.notes.append("%d devices not connected after %d h" % (left, horizon // 3600))
    return run


def _served(begin, again, serves, down, chance, horizon, longest, progress):
    """(requests offered, served in each second, tries of the unluckiest, devices left) of a server that takes
    `serves` requests a second from second `down` on. begin: second of each device's first request; again(now,
    failures of some devices) -> seconds of their next ones, at most `longest` later."""
    devices = len(begin)
    due = [[] for _ in range(horizon + longest + 2)]
    _sort_in(due, begin, numpy.arange(devices))
    fails = numpy.zeros(devices, numpy.int16)
    offered, done = numpy.zeros(horizon, numpy.int64), numpy.zeros(horizon, numpy.int64)
    left, end = devices, horizon
    for now in range(horizon):
        if due[now]:
            asking = numpy.concatenate(due[now])
            due[now] = None
            offered[now] = len(asking)
            done[now] = served = min(len(asking), serves if now >= down else 0)
            left -= served
            failed = chance.permutation(asking)[served:] if served < len(asking) else asking[:0]
            fails[failed] += 1
            _sort_in(due, again(now, fails[failed]), failed)
        if progress and now % 20 == 0:
            progress(devices - left)
        if not left:
            end = now + 1
            break
    return offered[:end], done[:end], int(fails.max()) + 1, left


def _sort_in(due, times, who):
    """Put each of `who` into the list of its second."""
    order = numpy.argsort(times, kind="stable")
    times, who = times[order], who[order]
    seconds, first = numpy.unique(times, return_index=True)
    for second, part in zip(seconds, numpy.split(who, first[1:])):
        if second < len(due):
            due[second].append(part)


def refresh(devices, seed=1, jitter=True):
    """All names were sent within one hour (a new firmware, say), REFRESH_DAYS ago at most; rates of their
    refresh."""
    chance = numpy.random.default_rng(seed)
    sent = chance.integers(0, 3600, devices)
    seeds = chance.integers(0, 65536, devices) if jitter else numpy.zeros(devices, numpy.int64)
    whole = REFRESH_DAYS * DAY
    earliest = whole - whole // 16
    begin = sent + age(whole, seeds) - earliest
    name = "each device up to a sixteenth earlier" if jitter else "without our jitter"
    return Run(
        name, devices, _counts(begin, whole // 16 + 3600), _counts(begin + EXCHANGE, whole // 16 + 3601), 1
    )


def refusing(devices, **more):
    """`provider`, whose overload is told at once."""
    return provider(devices, refuses=True, **more)


#: scene -> function(devices, seed, jitter, ...)
SCENES = {
    "regional": regional,
    "provider": provider,
    "refusing": refusing,
    "broker": broker,
    "refresh": refresh,
}
