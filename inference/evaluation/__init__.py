"""How good the detectors are on labelled rows: predictions, figures with intervals, and a report of them.

Reads files that are named on the command line and never keeps what they hold. A suite (`suites/`) turns a row's input
fields, and only those, into what a detector is given; its labels are looked at when the predictions are there.
"""
