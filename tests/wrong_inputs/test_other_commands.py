"""What the commands beside vidgan-train cannot use: the sentence names the key, and what it may be."""

import pytest

from tests.wrong_inputs.conftest import Refused

FROM_ONE = "expected a whole number from 1 to 1,000,000,000"
EMPTY = "(is a variable of the shell unset?)"
FILES = "input=/etc/passwd output=b.mp4"

EVALUATE = [
    ("", "run is not set; give run=<id>, or weights=<file>"),
    ("run=", f"run is empty; give a value, or leave run= out {EMPTY}"),
    ("run=nothing", "run=nothing is not in runs"),
    ("run=../../etc", "run=../../etc"),
    ("weights=", "weights is empty"),
    ("weights=x.pth", "x.pth"),
    ("weights=x.pth run=y", "run=y and weights=x.pth are two networks"),
    ("weights=best", "run is not set"),
    ("run=1e5", "run=1e5 is not in runs"),
    ("run=super_resolution/", f"run=super_resolution/: a part of <task>/<name> is empty {EMPTY}"),
    ("run=/quickstart", f"run=/quickstart: a part of <task>/<name> is empty {EMPTY}"),
    (
        "run=x machine.accelerator=cpu machine.devices=1000",
        "machine.devices=1000: on a CPU it is a number of",
    ),
    ("run=x machine.workers=-1", "machine.workers=-1: expected a whole number from 0"),
    ("run=x machine.precision=half", "machine.precision=half: expected one of auto"),
    ("run=x machine.devices=-2", "machine.devices=-2: expected their number"),
    ("run=x tracking.mode=on", "tracking.mode"),
    ("run=x compare_to=", "compare_to=: expected a list"),
    ("run=x compare_to=[]", "run=x is not in runs"),
    ("run=x seed=abc", "seed=abc: expected a whole number from 0 to 4,294,967,295"),
    ("run=x overrides=", "overrides=: expected a list"),
    ("run=cleaner task=super_resolution", "task=super_resolution is for weights of a file; run=cleaner was trained"),
    ("run=x sigma=15", "sigma: there is no such key"),
    ("run=x protocol=", "protocol is empty"),
    ("run=x data=folder", "data.root is not set"),
    ("run=x data.root=y", "data.root: there is no such key"),
    ("run=a,b", "run=a,b is not in runs"),
    ("-m run=a,b", "-m sweeps over trainings, with vidgan-train"),
    ("run=x paths.runs=", "paths.runs is empty"),
    ("run=x paths.cache=/dev/null", "paths.cache=/dev/null is a file; give a folder"),
]

