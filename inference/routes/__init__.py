"""One file for each thing that can be asked of the worker; each has a ROUTE, and the server finds them by that."""
