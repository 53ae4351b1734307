# SPDX-License-Identifier: MIT
"""Checks the signature of a request, as the services' own documents say it is made. Written apart from
firmware/wanbeacon/dyndns/rest_sign.py, with Python's hmac: neither may take over the other's mistakes.

Each check(request, keys, now) -> None when the signature is right, else what is wrong with it. request:
method, target, headers (lower-case names), body (bytes or text). keys: {id: secret}; OVH's secret is
"SECRET+CONSUMER"."""

import hashlib
import hmac
import re
from datetime import UTC, datetime
from urllib.parse import quote, unquote

SKEW = 300  # seconds: the least that any of them allows


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _body(request):
    return request.body.encode() if isinstance(request.body, str) else request.body or b""


def _query(target):
    """The query in its canonical form: decoded, encoded anew, sorted by name and value."""
    pairs = [one.partition("=")[::2] for one in target.partition("?")[2].split("&") if one]
    coded = sorted((quote(unquote(a), safe="-_.~"), quote(unquote(b), safe="-_.~")) for a, b in pairs)
    return "&".join("%s=%s" % pair for pair in coded)


def _canonical(request, path, names, digest):
    lines = "".join("%s:%s\n" % (name, request.headers.get(name, "").strip()) for name in names.split(";"))
    return "\n".join([request.method, path, _query(request.target), lines, names, digest])


def _taken_apart(request, algorithm):
    """{word: value} of "ALGORITHM Credential=.., SignedHeaders=.., Signature=..", or None."""
    head = request.headers.get("authorization", "")
    if not head.startswith(algorithm + " "):
        return None
    return dict(part.partition("=")[::2] for part in re.split(r",\s*", head[len(algorithm) + 1 :]))


def _late(text, form, now):
    try:
        made = datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return "a time that is none: %s" % text
    return None if abs(made - now) <= SKEW else "a time that is %d s off" % (made - now)


def _scoped(request, keys, now, algorithm, begin, scope, stamp, day, form, names, digest):
    """What AWS, Tencent and Volcengine share: a key derived from day and scope. names: headers that must be
    signed."""
    parts = _taken_apart(request, algorithm)
    if parts is None:
        return "no %s in Authorization" % algorithm
    who, _, given = parts.get("Credential", "").partition("/")
    if given != "/".join([day, *scope]):
        return "a credential scope that is none of this service: %s" % given
    if not set(names) <= set(parts.get("SignedHeaders", "").split(";")):
        return "not signed: one of %s" % (names,)
    wrong = (
        _late(stamp, form, now) if form else None if abs(int(stamp) - now) <= SKEW else "a time that is off"
    )
    if wrong or who not in keys:
        return wrong or "no such key id: %s" % who
    key = (begin + keys[who]).encode()
    for word in (day, *scope):
        key = _hmac(key, word)
    path = request.target.partition("?")[0]
    if algorithm == "AWS4-HMAC-SHA256":
        path = "/".join(quote(part, safe="-_.~") for part in path.split("/"))
    canonical = _canonical(request, path, parts["SignedHeaders"], digest)
    text = "\n".join([algorithm, stamp, given, _sha256(canonical.encode())])
    return None if _hmac(key, text).hex() == parts.get("Signature") else "another signature"


def aws4(request, keys, now):
    """docs.aws.amazon.com, "Create a signed AWS API request"."""
    stamp = request.headers.get("x-amz-date", "")
    return _scoped(
        request,
        keys,
        now,
        "AWS4-HMAC-SHA256",
        "AWS4",
        ("us-east-1", "route53", "aws4_request"),
        stamp,
        stamp[:8],
        "%Y%m%dT%H%M%SZ",
        ("host", "x-amz-date"),
        _sha256(_body(request)),
    )


def tc3(request, keys, now):
    """cloud.tencent.com, "Signature v3"."""
    stamp = request.headers.get("x-tc-timestamp", "")
    if not stamp.isdigit():
        return "no X-TC-Timestamp"
    day = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
    service = (
        request.headers.get("host", "").split(".")[0]
        if "tencent" in request.headers.get("host", "")
        else "dnspod"
    )
    return _scoped(
        request,
        keys,
        now,
        "TC3-HMAC-SHA256",
        "TC3",
        (service, "tc3_request"),
        stamp,
        day,
        None,
        ("host", "content-type"),
        _sha256(_body(request)),
    )


def volc(request, keys, now):
    """volcengine.com, "Signature method"."""
    stamp, digest = request.headers.get("x-date", ""), _sha256(_body(request))
    if request.headers.get("x-content-sha256") != digest:
        return "another X-Content-Sha256 than the body's"
    return _scoped(
        request,
        keys,
        now,
        "HMAC-SHA256",
        "",
        ("cn-north-1", "DNS", "request"),
        stamp,
        stamp[:8],
        "%Y%m%dT%H%M%SZ",
        ("host", "x-date", "x-content-sha256"),
        digest,
    )