PREDICT = [
    ("", "run is not set; give run=<id>, or weights=<file>"),
    ("input=a.mp4 output=b.mp4", "run is not set"),
    ("run=nothing input=a.mp4", "run=nothing is not in runs"),
    ("run= input=a.mp4 output=b.mp4", "run is empty"),
    ("weights= input=a.mp4 output=b.mp4", "run is not set"),
    ("run=cleaner weights=x.pth", "run=cleaner and weights=x.pth are two networks"),
    ("weights=x.pth", "weights: There is no weight file x.pth"),
    ("run=cleaner", "input is not set"),
    ("run=cleaner input=a.mp4", "output is not set"),
    ("run=cleaner input= output=b.mp4", f"input is empty; give a value, or leave input= out {EMPTY}"),
    ("run=cleaner weights= input=a.mp4 output=b.mp4", "weights is empty"),
    ("run=cleaner input=a output=", "output is empty"),
    ("run=cleaner input=null output=b.mp4", "input=null: expected a text"),
    ("run=cleaner input=nothing.mp4 output=b.mp4", "input=nothing.mp4: there is no such file or folder"),
    ("run=cleaner input=checkpoints output=b.mp4", "input=checkpoints: there is no such file or folder"),
    ("run=cleaner input=cleaner output=b.mp4", "input: cleaner: holds no image"),
    (f"run=cleaner {FILES}", "input: /etc/passwd"),
    (f"run=cleaner {FILES} weights=best", "has no 'best' weights; it has last"),
    (f"run=cleaner {FILES} chunk=0", f"chunk=0: {FROM_ONE}"),
    (f"run=cleaner {FILES} chunk=8.5", f"chunk=8.5: {FROM_ONE}"),
    (f"run=cleaner {FILES} tile=-1", f"tile=-1: {FROM_ONE}, or null"),
    (f"run=cleaner {FILES} tile=0", f"tile=0: {FROM_ONE}, or null"),
    (f"run=cleaner {FILES} tile=half", f"tile=half: {FROM_ONE}, or null"),
    (f"run=cleaner {FILES} sigma=nan", "sigma=nan: expected a number from 0 to 255, or null"),
    (f"run=cleaner {FILES} sigma=256", "sigma=256: expected a number from 0 to 255, or null"),
    (f"run=cleaner {FILES} sigmas=25", "sigmas: there is no such key; did you mean sigma?"),
    (f"run=cleaner {FILES} machine.threads=0", "machine.threads=0: expected a whole number from 1 to 4,096"),
    (f"run=cleaner {FILES} machine.progress=often", "machine.progress=often: expected true or false"),
    (
        "run=cleaner 'input=Bunny (1080p) [HR].mp4' output=b.mp4",
        "input=Bunny (1080p) [HR].mp4: there is no such file or folder",
    ),
    ("run=cleaner input=a,b.mp4 output=b.mp4", "input=a,b.mp4: there is no such file or folder"),
    ("-m run=x,y input=a output=b", "-m sweeps over trainings"),
    ("run=dancer input=a.mp4", "this network's task asks for reference=..., driving=..., output=..., see"),
    ("run=dancer reference=a.png driving=b.mp4", "output is not set"),
    ("run=dancer refrence=a.png", "refrence: there is no such key; did you mean reference?"),
    ("run=dancer reference= driving=b.mp4 output=c.mp4", "reference is empty"),
    ("run=dancer reference=a.png driving= output=c.mp4", "driving is empty"),
    ("run=dancer reference=a.png driving=b.mp4 output=c.mp4 fps=0", "fps=0: expected a number, above 0 and"),
    ("run=dancer reference=a.png driving=b.mp4 output=c.mp4 fps=nan", "fps=nan: expected a number, above 0"),
    ("run=dancer reference=a.png driving=b.mp4 output=c.mp4 num_frames=0", f"num_frames=0: {FROM_ONE}"),
    ("run=dancer reference=a.png driving=b.mp4 output=c.mp4 confidence=2", "confidence=2: expected a number"),
    ("run=dancer reference=a.png driving=b.mp4 output=c.mp4 chunk=0", f"chunk=0: {FROM_ONE}"),
    ("run=dancer reference=a.png driving=b.mp4 output=c.mp4 retarget=maybe", "retarget=maybe: expected true"),
    ("run=dancer reference=a.png driving=b.mp4 output=c.mp4 estimator=eyes", "estimator=eyes: there is none of that"),
]

EXPORT = [
    ("", "output is not set"),
    ("output=net.onnx", "run is not set"),
    ("run=x output=", "output is empty"),
    ("run= output=net.onnx", "run is empty"),
    ("run=x output=net.pt", "output=net.pt: there is no such format; expected .safetensors or .onnx"),
    ("run=x output=net", "output=net: there is no such format"),
    ("run=x output=net.onnx", "run=x is not in runs"),
    ("weights=x.pth output=net.onnx", "x.pth"),
    ("weights=x.txt output=net.onnx", "run is not set"),
    ("run=x weights=x.pth output=net.onnx", "are two networks"),
    ("-m run=x,y output=net.onnx", "-m sweeps over trainings"),
]

