"""A server that computes a map, for tests that kill it: prints the number of its worker's process once that is busy."""

import sys
import time
from pathlib import Path

from app.maps import MapRequest, MapStore
from app.maps.task_queue import shared_queue
from tests.app.map_tables import random_table

if __name__ == "__main__":
    job = MapStore(Path(sys.argv[1])).request(random_table(2000), MapRequest(method="tsne"))
    while not job.words.startswith("laying out: step"):
        time.sleep(0.02)
    print(shared_queue().worker_pid, flush=True)
    time.sleep(600)
