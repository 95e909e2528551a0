"""The secret of one call, which its callbacks bring back: known as ours without any record."""

from base64 import urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest
import secrets

_SIZE = 18
_LENGTH = _SIZE * 4 // 3


def new_token(key: str) -> str:
    """Return a secret for the callback address of one call, signed with the account's key.

    It consists of characters that a query string carries unchanged.
    """
    nonce = secrets.token_urlsafe(_SIZE)
    return nonce + _signature(nonce, key)


def token_of(call_id: str, key: str) -> str:
    """Return the secret of a call to a line: the same one, however often the provider reports it."""
    nonce = _signature(f"incoming {call_id}", key)
    return nonce + _signature(nonce, key)


def is_of_line(token: str, call_id: str, key: str) -> bool:
    """Return whether a secret is that of a call to a line, with an id of the provider's."""
    return compare_digest(token.encode(), token_of(call_id, key).encode())


def is_ours(token: str, key: str) -> bool:
    """Return whether a secret was signed with the account's key."""
    nonce, signature = token[:_LENGTH], token[_LENGTH:]
    return compare_digest(signature.encode(), _signature(nonce, key).encode())


def _signature(nonce: str, key: str) -> str:
    digest = blake2b(nonce.encode(), key=key.encode()[:64], digest_size=_SIZE).digest()
    return urlsafe_b64encode(digest).decode()