POSE = [
    ("", "input is not set"),
    ("input=a.mp4", "output is not set"),
    ("input= output=b.npz", "input is empty"),
    ("input=nothing.npz output=", "output is empty"),
    ("input=nothing.npz output=b.npz preview=", "preview is empty"),
    ("input=nothing.npz output=b.npz run=", "run is empty"),
    ("input=nothing.mp4 output=b.npz", "input=nothing.mp4: there is no such file or folder"),
    ("input=nothing.npz output=b.npz", "input: nothing.npz: there is no such file or folder"),
    ("input=nothing.npz output=b.npz confidence=2", "confidence=2: expected a number from 0 to 1"),
    ("input=nothing.npz output=b.npz confidence=nan", "confidence=nan: expected a number from 0 to 1"),
    ("input=nothing.npz output=b.npz fill=-1", "fill=-1: expected a whole number from 0 to 1,000,000,000"),
    ("input=nothing.npz output=b.npz smoother.window=0", f"smoother.window=0: {FROM_ONE}"),
    ("input=nothing.npz output=b.npz smoother.sigma=-1", "smoother.sigma=-1: expected a number from 0 to 255"),
    ("input=nothing.npz output=b.npz smoother=one_euro smoother.min_cutoff=0", "smoother.min_cutoff=0: expected a num"),
    ("input=nothing.npz output=b.npz smoother=one_euro smoother.beta=nan", "smoother.beta=nan: expected a number, 0"),
    ("input=nothing.npz output=b.npz estimator.score=3", "estimator.score=3: expected a number from 0 to 1"),
    ("input=nothing.npz output=b.npz estimator.people=0", f"estimator.people=0: {FROM_ONE}"),
    ("input=nothing.npz output=b.npz smoother=gan", "run is not set"),
    ("input=nothing.npz output=b.npz run=x", "run is for smoother=gan alone"),
    ("input=nothing.npz output=nothing.npz", "output=nothing.npz is an input itself"),
    ("-m input=nothing.npz output=b.npz fill=1,2", "-m sweeps over trainings"),
]

DATA = [
    ("check", "data is not set; give it on the command line: data=<one of aligned, class_folders, clips"),
    ("index", "data is not set"),
    ("check data=folder", "data.root is not set"),
    ("check data=folder data.root=", f"data.root=: expected a value; it is empty {EMPTY}"),
    ("check data=folder data.root=nothing", "data.root: nothing: there is no such file or folder"),
    ("check data=folder data.root=.", "holds no video, no zipped frames and no folder of frames"),
    ("check data=reds data.root=.", "data.root: .: is not laid out as REDS is"),
    ("check data=folder data.root=. quick=perhaps", "quick=perhaps: expected true or false"),
    ("check data=folder data.root=. data.patch=0", "data.patch=0: expected a whole number from 1 to 16,384"),
    ("check data=tracks", "data has no root"),
    ("index data=folder data.root=.", "holds no video"),
    ("check data=aligned", "data.root is not set"),
    (
        "check data=aligned data.root=.",
        "nothing is aligned with data.layout.clips=gt: give 'data.layout.pictures=",
    ),
    ("check data=aligned data.root=. data.layout.pictures={low:lq}", "data.root=.: has no folder gt; set data.layout."),
    ("check data=aligned data.root=. data.layout.pictures=lq", "data.layout.pictures=lq: expected folders by name"),
    ("check data=aligned data.root=. data.layout.maps={real:x}", "data.layout.maps.real: expected a name of letters"),
    ("check data=aligned data.root=. data.layout.maps={mask:/x}", "data.layout.maps.mask=/x: expected the name of a"),
    ("check data=aligned data.root=. data.layout.clips=", "data.layout.clips=: expected a value; it is empty"),
    (
        "check data=aligned data.root=. data.layout.clips=lq data.layout.pictures={low:lq}",
        "a folder twice (lq, lq)",
    ),
    (
        "check data=aligned data.root=. data.layout.clip=hr",
        "data.layout.clip: there is no such key; did you mean data.",
    ),
    ("index data=folder data.root=nothing", "data.root=nothing: is no folder"),
    ("-m check data=folder", "-m is nothing that vidgan-data does"),
]