def acs3(request, keys, now):
    """help.aliyun.com, "V3 request structure and signature". A nonce counts once: the caller's business."""
    parts, digest = _taken_apart(request, "ACS3-HMAC-SHA256"), _sha256(_body(request))
    if parts is None:
        return "no ACS3-HMAC-SHA256 in Authorization"
    if request.headers.get("x-acs-content-sha256") != digest:
        return "another x-acs-content-sha256 than the body's"
    own = sorted(["host"] + [name for name in request.headers if name.startswith("x-acs-")])
    if parts.get("SignedHeaders") != ";".join(own):
        return "not signed: one of %s" % own
    wrong = _late(request.headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ", now)
    if wrong or parts.get("Credential") not in keys:
        return wrong or "no such key id: %s" % parts.get("Credential")
    text = "ACS3-HMAC-SHA256\n" + _sha256(_canonical(request, "/", parts["SignedHeaders"], digest).encode())
    good = _hmac(keys[parts["Credential"]].encode(), text).hex()
    return None if good == parts.get("Signature") else "another signature"


def sdk(request, keys, now):
    """support.huaweicloud.com, "API Request Signing Guide"."""
    parts, stamp = _taken_apart(request, "SDK-HMAC-SHA256"), request.headers.get("x-sdk-date", "")
    if parts is None:
        return "no SDK-HMAC-SHA256 in Authorization"
    wrong = _late(stamp, "%Y%m%dT%H%M%SZ", now)
    if wrong or parts.get("Access") not in keys:
        return wrong or "no such access key: %s" % parts.get("Access")
    if not {"host", "x-sdk-date"} <= set(parts.get("SignedHeaders", "").split(";")):
        return "host or x-sdk-date is not signed"
    path = request.target.partition("?")[0]
    canonical = _canonical(
        request, path if path.endswith("/") else path + "/", parts["SignedHeaders"], _sha256(_body(request))
    )
    text = "\n".join(["SDK-HMAC-SHA256", stamp, _sha256(canonical.encode())])
    return (
        None
        if _hmac(keys[parts["Access"]].encode(), text).hex() == parts.get("Signature")
        else "another signature"
    )


def bce(request, keys, now):
    """cloud.baidu.com, "Generate an authentication string": prefix, names of signed headers, signature."""
    parts = request.headers.get("authorization", "").split("/")
    if len(parts) != 6 or parts[0] != "bce-auth-v1" or parts[1] not in keys:
        return "no bce-auth-v1 of a known key in Authorization"
    wrong = _late(parts[2], "%Y-%m-%dT%H:%M:%SZ", now)
    if wrong:
        return wrong
    lines = "\n".join(
        "%s:%s" % (quote(name, safe=""), quote(request.headers.get(name, ""), safe="-_.~"))
        for name in parts[4].split(";")
    )
    key = _hmac(keys[parts[1]].encode(), "/".join(parts[:4])).hex()
    canonical = "\n".join([request.method, request.target.partition("?")[0], _query(request.target), lines])
    return None if _hmac(key.encode(), canonical).hex() == parts[5] else "another signature"


def ovh(request, keys, now):
    """ "First steps with the API": "$1$" and the SHA-1 of six parts joined by "+"."""
    who, stamp = request.headers.get("x-ovh-application"), request.headers.get("x-ovh-timestamp", "")
    if who not in keys or not stamp.isdigit() or abs(int(stamp) - now) > SKEW:
        return "no such application, or a time that is off"
    secret, _, consumer = keys[who].partition("+")
    if request.headers.get("x-ovh-consumer") != consumer:
        return "another consumer key"
    url = "https://" + request.headers.get("host", "") + request.target
    text = "+".join([secret, consumer, request.method, url, _body(request).decode(), stamp])
    good = "$1$" + hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return None if good == request.headers.get("x-ovh-signature") else "another signature"


def nfsn(request, keys, now):
    """ "X-NFSN-Authentication: login;timestamp;salt;hash"."""
    who, stamp, salt, *given = request.headers.get("x-nfsn-authentication", "").split(";") + ["", "", ""]
    if who not in keys or not stamp.isdigit() or abs(int(stamp) - now) > SKEW:
        return "no such login, or a time that is off"
    body = hashlib.sha1(_body(request), usedforsecurity=False).hexdigest()
    text = ";".join([who, stamp, salt, keys[who], request.target, body])
    good = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
    return None if given[0] == good else "another signature"
