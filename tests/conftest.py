"""What all tests share: one thread for each process, as two workers and the servers they start share two cores."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported; what a test is about threads, it sets itself
