"""Turns messages into judged segments with one model that one thread owns.

loader    a folder, a GGUF file or an id -> a model ready to speak
prompt    messages -> token ids (ids exist only in prompt, slots, sampling and generate)
slots     the keys and values of every row that is speaking
sampling  logits -> one token, from each row's own seed
generate  rows join, step and leave: pieces of text come out
segments  text -> sentences
judge     a sentence -> findings, and which of them refuse it
gate      what is short passes between two steps of what is long
race      candidates of one reply -> the segments that are sent
worker    the thread: queue, deadlines, cancelling, reload, drain
"""
