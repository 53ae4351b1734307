# SPDX-License-Identifier: MIT
"""How an account logs in: for who builds requests (request.py) and who judges settings (advice.py)."""


def auth_of(row, account):
    """How this account logs in: bearer, basic, query or none; the user's wish first, then the row's order.
    Bearer needs a token (or a password that looks like the provider's API keys);
    query is never chosen unasked."""
    ways = row.get("auth") or ["basic"]
    wish = account.get("auth")
    if wish in ways:
        return wish
    key = row.get("key")
    if "bearer" in ways and (
        account.get("token") or key and str(account.get("password") or "").startswith(key)
    ):
        return "bearer"
    for way in ways:
        if way != "bearer":
            return way
    return ways[0]
