"""Turns messages into judged segments with one model that one thread owns.

setting   device, bits and rows as a person sets them
device    what a device can do: numbers, kernels
loader    a folder, a GGUF file or an id -> a model ready to speak
prompt    messages -> token ids (there are ids only from prompt to generate)
weights   a Llama-like model's matrices, fused and folded for our own step
linear    one matrix against a step's tokens, exact, in whole numbers or from four bits
blocks    the keys and values of what is being read and said
attention how a step's tokens look back into the blocks
lora      low-rank adapters beside the weights, each for its own rows
peft_folder  a PEFT folder -> such an adapter
adapters  those that may speak, put on a loaded model
decoder   a step through all layers
prefixes  what was read before and may come again
rows      prompts read in parts beside rows that speak: our own step
arena     keys and values on a card: a slot for every row
graphs    a step recorded once for each size and played again
static    `rows` for a card, of these two
borrowed  the same for kinds of models we do not know, by transformers' forward
slots     its keys and values
sampling  logits -> one token a row, from each row's own seed
saying    tokens -> text as they come
generate  rows join, step and leave: pieces of text come out
segments  text -> sentences
judge     a sentence -> findings, and which of them refuse it
gate      what is short passes between two steps of what is long
race      candidates of one reply -> the segments that are sent
worker    the thread: queue, deadlines, cancelling, reload, drain
remote    the same replies worded by a service outside
remote_setting  which, as the environment says it
remote_stream   one completion of it: asked, asked again, read
breaker   when not to ask it
"""
