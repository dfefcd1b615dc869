"""What an encounter tells whoever listens. Knows nothing of sockets."""

from django.dispatch import Signal

# `encounter_id` and `seq`, after commit: events were written by something other than a live socket's own process (a
# page that ended the session, a sweep), so whoever follows the encounter should look.
moved_on = Signal()
