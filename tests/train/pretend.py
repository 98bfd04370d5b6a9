"""Pretends to be a worker: says who it is, and ends as it is told."""

import json
import os
import signal
import sys
import time

own = json.loads(os.environ["TF_CONFIG"])
index, cluster = own["task"]["index"], own["cluster"]["worker"]
print(f"worker {index} of {len(cluster)}", flush=True)
how = sys.argv[1 + index]
if how == "saves":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("saved") or 143))
elif how == "hangs":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", file=sys.stderr, flush=True)
if how in ("saves", "hangs"):
    time.sleep(60)
elif how == "dies":
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGKILL)
else:
    sys.exit(int(how))