COMPARE = [
    ("", "the following arguments are required: runs|key=value; see vidgan-compare --help"),
    ("nothing", "nothing is no group, run or folder"),
    ("''", f"it is empty {EMPTY}"),
    ("a --runs nothing", "argument --runs: nothing: there is no such folder"),
    ("a --runs", "argument --runs: expected one argument"),
    ("a --run .", "unrecognized arguments: --run"),
    ("--foo a", "unrecognized arguments: --foo"),
    ("a budget_mb=lots", "budget_mb=lots: expected a number of megabytes, 0 or more"),
    ("a budget_mb=nan", "budget_mb=nan: expected a number of megabytes, 0 or more"),
    ("a budget_mb=-1", "budget_mb=-1: expected a number of megabytes, 0 or more"),
    ("a wandb=perhaps", "wandb=perhaps: give true or false"),
    ("a out=", "out is empty"),
    ("a refrence=x", "refrence=x: there is no such key"),
    ("reference=x", "No runs are named"),
    ("wandb:nothing", "wandb:nothing: give wandb:entity/project"),
]

RUNS = [
    ("nothing", "invalid choice: 'nothing'"),
    ("list --foo", "unrecognized arguments: --foo"),
    ("list a b", "unrecognized arguments: b"),
    ("--runs nothing list", "argument --runs: nothing: there is no such folder"),
    ("list --runs ''", f"it is empty {EMPTY}"),
    ("cancel", "the following arguments are required: run"),
    ("cancel ''", f"argument run: it is empty {EMPTY}"),
    ("cancel nothing", "run=nothing is not in runs"),
    ("requeue", "the following arguments are required: run"),
    ("requeue ''", f"argument run: it is empty {EMPTY}"),
    ("requeue nothing", "run=nothing is not in runs"),
    ("remove ''", f"argument run: it is empty {EMPTY}"),
    ("remove nothing", "run=nothing is not in runs"),
    ("remove --ye nothing", "unrecognized arguments: --ye"),
    ("logs", "the following arguments are required: run"),
    ("logs nothing", "run=nothing is not in runs"),
    ("logs nothing -n many", "argument -n/--lines: many: expected a whole number, 1 or more"),
    ("logs nothing -n 0", "argument -n/--lines: 0: expected a whole number, 1 or more"),
    ("logs nothing -n -5", "argument -n/--lines: "),
    ("sync nothing", "run=nothing is not in runs"),
    ("sync ''", f"argument run: it is empty {EMPTY}"),
]

APP = [
    ("port=-1", "port=-1: expected a whole number from 0 to 65,535"),
    ("frames=0", f"frames=0: {FROM_ONE}"),
    ("megapixels=0", "megapixels=0: expected a number, above 0 and at most 200"),
    ("minutes=nan", "minutes=nan: expected a number, above 0 and at most"),
    ("upload_mb=0", "upload_mb=0: expected a whole number from 1 to 100,000"),
    ("prot=1", "prot: there is no such key; did you mean port?"),
    ("host=", "host is empty; give a value"),
    ("-m port=1,2", "-m sweeps over trainings"),
]

LINES = [
    (f"{command} {arguments}", words)
    for command, rows in {
        "evaluate": EVALUATE,
        "predict": PREDICT,
        "export": EXPORT,
        "pose": POSE,
        "data": DATA,
        "compare": COMPARE,
        "runs": RUNS,
        "app": APP,
    }.items()
    for arguments, words in rows
]


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(("line", "words"), LINES)
def test_the_sentence_names_what_is_wrong(refused: Refused, line: str, words: str) -> None:
    assert words in refused(line)
