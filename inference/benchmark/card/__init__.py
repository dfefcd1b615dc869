"""What a run on a CUDA card adds: random weights of an 8B configuration.

plan      how many chats, how long, in how much memory; the weights
chats     conversations in tokens, the same for everybody who is asked
step      our own step with them: no queue, no judge and no words
generate  transformers' plain `generate` with them
reply     `/v1/reply` of the whole worker, over HTTP
memory    at its highest, on the machine and on the card
measured  all of it, and what could not be measured

All of it is tested with a small configuration on a processor. No run on a card has been made: its figures are
unmeasured.
"""
