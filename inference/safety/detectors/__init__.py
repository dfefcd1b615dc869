"""What is looked for in a message, one file each: `NAME`, `VERSION` and `detect(given) -> Detected`.

A detector states facts with the words that earned them; the web process's policy decides. Torch-free: the readings of
the encoder's heads come in `Given`, and a detector without them says what its rules alone can say.
"""
