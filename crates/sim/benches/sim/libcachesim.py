"""Runs policies of libCacheSim: an order is a line `POLICY TRACE`, an answer `answer CPU_SECONDS MISS_RATIO`.

The first argument is the number of frames. The time is that of the engine over the mapped trace, without making the
cache. Its hash table has 2^20 buckets: with the package's own 2^24 most policies are slower here.
"""

import sys
import time

import libcachesim

FRAMES = int(sys.argv[1])

for line in sys.stdin:
    policy, path = line.rstrip("\n").split(" ", 1)
    reader = libcachesim.TraceReader(path, libcachesim.TraceType.ORACLE_GENERAL_TRACE)
    cache = getattr(libcachesim, policy)(FRAMES, hashpower=20)
    start = time.thread_time()
    miss_ratio, _ = cache.process_trace(reader)
    seconds = time.thread_time() - start
    print(f"answer {seconds:.6f} {miss_ratio:.9f}", flush=True)
