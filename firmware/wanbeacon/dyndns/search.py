"""Finding a provider by what a person calls it: its id, its name, another name of it or its host. For pages and `check`."""

from wanbeacon.core.text import distance
from wanbeacon.dyndns.catalog import heads

_SEARCHED = 240  # bytes of a row that hold its names and its host: `python -m tools catalogue` sees to that
_GUESS = 5  # ranks from here on are guesses, of use only where nothing better was found
_WORD_MAX = 60  # characters of a word that are looked at


def search(path, word, most=10):
    """[(id, name)] of the providers that `word` may mean, best first; [] when none is near. "no-ip.com", "he.net", "Oracle".

    path: the catalogue file. An empty word finds nothing. Raises OSError, ValueError as catalog.find."""
    word = word[:_WORD_MAX].lower()
    # of a site's name the part that tells: "members.dyndns.org" -> "dyndns"
    labels = [_letters(one) for one in word.split(".") if one not in ("www", "com", "net", "org", "de")]
    whole = _letters(word)
    found = []
    with open(path, "rb") as f:
        for i, name, size in heads(f):
            row = f.read(min(size, _SEARCHED)).decode()
            rank = _rank(whole, labels, name, _text(row, "also"), _text(row, "title"), _text(row, "host"))
            if rank is not None:  # of two that are equally near the first: the file begins with the better known
                found.append((rank, i, name, _text(row, "title") or name))
                found.sort()
                del found[most:]
    if found and found[0][0] < _GUESS:
        found = [one for one in found if one[0] < _GUESS]
    return [(one[2], one[3]) for one in found]


def _text(row, key):
    """The value of a key in the beginning of a row's JSON, "" when it is not there."""
    at = row.find('"%s":"' % key)
    if at < 0:
        return ""
    at += len(key) + 4
    return row[at : row.find('"', at)]


def _rank(word, labels, name, also, title, host):
    """How near a provider is to the word (0 = that is its id), or None."""
    if len(word) < 2:
        return None
    known = [_letters(one) for one in [name] + also.split()]
    for i in range(len(known)):
        if known[i] == word:
            return 1 if i else 0
    for one in known:
        if one.startswith(word):
            return 2
    title = _letters(title)
    for label in labels:
        if len(label) > 1 and (label in known or title.startswith(label)):
            return 3
    host = _letters(host)
    for label in [word] + labels:
        if len(label) > 2 and (label in title or label in host or label in "".join(known)):
            return 4
    best = None
    for label in labels[:2]:
        limit = max(1, len(label) // 3)
        for one in known:
            if len(one) > 2 and label.startswith(one):
                return _GUESS
            if abs(len(one) - len(label)) <= limit:
                far = distance(label, one)
                if far <= limit and (best is None or far < best):
                    best = far
    return None if best is None else best + _GUESS


def _letters(text):
    return "".join([c for c in text.lower() if c.isalpha() or c.isdigit()])
