"""One file for each endpoint, each with a `router`. Thin: read, call one function, give its answer."""
