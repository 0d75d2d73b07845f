"""`deq train` and `deq plot`: one line a model, nothing trained twice, errors of one sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rich.console import Console
from test_train import images

from deqlib import cli, plots
from deqlib.data import Images
from deqlib.train import (
    SHIFTS,
    SIZES,
    Classifier,
    Equilibrium,
    Recipe,
    accuracy,
    command,
    load_model,
    predict,
    profiles,
)
from deqlib.train.profiles import MODELS, PROFILES, Profile, results, run_profile

FEW = ("equilibrium", "unrolled", "explicit, 1 block")
STEMS = ("equilibrium", "unrolled", "explicit--1-block")
QUICK = Profile(Recipe(epochs=1, batch=8))


def data() -> Images:
    (x, y), (x_test, y_test) = images(24), images(16, seed=1)
    return Images(x, y, x_test, y_test, tuple("abcdefghij"), "noise")


def test_one_line_a_model_and_nothing_twice(tmp_path: Path) -> None:
    records = run_profile("quick", QUICK, data(), tmp_path, seeds=(0, 1), models=FEW)
    assert [(r["model"], r["seed"]) for r in records] == [(m, s) for s in (0, 1) for m in FEW]
    file = tmp_path / "results.jsonl"
    kept = {p.name for p in tmp_path.iterdir()}
    assert kept == {"results.jsonl", *(f"quick-{m}-{s}.model.pt" for m in STEMS for s in (0, 1))}, "no checkpoint"
    same = load_model(tmp_path / "quick-equilibrium-1.model.pt")
    assert accuracy(predict(same, data().x_test), data().y_test) == records[3]["accuracy"]
    before = file.read_text()
    assert len(before.splitlines()) == 6
    json.loads(before.splitlines()[0], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert run_profile("quick", QUICK, data(), tmp_path, seeds=(0, 1), models=FEW) == list(results(file))
    assert file.read_text() == before
    other = replace(QUICK, recipe=replace(QUICK.recipe, muon=0.1))
    run_profile("quick", other, data(), tmp_path, models=["unrolled"])
    assert len(file.read_text().splitlines()) == 7, "another recipe is another run"

    equal = {r["parameters"] for r in records}
    assert len(equal) == 1
    deq, tied, explicit = records[:3]
    assert len(deq["certificate"]["accuracy"]) == len(tied["by_budget"]) == 50
    assert deq["step"] == {"forward_calls": 11, "backward_products": 6}
    assert deq["certificate"]["budget"] == same.body.max_calls == 10
    assert explicit["step"] == {"forward_calls": 1, "backward_products": 1}
    assert all(set(r["shifted"]) == {"none", *SHIFTS} for r in records)
    assert set(deq["shifted"]["blur"]) == {"trained", "three times"} > set(tied["shifted"]["blur"])
    assert all(r["finished"] and r["pixels"] == "noise" for r in records)
    console = Console(width=200, record=True)
    console.print(command.table(records))
    assert "±" in console.export_text()
    for draw in (plots.training_run, plots.budget_curves):
        picture = draw(records[:3])
        assert "equilibrium" in picture.alt
        assert picture.png()
    picture = plots.settled_images(data().x_test, data().y_test, deq, data().classes)
    assert "settled last: " in picture.alt
    assert picture.png()


def test_changed_images_are_judged_at_the_budget_and_at_three_times_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def spy(model: Classifier, x: torch.Tensor, *, mirror: bool) -> torch.Tensor:
        seen.append(model.body.max_calls)
        return predict(model, x, mirror=mirror)

    monkeypatch.setattr(profiles, "predict", spy)
    model = Classifier(SIZES["XS"], Equilibrium(4), torch.randn(4, 3, 8, 8))
    profiles._shifted(model, data().x_test[:2], data().y_test[:2])
    assert seen == [4, 12] * (1 + len(SHIFTS))
    assert model.body.max_calls == 4


def test_a_line_that_was_cut_off_is_run_again(tmp_path: Path) -> None:
    (record,) = run_profile("quick", QUICK, data(), tmp_path, models=["unrolled"])
    file = tmp_path / "results.jsonl"
    file.write_text(file.read_text()[:100] + "\n")
    (again,) = run_profile("quick", QUICK, data(), tmp_path, models=["unrolled"])
    assert again["accuracy"] == record["accuracy"]
    assert len(list(results(file))) == 1


def test_what_ran_out_of_time_says_so(tmp_path: Path) -> None:
    (record,) = run_profile("quick", replace(QUICK, seconds=0.0), data(), tmp_path, models=["unrolled"])
    assert not record["finished"]


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_are_complete(name: str) -> None:
    recipe = PROFILES[name].recipe
    assert recipe.body == Equilibrium()
    assert (1000 if not PROFILES[name].full else 50_000) % recipe.batch == 0
    assert PROFILES[name].seconds <= 1800
    assert {"equilibrium", "unrolled", "explicit, 1 block", "explicit, 5 blocks"} < set(MODELS)


def deq(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deqlib.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "nope"], "no profile 'nope'; there are cpu-mini"),
        (["--profile", "cpu-full"], "give their path with --data"),
        (["--model", "nope"], "no model 'nope'; there are equilibrium"),
        (["--data", "nothing.tar.gz"], "no file at nothing.tar.gz"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["train", "cifar10", "--out", str(tmp_path), *arguments])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("deq: ")
    assert said in line


def test_train_then_plot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "cifar10", lambda path: data())
    monkeypatch.setitem(profiles.PROFILES, "cpu-mini", QUICK)
    arguments = ["train", "cifar10", "--out", str(tmp_path), "--model", "equilibrium", "--epochs", "1"]
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 0
    assert "100,298" in capsys.readouterr().out
    monkeypatch.setattr("deqlib.data.cifar10", lambda path: data())
    with pytest.raises(SystemExit):
        cli.main(["plot", str(tmp_path / "results.jsonl")])
    assert {p.name for p in tmp_path.glob("*.png")} == {"runs.png", "budget.png", "settled.png"}
    assert "100,298" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        cli.main(["plot", str(tmp_path / "other.jsonl")])
    assert ended.value.code == 2
    monkeypatch.undo()
    with pytest.raises(SystemExit) as ended:
        cli.main(["plot", str(tmp_path / "results.jsonl"), "--data", str(tmp_path / "none.tar.gz")])
    assert ended.value.code == 2
    assert "no file at" in capsys.readouterr().err.splitlines()[-1]


def test_the_command_is_a_module_too() -> None:
    assert "train" in deq("--help").stdout
    torch.set_num_threads(1)
