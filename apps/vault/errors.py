"""What can go wrong when sealing.

PixelatedError
├── SealBrokenError     code seal_broken: moved, replayed, cut or changed; or no key of that id behind this wall
├── ErasedError         code erased: the key was shredded, and the words with it
├── RetiredKeyError     code key_retired: wrapped by a version older than may still be used
├── LegalHoldError      code legal_hold: shredding is blocked
├── UnsealableError     code text_not_unicode: lone surrogates cannot be written as UTF-8
└── UnavailableError
    └── KeyServiceError code key_service: the root key is away; retryable

No message holds a word of what was sealed, and none is raised from an error that does.
"""

from apps.core.errors import PixelatedError, UnavailableError


class SealBrokenError(PixelatedError):
    code = "seal_broken"


class ErasedError(PixelatedError):
    code = "erased"


class RetiredKeyError(PixelatedError):
    code = "key_retired"


class LegalHoldError(PixelatedError):
    code = "legal_hold"


class UnsealableError(PixelatedError):
    code = "text_not_unicode"


class KeyServiceError(UnavailableError):
    """The message is for operators: what is missing and how to mend it."""

    code = "key_service"
