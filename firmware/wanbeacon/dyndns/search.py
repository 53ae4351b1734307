# SPDX-License-Identifier: MIT
"""Which provider a person means: search over names, aliases, hosts and ids. A stage of pages and tools.

File (catalogue/names.txt, written by `python -m tools catalogue`): a line per provider, the best known first,
of four fields between "|": id, name for people, host, aliases (words with spaces between: domains of its host
names, old names, spellings). The id "-" marks a service that people look for and that cannot be served; why
stands in place of its host.

Pure but for reading that file, a line at a time: a board has no room for all of it.
"""

from wanbeacon.core.lines import lines
from wanbeacon.core.text import distance

_NEAR = 7  # ranks from here on are guesses at a spelling
# ranks from here on are words that go on or lie within others: a word mistyped may be nearer ("noipp")
_BEGUN = 4


def _letters(text):
    """Letters and digits of bytes, lower case.
    By bytes: MicroPython keeps a string for every character it is shown alone."""
    return bytes([b for b in text.lower() if 97 <= b <= 122 or 48 <= b <= 57 or b > 127])


def _rank(line, query, word, parts, near):
    """How near a line is to the query (0: that is it), 99 for not at all. word: its letters; parts: those of
    its words. near: guess a spelling too."""
    key, name, host, aliases = line.split(b"|")
    if key == b"-":  # the words of the reason are no name
        host, line = b"", name + b"|" + aliases
    known = [_letters(one) for one in [key, name] + aliases.split()]
    host = host.lower()
    words = [_letters(one) for one in name.split() + key.split(b"-")]
    rank = _named(query, word, known, host, words, aliases)
    if rank is not None:
        return rank
    words += [_letters(one) for one in host.split(b".")]
    limit, far = max(1, len(word) // 4), 99
    if near:
        for one in known[:1] + known[2:] + words:
            if len(one) > 2 and abs(len(one) - len(word)) <= limit:
                far = min(far, distance(word, one))
        if far <= 1 and len(word) > 3:
            return 3
    for one in known + words:
        if one.startswith(word):
            return _BEGUN
    every = _letters(line)
    if word in every:
        return 5
    if len(parts) > 1 and all([part in every for part in parts]):
        return 6
    return _NEAR + far if far <= limit else 99


def _named(query, word, known, host, words, aliases):
    """The rank of a line that surely is meant, else None."""
    if word in known:
        return 0 if word in known[:2] else 1
    own = host[host.find(b".") + 1 :]
    if query == host or query == own or own.count(b".") and query.endswith(b"." + own):
        return 2
    if word in words:
        return 3
    if len(word) > 4 and any(
        [abs(len(one) - len(word)) < 2 and distance(word, one) == 1 for one in known[:2]]
    ):
        return 3  # one letter wrong comes before what only begins so: noipp is no-ip, not no-ip.pl
    for one in aliases.split():  # a host name of a user's: home.duckdns.org
        if b"." in one and query.endswith(b"." + one):
            return 2
    return None


def search(path, query, most=12):
    """Providers that may be meant by `query` (text), best first: (id, name, host), ("-", name, why) for one
    that cannot be served. All of them, in the file's order, when there is nothing to search for. Raises
    OSError."""
    query = query.lower().strip().encode()
    at = query.find(b"://")  # a URL from a manual
    if at >= 0 or b" " not in query:
        query = query[at + 3 if at >= 0 else 0 :].split(b"/")[0].split(b"@")[-1]
    if query.startswith(b"www."):
        query = query[4:]
    word = _letters(query)
    parts = [_letters(part) for part in query.split()]
    ranked = _ranked(path, query, word, parts, False, most)
    if word and (not ranked or ranked[0][0] >= _BEGUN):
        ranked = _ranked(path, query, word, parts, True, most)
        if ranked and ranked[0][0] < _NEAR:
            ranked = [one for one in ranked if one[0] < _NEAR]
    return [tuple(line.decode().split("|")[:3]) for _, _, line in ranked]


def _ranked(path, query, word, parts, near, most):
    ranked, n = [], 0
    with open(path, "rb") as f:
        for line in lines(f):
            n += 1
            rank = _rank(line, query, word, parts, near) if word else 99 if line.startswith(b"-") else 0
            if rank < 99:
                ranked.append((rank, n, line))
                if len(ranked) > most:
                    ranked.sort()
                    ranked.pop()
    ranked.sort()
    return ranked


def named(path, ids):
    """{id: (name, host)} of the providers with these ids. Raises OSError."""
    out = {}
    with open(path, "rb") as f:
        for line in lines(f):
            key, name, host, _ = line.split(b"|")
            key = key.decode()
            if key != "-" and key in ids:
                out[key] = name.decode(), host.decode()
    return out


def login(path, name):
    """What a provider calls the parts of its login: (user, password, token), texts, "" for nothing special;
    user "-": it has none; token: only where it takes one beside the password. path: catalogue/logins.txt, a
    line per provider: its id and these between "|". Raises OSError."""
    with open(path, "rb") as f:
        for line in lines(f):
            if line.startswith(name.encode() + b"|"):
                return tuple(line.decode().split("|")[1:])
    return "", "", ""
