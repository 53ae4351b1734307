# SPDX-License-Identifier: MIT
"""Wire faults: coroutines (out, reply, options) that send an answer in a way no library would.
`out` has write(bytes), drain(), close(), reset(), gone, head(reply) and body(reply); they know no HTTP beyond
that. A coroutine returns True when it has answered, False when the ordinary answer shall follow."""

import asyncio

#: The server's own end: nothing sent by the lab lasts longer than this, in seconds.
PATIENCE = 120


async def slow(out, reply, options):
    await _wait(out, float(options.get("seconds", 30)))
    return out.gone


async def mute(out, reply, options):
    await _wait(out, float(options.get("seconds", PATIENCE)))
    out.close()
    return True


async def dribble(out, reply, options):
    pause = float(options.get("interval", 0.5))
    for byte in out.head(reply) + out.body(reply):
        if out.gone:
            break
        out.write(bytes((byte,)))
        await asyncio.sleep(pause)
    out.close()
    return True


async def chunked(out, reply, options):
    data = out.body(reply)
    parts = [data[:4], data[4:]]
    out.write(out.head(reply, length=None, extra="Transfer-Encoding: chunked\r\n", version="1.1"))
    for part in parts:
        if part:
            out.write(b"%X\r\n%s\r\n" % (len(part), part))
    out.write(b"0\r\n\r\n")
    await out.drain()
    out.close()
    return True


async def trailers(out, reply, options):
    """Chunks with extensions, and header fields behind the last one (RFC 9112 section 7.1)."""
    data = out.body(reply)
    out.write(
        out.head(reply, length=None, extra="Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n", version="1.1")
    )
    out.write(
        b'00%X;part=1\r\n%s\r\n0;last="yes"\r\nX-Sum: 1\r\nTransfer-Encoding: gzip\r\n\r\n'
        % (len(data), data)
    )
    await out.drain()
    out.close()
    return True


async def odd_lines(out, reply, options):
    """Header lines that are none: without a colon (count=N), folded, empty of a name."""
    lines = ["this is no header line %d\r\n" % number for number in range(int(options.get("count", 170)))]
    extra = " folded before anything\r\n: no name\r\nX-Folded: one\r\n two: 2\r\n\tContent-Length: 3\r\n"
    out.write(out.head(reply, extra="".join(lines) + extra) + out.body(reply))
    await out.drain()
    out.close()
    return True


async def interim(out, reply, options):
    """Replies 1xx before the real one: count=N; after=no: nothing comes after them."""
    for number in range(int(options.get("count", 2))):
        status, more = (
            ("103 Early Hints", "Link: </style.css>; rel=preload\r\nContent-Length: 999\r\n"),
            ("100 Continue", ""),
        )[number % 2]
        out.write(("HTTP/1.1 %s\r\n%s\r\n" % (status, more)).encode())
    if options.get("after") != "no":
        out.write(out.head(reply) + out.body(reply))
    await out.drain()
    out.close()
    return True


async def no_reason(out, reply, options):
    out.write(out.head(reply, reason="") + out.body(reply))
    await out.drain()
    out.close()
    return True


async def endless_body(out, reply, options):
    out.write(out.head(reply, length=None))
    return await _forever(out, (options.get("text") or "good 45.33.7.9\n").encode() * 64, options)


async def endless_header(out, reply, options):
    out.write(b"HTTP/1.1 200 OK\r\n")
    return await _forever(out, b"X-More: and more and more and more\r\n" * 32, options)


async def endless_line(out, reply, options):
    out.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    return await _forever(out, b"a" * 1024, options)


async def reset(out, reply, options):
    """Half of the answer, then RST; after=N bytes chooses where."""
    whole = out.head(reply) + out.body(reply)
    out.write(whole[: int(options.get("after", len(whole) // 2))])
    await out.drain()
    await asyncio.sleep(0.05)  # what was written shall be on its way first
    out.reset()
    return True


async def half(out, reply, options):
    body = out.body(reply)
    out.write(out.head(reply, length=len(body) + int(options.get("missing", 100))) + body)
    await out.drain()
    out.close()
    return True


async def garbage(out, reply, options):
    out.write(options.get("text", "\x00\x01SSH-2.0-lab\r\n\r\n").encode("latin-1"))
    await out.drain()
    out.close()
    return True


async def hang_up(out, reply, options):
    """Says that the connection stays, and closes it: with the answer to request number after=N of it, or
    (answer=no) when the next one has come, without a word."""
    after = int(options.get("after", 1))
    if options.get("answer") == "no":
        if out.served > after:
            out.close()
        return out.served > after
    if out.served < after:
        return False
    out.write(out.head(reply, stays="keep-alive") + out.body(reply))
    await out.drain()
    out.close()
    return True


async def _wait(out, seconds):
    end = asyncio.get_running_loop().time() + seconds
    while not out.gone and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(min(0.05, seconds))


async def _forever(out, piece, options):
    end = asyncio.get_running_loop().time() + PATIENCE
    pause = float(options.get("interval", 0))
    while not out.gone and asyncio.get_running_loop().time() < end:
        out.write(piece)
        await out.drain()
        await asyncio.sleep(pause)
    out.close()
    return True
