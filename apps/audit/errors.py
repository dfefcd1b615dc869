"""What can go wrong when writing the log.

UnavailableError
└── AuditUnavailableError   code audit_unavailable: the log could not be written, so what it would record must not
                            happen; answered with 503; retryable
"""

from apps.core.errors import UnavailableError


class AuditUnavailableError(UnavailableError):
    code = "audit_unavailable"
