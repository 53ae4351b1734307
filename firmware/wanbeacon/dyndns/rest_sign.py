# SPDX-License-Identifier: MIT
"""Signatures of APIs that want one with every call, as named recipes. Loaded only for a row that says "sign":
the recipe's name and what its scope holds ("aws4 us-east-1 route53").

All but three hash the same canonical request (method, path, query, headers, hash of the body) and differ in
what is signed with which key: a line each in _RECIPES. The account's `user` is the id of the key, `password`
its secret. No socket, clock or chance: they are handed in. The time has to be right within 5 to 15 minutes.

Documents: AWS "Signature Version 4"; Tencent Cloud "Signature v3"; Alibaba Cloud "Request syntax and
signature method V3"; Huawei Cloud "API Request Signing Guide", AK/SK; Volcengine "Signature method"; Baidu
AI Cloud "Generate an authentication string"; OVHcloud "First steps with the API"; NearlyFreeSpeech.NET "API
introduction".
"""

import binascii
import hashlib

from wanbeacon.core import civil
from wanbeacon.core.mac import hmac
from wanbeacon.core.text import printable
from wanbeacon.core.url import quote

# name|algorithm|header of the time|headers that are signed besides host and that|begin of the key|end of the
# scope|what names the key's id|separator
_RECIPES = (
    "aws4|AWS4-HMAC-SHA256|X-Amz-Date|content-type|AWS4|aws4_request|Credential|, ",
    "tc3|TC3-HMAC-SHA256|X-TC-Timestamp|content-type|TC3|tc3_request|Credential|, ",
    "volc|HMAC-SHA256|X-Date|content-type x-content-sha256||request|Credential|, ",
    "acs3|ACS3-HMAC-SHA256|x-acs-date|x-acs-action x-acs-content-sha256 x-acs-signature-nonce x-acs-version|"
    "||Credential|,",
    "sdk|SDK-HMAC-SHA256|X-Sdk-Date|content-type|||Access|, ",
)
_VALID = 1800  # seconds that a signature of Baidu's is good for: their own examples' value


def sign(recipe, account, wall, method, place, path, headers, body, nonce):
    """Add to `headers` (dict with "Host") what makes this request a signed one.

    recipe: the row's text. wall: Unix seconds. place: "https://host" as OVH signs it. path: with its query,
    percent-encoded. body: bytes or None. nonce: 32 random hexadecimal
    digits. Returns the path that is to be sent.
    """
    name, *scope = recipe.split()
    user, secret = printable(account.get("user") or ""), account.get("password") or ""
    path, mark, query = path.replace("@", "%40").partition("?")
    if name == "ovh" or name == "nfsn":
        path += mark + query
        if name == "ovh":
            _ovh(account, wall, method, place + path, headers, body or b"")
        else:
            _nfsn(user, secret, wall, path, headers, body or b"", nonce)
        return path
    pairs = [one.split("=", 1) for one in query.split("&")] if query else []
    pairs.sort()
    sorted_query = "&".join(["=".join(pair) for pair in pairs])
    if name == "bce":
        _bce(user, secret, wall, "%s\n%s\n%s\n" % (method, path, sorted_query), headers)
    else:
        words = [line for line in _RECIPES if line.startswith(name + "|")][0].split("|")
        _chain(words, scope, user, secret, wall, (method, path, sorted_query), headers, body or b"", nonce)
    return path + mark + query


