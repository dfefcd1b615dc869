"""Keeps links that let somebody in out of the logs: Django names the path of a request it could not answer."""

import logging
import re

# Invitations, join links, e-mail confirmations and password resets carry their token as a part of the path.
_LINK = re.compile(
    r"(/accounts/(?:invitation|join|confirm-email|password/reset/key)/)[^/\s\"']+", re.IGNORECASE
)


def without_tokens(text: str) -> str:
    return _LINK.sub(r"\1...", text)


class WithoutTokens(logging.Filter):
    """Rewrites the record's own arguments, so that every handler and formatter sees the same."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = without_tokens(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(without_tokens(a) if isinstance(a, str) else a for a in record.args)
        return True
