"""Our engine and its peers side by side: one run, the same model, the same conversations.

workload   conversations of several turns that begin alike and differ in length
figures    times of answers -> percentiles, rates
engines    who is measured: each a process of its own, asked the same way
peers      what runs in the processes that are not ours
machine    what this machine can move and compute, and what a step needs of it
card/      what a run on a CUDA card adds: random weights of an 8B configuration
trial      conversations against one engine
ratios     ours over each peer, beside the bars of the product
run        all of it, kept piece by piece
table      a result as a person reads it
"""
