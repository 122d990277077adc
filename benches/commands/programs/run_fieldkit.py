import sys
from pathlib import Path
from fieldkit.lineage import FailureLabel, LineageStore, Trial

store = LineageStore(Path(sys.argv[2]))
if sys.argv[1] == "best":
    print(store.best().exp_id)
elif sys.argv[1] == "render":
    print(store.render_prompt("opt").rendered_prompt)
else:
    empty = dict.fromkeys("expected_delta job_name snapshot_path notes".split(), "")
    numbers = dict(core_metric=1.09, val_bpb=1.09, delta_vs_best=0.01, train_s=None, total_s=None)
    store.append(Trial(exp_id="2000000", timestamp="2026-05-01T03:55:39Z", specialist="opt",
        parent_exp="000", baseline_exp="000", domain="opt", status=FailureLabel.DISCARD,
        hypothesis="decay the floor 0.10→0.02; " * 28, **empty, **numbers))
