"""Errors of this app.

RefusedError (core)
└── InvitationError    code invitation_invalid: the link is unknown, used, withdrawn or too old
"""

from apps.core.errors import RefusedError


class InvitationError(RefusedError):
    def __init__(self) -> None:
        super().__init__(
            "invitation_invalid",
            "This link does not work any more. It may have been used, withdrawn or grown too old. "
            "Ask the person who sent it for another.",
        )
