# SPDX-License-Identifier: MIT
"""Draws a Story as a timeline and fleets as rates."""

from pathlib import Path

import matplotlib
import numpy

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.lines import Line2D
from wanbeacon.app import words

# Okabe-Ito: told apart by colour-blind eyes too
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#8A8A8A",
)
LANES = ("device", "clock", "line", "provider", "host", "hold", "request")
NAMES = {"device": "device and user", "clock": "clock", "line": "line", "provider": "provider says",
         "host": "host is", "hold": "request held back", "request": "requests"}  # fmt: skip
_STATES = {"stopped": RED, "paused": PURPLE, "waiting": ORANGE}
_ANSWERS = (  # which answers are one colour
    ("stored", BLUE, ("ok",)),
    (
        "later (911, 5xx, no answer)",
        ORANGE,
        ("911", "dnserr", "timeout", "lost", "reset", "refuse", "dns", 500, 503, 429),
    ),
    ("not understood", PURPLE, ("page", "empty", "garbage", "other")),
    ("refused: stop", RED, ()),
)
_DAY = 86400


def _kind(answer):
    for kind in _ANSWERS:
        if answer in kind[2]:
            return kind
    return _ANSWERS[-1]


def _spans(top, story, height, start, end):
    """What lasts: a bar in its lane."""
    least = (end - start) / 600  # nothing is drawn thinner than this
    for lane, a, b, text in story.spans:
        if b < start or a > end:
            continue
        state = text if isinstance(text, str) else text[0]
        colour = {"host": _STATES.get(state, GREY), "hold": SKY, "provider": RED}.get(lane, GREY)
        a, b = max(a, start), min(b, end)
        top.barh(height[lane], max(b - a, least) / _DAY, left=a / _DAY, height=0.44, color=colour, alpha=0.85)
        label = (
            text
            if isinstance(text, str)
            else words.join(text[1]).split(":")[0]
            if state == "stopped"
            else state
        )
        if lane in ("provider", "clock", "line") or (lane == "host" and b - a > (end - start) / 90):
            top.annotate(
                label[:26], (a / _DAY, height[lane] + 0.27), fontsize=7.5, rotation=22, ha="left", va="bottom"
            )


def _marks(top, story, height, start, end):
    """What happens at a moment: a stroke or a triangle in its lane, the device's with their text."""
    last = -end
    for lane, when, text in story.marks:
        if start <= when <= end:
            top.plot(when / _DAY, height[lane], "|" if lane == "line" else "v",
                     color=GREY if lane == "line" else "black", ms=7 if lane == "line" else 5)  # fmt: skip
            if lane == "device" and when - last > (end - start) / 60:
                top.annotate(
                    text,
                    (when / _DAY, height[lane] + 0.18),
                    fontsize=7.5,
                    rotation=22,
                    ha="left",
                    va="bottom",
                )
                last = when


def _counts(low, story, start, end):
    """How many of each there were since the start."""
    for name, times, colour, width in (("address changes", story.changes, GREY, 4),
                                       ("requests", [w for w, _ in story.requests], BLUE, 1.6),
                                       ("flash writes", story.writes, GREEN, 1.6)):  # fmt: skip
        inside = [t / _DAY for t in times if start <= t <= end]
        low.step([start / _DAY, *inside, end / _DAY], [*range(len(inside) + 1), len(inside)], where="post",
                 color=colour, lw=width, label=name, alpha=0.9)  # fmt: skip
    low.legend(loc="upper left", fontsize=9, frameon=False)
    low.set_xlabel("day")
    low.set_ylabel("so many since the start")
    low.set_xlim(start / _DAY, end / _DAY)
    low.grid(alpha=0.3)


