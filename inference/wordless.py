"""Logs an error by its kind and its place: its message could hold what somebody wrote."""

import logging
import traceback


def log_without_words(logger: logging.Logger, what: str, error: BaseException) -> None:
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s: %s\n%s", what, type(error).__name__, frames)
