"""What can go wrong while starting and watching processes, each with a sentence a person can act on.

SuperviseError
├── ServiceStartError        a process ended, or was not ready in time
├── AlreadyRunningError      another process holds the same data
├── DataUnreadableError      the data on disk cannot be used as it is
└── PortTakenError           the address for the web is in use
"""


class SuperviseError(Exception):
    """Any failure of starting or watching; its text is a sentence for the person at the terminal."""

    code = "supervise"
    retryable = False


class ServiceStartError(SuperviseError):
    """A process ended before it was ready, or was not ready in its time."""

    code = "service_start"
    retryable = True


class AlreadyRunningError(SuperviseError):
    """The same data is in use by another running process."""

    code = "already_running"


class DataUnreadableError(SuperviseError):
    """What lies on disk cannot be used: passwords lost, made by another version, or owned by someone else."""

    code = "data_unreadable"


class PortTakenError(SuperviseError):
    """Another program listens at the address asked for."""

    code = "port_taken"