def timeline(story, path, start=0, end=None):
    """One device's life between two times (seconds) as an image; the suffix says which kind (.png, .svg)."""
    end = end or story.end
    figure, (top, low) = plt.subplots(
        2, 1, figsize=(17, 9), sharex=True, height_ratios=(2.2, 1), layout="constrained"
    )
    height = {lane: len(LANES) - n for n, lane in enumerate(LANES)}
    _spans(top, story, height, start, end)
    _marks(top, story, height, start, end)
    for when, answer in story.requests:
        if start <= when <= end:
            kind = _kind(answer)  # each a little higher, so that a rare one is not hidden among the many
            up = 0.16 * _ANSWERS.index(kind)
            top.plot(when / _DAY, height["request"] - 0.2 + up, "o", color=kind[1], ms=4.5, alpha=0.8)
    top.set_yticks(list(height.values()), [NAMES[lane] for lane in LANES], fontsize=10)
    top.set_ylim(0.4, len(LANES) + 0.95)
    top.legend(
        [Line2D([], [], marker="o", ls="", color=colour) for _, colour, _ in _ANSWERS],
        [name for name, _, _ in _ANSWERS], loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=4,
        fontsize=9, frameon=False,
    )  # fmt: skip
    for side in ("top", "right", "left"):
        top.spines[side].set_visible(False)
    top.tick_params(axis="y", length=0)
    top.set_title("day %g to %g: %d address changes, %d requests, %d flash writes" % (
        start / _DAY, end / _DAY, _count(story.changes, start, end),
        _count([w for w, _ in story.requests], start, end), _count(story.writes, start, end),
    ), loc="left", fontsize=13)  # fmt: skip
    _counts(low, story, start, end)
    _save(figure, path)


def _count(times, start, end):
    return sum(start <= t <= end for t in times)


def _save(figure, path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def rates(runs, path, title, marks=(), unit=60, until=None):
    """Request rates of several fleets, one panel each, on one logarithmic scale. runs: [(name, requests per
    second in each second, note)]; marks: [(rate, text)] lines across; unit: seconds of the time axis' unit;
    until: seconds shown."""
    until = until or max(len(offered) for _, offered, _ in runs)
    wide = -(-until // 1200)  # seconds in one step of the picture
    most = max(offered.max() for _, offered, _ in runs)
    figure, panels = plt.subplots(len(runs), 1, figsize=(13, 3.7 * len(runs)), layout="constrained",
                                  squeeze=False, sharex=True, sharey=True)  # fmt: skip
    figure.suptitle(title, fontsize=13, x=0.01, ha="left")
    for axis, (name, offered, note), colour in zip(panels[:, 0], runs, (BLUE, RED, PURPLE)):
        shown = numpy.zeros(-(-until // wide) * wide)
        shown[: min(until, len(offered))] = offered[:until]
        steps = shown.reshape(-1, wide)
        times = numpy.arange(len(steps)) * wide / unit
        axis.fill_between(times, numpy.maximum(steps.max(1), 0.1), step="post", color=colour, alpha=0.35,
                          lw=0, label="highest second" if wide > 1 else "each second")  # fmt: skip
        if unit == 60 and len(shown) >= 60:
            means = shown[: len(shown) // 60 * 60].reshape(-1, 60).mean(1)
            axis.step(
                range(len(means) + 1),
                [*means, means[-1]],
                where="post",
                color=colour,
                lw=1.8,
                label="mean of a minute",
            )
        for rate, text in marks:
            axis.axhline(rate, color="black", lw=1, ls="--")
            axis.annotate(
                text, (0.99, rate), xycoords=("axes fraction", "data"), fontsize=9, va="bottom", ha="right"
            )
        axis.set_title(name, fontsize=11.5, loc="left", color=colour)
        axis.annotate(
            note, (0.99, 0.97), xycoords="axes fraction", ha="right", va="top", fontsize=10, linespacing=1.4
        )
        axis.legend(loc="upper center", fontsize=9, frameon=False)
        axis.set_ylabel("requests a second")
        axis.set_yscale("log")
        axis.set_xlim(-until / unit / 150, until / unit)
        axis.set_ylim(0.8, max(8, most * 8))
        axis.grid(alpha=0.3)
    panels[-1, 0].set_xlabel({60: "minutes", 3600: "hours", 1: "seconds"}[unit])
    _save(figure, path)
