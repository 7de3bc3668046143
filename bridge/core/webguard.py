"""Who may speak to a server on this machine's loopback: the rules for one HTTP request."""

from __future__ import annotations

import hmac

LARGEST_BODY = 4 * 1024 * 1024
_LONGEST_LENGTH = 10  # digits


def refusal(method: str, headers: dict[str, str], token: str, port: int) -> tuple[int, str] | None:
    """The status and reason to refuse a request with; None where it is permitted. Names of headers are small.

    A page in a browser can't reach us by a name that resolves here (Host), nor from another site
    (Origin), and nobody can without the token, which stands in a header and never in an address.
    """
    names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost")]
    if headers.get("host", "") not in names:
        return 403, "Host: not a name of this server"
    origin = headers.get("origin")
    if origin is not None and origin not in [f"http://{name}" for name in names]:
        return 403, "Origin: another site"
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode()):
        return 401, "Authorization: Bearer and the token are needed"
    if method == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return 415, "Content-Type: application/json is needed"
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) <= _LONGEST_LENGTH) or int(length) > LARGEST_BODY:
        return 413, "the body is too large"
    return None
