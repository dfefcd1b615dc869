"""`manage.py audit_check`: is the log of this database whole, in order and unchanged? Exit 0 sound, 1 tampered."""

import sys

from django.core.management.base import BaseCommand
from django.db import connections

from apps.audit.reading import verify_log

SHOWN_FAULTS = 20


class Command(BaseCommand):
    help = "Verify the audit log's chain as the owner of the database. Exit 0: sound. Exit 1: tampered with."

    def handle(self, *args: object, **options: object) -> None:
        head, found = verify_log(connections["owner"])
        for fault in found[:SHOWN_FAULTS]:
            self.stdout.write(f"entry {fault.seq}: {fault.kind}")
        if len(found) > SHOWN_FAULTS:
            self.stdout.write(f"and {len(found) - SHOWN_FAULTS} more")
        self.stdout.write(
            f"{head.seq} entries, head {head.hash.hex()}: {'TAMPERED WITH' if found else 'sound'}"
        )
        if found:
            sys.exit(1)
