"""The public REST API: keys, endpoints, limits, batches and their webhooks. Another edge, beside the socket."""
