"""From files of conversations to rows fit to train on: what is kept, what is split off, what is written by us."""