def _chain(words, scope, user, secret, wall, request, headers, body, nonce):
    name, algorithm, clock, signed, begin, end, who, comma = words
    method, path, query = request
    day, time = _clock(wall)
    if name == "tc3":  # this one counts seconds, and writes the day with hyphens
        stamp, day = str(wall), day[:4] + "-" + day[4:6] + "-" + day[6:]
    elif name == "acs3":
        stamp = "%s-%s-%sT%s:%s:%sZ" % (day[:4], day[4:6], day[6:], time[:2], time[2:4], time[4:])
    else:
        stamp = day + "T" + time + "Z"
    headers[clock] = stamp
    digest = _hex(hashlib.sha256(body).digest())
    if name == "acs3":
        headers["x-acs-content-sha256"] = digest
        headers["x-acs-signature-nonce"] = nonce
    elif name == "volc":
        headers["X-Content-Sha256"] = digest
    elif name == "sdk":
        path += "" if path[-1:] == "/" else "/"
    elif name == "aws4":  # encoded a second time, but for S3
        path = "/".join([quote(part) for part in path.split("/")])
    mine = {key.lower(): headers[key] for key in headers}
    names = [one for one in mine if one in signed.split() or one == "host"]
    if name != "tc3":
        names.append(clock.lower())
    names = sorted(set(names))
    lines = "".join(["%s:%s\n" % (one, mine[one].strip()) for one in names])
    names = ";".join(names)
    canonical = "\n".join([method, path, query, lines, names, digest])
    parts = [algorithm]
    if name != "acs3":
        parts.append(stamp)
    key = (begin + secret).encode()
    if end:
        scope = [day] + scope + [end]
        parts.append("/".join(scope))
        for word in scope:
            key = hmac(hashlib.sha256, key, [word.encode()])
        user += "/" + parts[-1]
    parts.append(_hex(hashlib.sha256(canonical.encode()).digest()))
    mark = _hex(hmac(hashlib.sha256, key, ["\n".join(parts).encode()]))
    headers["Authorization"] = "%s %s=%s%sSignedHeaders=%s%sSignature=%s" % (
        algorithm, who, user, comma, names, comma, mark,
    )  # fmt: skip


def _bce(user, secret, wall, request, headers):
    """Baidu AI Cloud: the key of a signature is made of what its header says before it."""
    day, time = _clock(wall)
    stamp = "%s-%s-%sT%s:%s:%sZ" % (day[:4], day[4:6], day[6:], time[:2], time[2:4], time[4:])
    prefix = "bce-auth-v1/%s/%s/%d" % (user, stamp, _VALID)
    key = _hex(hmac(hashlib.sha256, secret.encode(), [prefix.encode()]))
    mark = hmac(hashlib.sha256, key.encode(), [(request + "host:" + quote(headers["Host"])).encode()])
    headers["x-bce-date"] = stamp
    headers["Authorization"] = "%s/host/%s" % (prefix, _hex(mark))


def _ovh(account, wall, method, url, headers, body):
    """OVH: a plain SHA-1; `token` is the consumer key."""
    token, wall = account.get("token") or "", str(wall)
    digest = hashlib.sha1()
    for part in (account.get("password") or "", token, method, url):
        digest.update(part.encode() + b"+")
    digest.update(body + b"+" + wall.encode())
    headers["X-Ovh-Application"] = printable(account.get("user") or "")
    headers["X-Ovh-Consumer"] = printable(token)
    headers["X-Ovh-Timestamp"] = wall
    headers["X-Ovh-Signature"] = "$1$" + _hex(digest.digest())


def _nfsn(user, secret, wall, path, headers, body, nonce):
    """NearlyFreeSpeech.NET: a plain SHA-1, with a salt of 16 letters and digits."""
    begin = "%s;%d;%s;" % (user, wall, nonce[:16])
    text = begin + "%s;%s;%s" % (secret, path, _hex(hashlib.sha1(body).digest()))
    headers["X-NFSN-Authentication"] = begin + _hex(hashlib.sha1(text.encode()).digest())


def _hex(data):
    return binascii.hexlify(data).decode()


def _clock(wall):
    """("20150830", "123600") of Unix seconds, UTC."""
    left = wall % 86400
    return "%04d%02d%02d" % civil.date(wall), "%02d%02d%02d" % (left // 3600, left % 3600 // 60, left % 60)
