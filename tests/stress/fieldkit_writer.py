"""Another writer of the log: fieldkit's, with ids of its own. Usage: fieldkit_writer.py STORE COUNT"""

import sys

from fieldkit.lineage import FailureLabel, LineageStore, Trial

store, count = LineageStore(sys.argv[1]), int(sys.argv[2])
for number in range(count):
    texts = dict.fromkeys(Trial.header(), "")
    given = {"exp_id": f"fk-{number}", "status": FailureLabel("crash"), "notes": f'say "{number}"'}
    nothing = dict.fromkeys(["core_metric", "val_bpb", "delta_vs_best", "train_s", "total_s"])
    store.append(Trial(**{**texts, **nothing, **given}))
