"""What a call causes in Home Assistant: one context for each call, which the logbook follows."""

from homeassistant.core import Context, callback

from ..calls import CallBook


class CallContexts:
    """The contexts of the calls to the lines of one account."""

    def __init__(self, book: CallBook) -> None:
        """Keep the contexts of calls in a book."""
        self._book = book
        self._contexts: dict[str, Context] = {}
        """By the secrets of the calls."""

    @callback
    def async_of(self, token: str) -> Context:
        """Return the context of a call: the same one until it is over, a new one after that."""
        if (context := self._contexts.get(token)) is not None:
            return context
        context = Context()
        record = self._book.find(token)
        if record is not None and not record.over:
            self._contexts[token] = context
        return context

    @callback
    def async_forget(self, token: str) -> None:
        """Forget the context of a call that is over."""
        self._contexts.pop(token, None)
