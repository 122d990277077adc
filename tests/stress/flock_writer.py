"""Another writer of the log: takes the same lock, and appends rows of its own. Usage: flock_writer.py STORE COUNT"""

import csv
import fcntl
import sys

store, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    with open(f"{store}/results.tsv", "a+", newline="") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        log.seek(0)
        columns = log.readline().rstrip("\r\n").split("\t")
        given = {"exp_id": f"py-{number}", "status": "crash", "specialist": "python", "notes": f'say "{number}"'}
        csv.writer(log, delimiter="\t", lineterminator="\n").writerow([given.get(name, "") for name in columns])
        log.flush()
