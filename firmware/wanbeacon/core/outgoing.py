# SPDX-License-Identifier: MIT
"""One HTTP request: data only, so that neither what builds it nor what sends it has to stay for the other."""


class Request:
    """One HTTP request, as net/http.py takes it. path holds the query; headers is a dict of str; secret parts
    are never to be logged. family: 4 or 6 where the connection must leave over it, 0 = any."""

    def __init__(self, post, tls, host, port, path, headers, body=None, family=0):
        self.post = post
        self.tls = tls
        self.host = host
        self.port = port
        self.path = path
        self.headers = headers
        self.body = body
        self.family = family
