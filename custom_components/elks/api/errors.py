"""What can go wrong between us and 46elks, one class for each consequence."""


class ElksError(Exception):
    """A request to 46elks failed.

    Its text is the reason, free of secrets and full phone numbers.
    """


class InvalidAuthError(ElksError):
    """The API username or password is wrong (401)."""


class RefusedError(ElksError):
    """46elks understood the request and refused it (4xx); it had no effect."""


class NoCreditError(RefusedError):
    """The account has too little money for the request (402, or another 4xx with that reason)."""


class NotAllowedError(RefusedError):
    """The account may not do this (403)."""


class FromNumberRefusedError(NotAllowedError):
    """The account may not call from this number (4xx with that reason)."""


class UnreachableError(ElksError):
    """The request certainly had no effect: no connection, 429 or 503."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        """Give the reason, and after how many seconds 46elks wants to be asked again."""
        super().__init__(reason)
        self.retry_after = retry_after


class OutcomeUnknownError(ElksError):
    """The request was sent, but it is not known whether it had an effect."""
