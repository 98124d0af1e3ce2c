"""Whatever a page says of a run agrees with what the run measured, and with all else that it says.

Numbers are taken out of the sentences, readings and tables of every page, and reckoned anew from the raw arrays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_runs import OddRun, foreign_run, odd_runs
from streamlit.testing.v1 import AppTest

import vgdemo.article
from vgdemo.article import Claim, experiments
from vgdemo.article.measures import VAL_ACCURACY
from vgdemo.export import ReportedRun, report
from vgdemo.links import to_query
from vgdemo.record import RunStatus
from vgdemo.store import RunStore
from vgdemo.ui import runs
from vgdemo.ui.session import SESSION
from vgdemo.ui.verdict import findings

from .conftest import StandInStore

RUNS = odd_runs()
NAMES = list(RUNS)
APP = str(Path(__file__).resolve().parents[2] / "app.py")
N = r"(−?\d+(?:\.\d+)?(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|not a number|infinite)"  # As `wording.number` writes it.
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def value(text: str) -> float:
    """A number as a sentence writes it."""
    if text in ("not a number", "infinite"):
        return {"not a number": np.nan, "infinite": np.inf}[text]
    mantissa, _, exponent = text.partition("·10")
    return float(mantissa.replace("−", "-")) * 10.0 ** int(exponent.translate(DIGITS) or 0)


def agree(told: str, measured: float) -> bool:
    """To the two digits that are written, or to the whole number above a hundred."""
    return bool(np.isclose(value(told), measured, rtol=0.051, atol=1e-30, equal_nan=True))


def start(run: OddRun) -> np.ndarray:
    """(K,) gradient sizes before the first update, of the replicates that are told of."""
    return np.asarray(run.median(run.raw("gradient_rms")[0]))


def end(run: OddRun) -> np.ndarray:
    return np.asarray(run.median(run.raw("gradient_rms")[-1]))


def layer_number(phrase: str) -> int:
    return -1 if phrase == "the output" else int(phrase.removeprefix("layer ")) - 1


def slope(run: OddRun) -> float:
    """Per layer, the first left aside."""
    hidden = start(run)[1:-1]
    return float((hidden[0] / hidden[-1]) ** (1 / (len(hidden) - 1)))


def loss(run: OddRun, epochs: Any) -> float:
    return float(run.median(np.median(run.raw("train_loss")[epochs], axis=0)))


def tenth(run: OddRun) -> slice:
    return np.s_[-max(1, len(run.record.epochs) // 10) :]


def late_share(run: OddRun) -> float:
    sizes = run.raw("gradient_rms")
    shares = sizes[..., :-1].min(axis=-1) / sizes.max(axis=-1)
    return float(run.median(np.median(shares[len(shares) // 2 :], axis=0)))


def moved(run: OddRun) -> float:
    """How far the kernel went that moved most, epoch by epoch."""
    return float(run.median(run.raw("update_ratio").sum(axis=0).max(axis=-1)))


def saturated(run: OddRun, layer: str, epochs: Any) -> float:
    return 100 * float(run.median(np.median(run.raw("saturated_share")[epochs], axis=0))[int(layer) - 1])


def dead(run: OddRun, epoch: int) -> int:
    return int((run.raw("dead_share")[epoch] >= 1).any(axis=1).sum())


def broken(run: OddRun) -> int:
    lost = ~np.isfinite(run.raw("train_loss")) | ~np.isfinite(run.raw("gradient_rms")).all(axis=2)
    return int(np.flatnonzero(lost.any(axis=1))[0])


def weights(run: OddRun) -> float:
    """Mean square of all first weights, each over what suits: 2/inputs for a ReLU, 2/(inputs + outputs) otherwise."""
    shapes = np.array(run.record.source.kernel_shapes[:-1])
    suited = 2 / (shapes[:, 0] if run.record.source.activation == "relu" else shapes.sum(axis=1))
    ratios = run.raw("kernel_rms")[0][:, :-1] ** 2 / suited
    return float(run.median(np.average(ratios, axis=1, weights=shapes.prod(axis=1))))


def longest_move(run: OddRun) -> float:
    """How far a kernel went in one epoch, at most."""
    return float(run.median(np.nanmax(run.raw("update_ratio"), axis=(0, 2))))


def left(run: OddRun) -> float:
    """What is left of the hidden kernel that kept most of its length."""
    sizes = run.raw("kernel_rms")
    return float(run.median((sizes[-1] / sizes[0])[:, :-1].max(axis=1)))


def signal(run: OddRun) -> np.ndarray:
    """(H,) standard deviation of each hidden layer before the first update."""
    return np.asarray(run.median(run.raw("activation_std")[0]))


def gaussian_average(function: Callable[[np.ndarray], np.ndarray], variance: float) -> float:
    points = np.linspace(-9, 9, 100_001)
    return float(np.average(function(np.sqrt(variance) * points), weights=np.exp(-(points**2) / 2)))


def expected_factors(run: OddRun) -> tuple[float, ...]:
    """Of tanh layers of 5 units with weights of variance 1/5, times what is measured: as they are, and as wide ones."""
    config = run.record.source
    assert (config.activation, config.units) == ("tanh", 5)
    variance, roots = (scale := weights(run)), []
    for _layer in range(config.num_hidden_layers):
        roots.append(np.sqrt(scale * gaussian_average(lambda h: (1 - np.tanh(h) ** 2) ** 2, variance)))
        variance = scale * gaussian_average(lambda h: np.tanh(h) ** 2, variance)
    wide = float(np.exp(np.mean(np.log(roots))))
    # E ln(χ²/5) of five degrees of freedom, by an integral over its density.
    squares = np.linspace(1e-6, 80, 400_001)
    chance = np.average(np.log(squares / 5), weights=squares**1.5 * np.exp(-squares / 2))
    return wide * float(np.exp(chance / 2)), wide


GUESS = np.log(2)
# What evidence can say, and what the raw arrays say to each of its numbers.
EVIDENCE: dict[str, Callable[..., tuple[float, ...]]] = {
    rf"ends at a validation accuracy of {N}; always answering the larger class gives {N}\.": lambda run: (
        run.median_of_all(run.final_accuracy),
        0.5,
    ),
    rf"(?:shrinks|grows) ×{N} per layer towards the input": lambda run: (slope(run),),
    rf"is smallest in (?:.+), {N} of the largest layer's": lambda run: (start(run)[:-1].min() / start(run).max(),),
    rf"; in layer 1 it is {N} times the output's": lambda run: (start(run)[0] / start(run)[-1],),
    rf", and {N} times in the end": lambda run: (end(run)[0] / end(run)[-1],),
    rf"largest gradient of a hidden layer \(root mean square\) is {N}": lambda run: (start(run)[:-1].max(),),
    rf"gradient is exactly {N} in every hidden layer": lambda run: (start(run)[:-1].max(),),
    rf"no kernel moves by more than {N} of its own length": lambda run: (moved(run),),
    rf"smallest hidden gradient is {N} of the largest": lambda run: (late_share(run),),
    rf"training loss (?:rises|falls) from {N} to {N} nats": lambda run: (loss(run, np.s_[:1]), loss(run, tenth(run))),
    rf"training loss stays near {N} nats": lambda run: (loss(run, tenth(run)),),
    rf"; answering 1/2 everywhere costs {N}": lambda run: (GUESS,),
    rf"at epoch {N} for the first time": lambda run: (broken(run),),
    rf"Of all replicates {N} of {N} have a dead layer in the end, {N} at the start": lambda run: (
        dead(run, -1),
        run.record.replicates,
        dead(run, 0),
    ),
    rf"{N} of {N} replicates": lambda run: (len(run.told), run.record.replicates),
    rf"\(replicate {N}\)": lambda run: (run.told[0] + 1,),
    rf"standard deviation changes ×{N} per layer, to {N} in": lambda run: (
        (signal(run)[-1] / signal(run)[0]) ** (1 / (len(signal(run)) - 1)),
        signal(run)[-1],
    ),
    rf"change ×{N} per layer on its way down, and ×{N} with": lambda run: expected_factors(run),
    rf"kernel moves by as much as {N} times its own length": lambda run: (longest_move(run),),
    rf"has at most {N} of the root mean square that it started with": lambda run: (left(run),),
    rf"weights are drawn (?:around 0.5, )?with {N} times the mean square": lambda run: (weights(run),),
}
SATURATION = rf"{N} % of the activations of layer {N} are saturated at the start, {N} % in the end"


def check_evidence(run: OddRun, sentence: str) -> None:
    """Every number of the sentence is one that the arrays give; none is left over."""
    for first, layer, last in re.findall(SATURATION, sentence):
        assert abs(value(first) - saturated(run, layer, np.s_[:1])) <= 0.5, sentence
        assert abs(value(last) - saturated(run, layer, tenth(run))) <= 0.5, sentence
    left = re.sub(SATURATION, "", sentence)
    for pattern, reckon in EVIDENCE.items():
        for found in re.finditer(pattern, left):
            for told, measured in zip(found.groups(), reckon(run), strict=True):
                assert agree(told, measured), f"{sentence} Measured: {measured}"
        left = re.sub(pattern, "", left)
    left = re.sub(r"layer \d+|epoch 0|1/2", "", left)
    assert not re.search(r"\d", left), f"a number that nothing is known of: {left}"


KINDS = {
    "learn": r"learns?",
    "vanishing gradient": r"ha(?:s|ve) a vanishing gradient",
    "exploding gradient": r"ha(?:s|ve) an exploding gradient",
    "saturated": r"(?:is|are) saturated",
    "dead layer": r"ha(?:s|ve) a dead layer",
    "stuck": r"(?:is|are) stuck",
    "still learning": r"(?:is|are) still learning",
    "diverge": r"diverges?",
    "undecided": r"(?:is|are) undecided",
}
TITLES = {
    "Vanishing gradient": "vanishing gradient",
    "Exploding gradient": "exploding gradient",
    "Saturated": "saturated",
    "Dead units": "dead layer",
    "Stuck": "stuck",
    "Still learning": "still learning",
    "Diverged": "diverge",
    "Not enough to say": "undecided",
}


def counts(run: OddRun, text: str) -> dict[str, int]:
    """How many replicates the text says to have what, each of which they can have by their own measurements."""
    text = re.sub(r" \d+ of these [^.]* as well\.", "", text)
    found = {kind: int(count) for kind, words in KINDS.items() for count in re.findall(rf"(\d+) {words}", text)}
    for kind, count in found.items():
        assert count <= run.can_have(kind), f"{count} {kind}, measured {run.can_have(kind)}: {text}"
    return found


def check_verdict(run: OddRun, icon: str, headline: str, explanation: str) -> None:
    total, learners = run.record.replicates, run.learners
    assert learners == run.can_have("learn")
    told = counts(run, explanation)
    if 0 < learners < total:
        assert headline == f"Learns in {learners} of {total}"
        assert "orange" in icon and " because " in explanation
        one = int("the other one " in explanation)
        assert one + sum(told.values()) == total - learners, "all the others are told of"
    elif learners == total:
        assert (headline, "green" in icon) == ("Healthy", True)
    else:
        assert "Learns" not in headline and "Healthy" not in headline and ("red" in icon or "blue" in icon)
        kind, of = re.fullmatch(r"(.+?)(?:, vanishing gradient)?( in \d+ of \d+)?", headline).groups()  # type: ignore[union-attr]
        count, whole = map(int, re.findall(r"\d+", of)) if of else (total, total)
        assert whole == total and count <= run.can_have(TITLES[kind])
        assert count + sum(told.values()) == total
    says_vanishing = "anish" in headline + explanation
    assert not says_vanishing or run.can_have("vanishing gradient"), "a gradient as large as the output's"
    if "saturated" in (headline + explanation).lower() and shrinks_far(run):
        assert says_vanishing, "saturation that makes the gradient vanish says both"


def shrinks_far(run: OddRun) -> bool:
    """Whether the saturated layer's first gradient is below a hundredth of the output's in the replicates told of."""
    return bool(start(run)[:-1].min() < 0.009 * start(run).max())


def readings(page: AppTest, name: str) -> Iterator[tuple[str, str]]:
    """Each figure's name and reading."""
    for figure, picture in page.session_state[SESSION].drawn[name].pictures.items():
        yield figure, json.loads(picture.json)["layout"]["title"]["subtitle"]["text"]


def check_reading(run: OddRun, figure: str, text: str) -> None:
    check = {"curves": check_curves, "layers": check_places, "profile": check_places, "surface": check_surface}
    text, _, kinds = text.partition(" Replicates of ")
    assert not kinds or int(kinds[0]) > 1
    check.get(figure, lambda run, text: None)(run, text)


def check_curves(run: OddRun, text: str) -> None:
    (middle, epoch), lost = (
        re.findall(rf"accuracy {N} at epoch (\d+)", text)[0],
        ~np.isfinite(run.raw("train_loss")[-1]),
    )
    assert agree(middle, run.median_of_all(run.final_accuracy)) and int(epoch) == run.record.epochs[-1]
    if run.record.replicates > 1:
        ((low, high),) = re.findall(rf"10–90 % of 10 replicates: {N} to {N}", text)
        ordered = np.sort(run.final_accuracy)  # Deciles of ten lie between the first two and the last two.
        assert agree(low, ordered[0] * 0.1 + ordered[1] * 0.9) and agree(high, ordered[8] * 0.9 + ordered[9] * 0.1)
    assert re.findall(r"(\d+) of \d+ without finite loss", text) == [str(lost.sum())] * bool(lost.any())


def check_places(run: OddRun, text: str) -> None:
    """What heatmap and profile say of the last epoch; both say the same of zeros and of what is no number."""
    last = np.asarray(run.median_of_all(run.raw("gradient_rms")[-1]))
    for told, phrase in re.findall(rf"{N} in (layer \d+|the output)", text):
        assert agree(told, last[layer_number(phrase)]), text
    for word, phrase, told in re.findall(rf"(smallest|largest) in (layer \d+|the output), {N}", text):
        finite = last[np.isfinite(last)]
        assert agree(told, finite.min() if word == "smallest" else finite.max())
        assert last[layer_number(phrase)] == (finite.min() if word == "smallest" else finite.max())
    for word, where in (("exactly zero", last == 0), ("not a number", np.isnan(last)), ("infinite", np.isinf(last))):
        said = re.findall(rf"(?i){word} in (every|\d+ of {len(last)}) layer", text)
        assert said == ([] if not where.any() else ["every" if where.all() else f"{where.sum()} of {len(last)}"]), text


def check_surface(run: OddRun, text: str) -> None:
    assert run.record.surface is not None
    assert ("not a number" in text) == np.isnan(run.record.surface.probabilities[-1]).any()


def words_of(page: AppTest) -> list[str]:
    """All sentences of the page, unescaped."""
    return [str(part.value).replace("\\", "") for part in (*page.markdown, *page.caption)]


VERDICT = re.compile(r"^(:\w+\[:material/\w+:\]) \*\*(.+?):\*\* (.+)$")


def verdicts(page: AppTest) -> list[tuple[str, str, str]]:
    """Icon, headline and explanation of each verdict on the page."""
    return [found.groups() for text in words_of(page) if (found := VERDICT.match(text))]  # type: ignore[misc]


@pytest.fixture
def trained(jobs: Any) -> None:
    found = {run.record.source: run.record for run in RUNS.values()}
    jobs.record = found.get
    jobs.details = {"epoch": 1}


@pytest.mark.parametrize("name", NAMES)
def test_the_lab_contradicts_neither_the_run_nor_itself(name: str, trained: None, lab: Callable[..., AppTest]) -> None:
    run = RUNS[name]
    page = lab(**run.record.source.to_query())
    ((icon, headline, explanation),) = verdicts(page)
    check_verdict(run, icon, headline, explanation)
    (why,) = (text for text in words_of(page) if text.startswith("- "))
    confidence, *evidence = why.removeprefix("- ").split("\n- ")
    if run.record.replicates > 1 and "All" not in confidence:
        assert sum(counts(run, confidence).values()) == 10
    for sentence in evidence:
        check_evidence(run, sentence)
    for figure, text in readings(page, "Lab"):
        check_reading(run, figure, text)
    check_not_a_number(run, [headline, explanation, *evidence, *(text for _, text in readings(page, "Lab"))])


def check_not_a_number(run: OddRun, texts: list[str]) -> None:
    shown = [run.raw(name) for name in ("gradient_rms", "train_loss", "val_loss")]
    assert run.record.surface is not None
    has = any(np.isnan(values).any() for values in (*shown, run.record.surface.probabilities))
    assert has or not any("not a number" in text for text in texts)


def check_endings(run: OddRun, column: Any) -> None:
    """A column of Compare's table."""
    ordered, count = np.sort(run.final_accuracy), run.record.replicates
    middle, low, high = re.findall(N, column.iloc[0])
    assert agree(middle, run.median_of_all(ordered)) and agree(low, np.quantile(ordered, 0.1))
    assert agree(high, np.quantile(ordered, 0.9))
    assert column.iloc[1].startswith(f"{run.learners} of {count} replicate") and "95 % interval" in column.iloc[1]
    assert (column["first epoch at 95 % of the final accuracy"] == "never") == (run.learners <= count / 2)
    for label, epoch in (("epoch 0", 0), ("end", -1)):
        sizes = run.raw("gradient_mean_abs")[epoch]
        with np.errstate(all="ignore"):
            ratio = run.median_of_all(sizes[:, 0] / sizes[:, -1])
        said = column[f"gradient, mean |g|, first hidden layer / output, {label}"]
        assert said.startswith("none") if np.isnan(ratio) else agree(said, ratio)
    assert agree(column["dead units at the end, share"], run.median_of_all(run.raw("dead_share")[-1].mean(axis=1)))
    share, word = column["units on the flat of their activation at the end, share"].split(" ")
    assert agree(share, run.median_of_all(run.raw("saturated_share")[-1].mean(axis=1)))
    assert word == ("inactive" if run.record.source.activation == "relu" else "saturated")


def check_difference(columns: dict[str, OddRun], sentence: str) -> None:
    one, other = re.findall(r"^(\w) ends .*?(?:than|against) (\w)\b", sentence)[0]
    pairs = min(columns[one].record.replicates, columns[other].record.replicates)
    apart = columns[one].final_accuracy[:pairs] - columns[other].final_accuracy[:pairs]
    told = float(re.findall(r"[+−]?\d\.\d\d", sentence)[0].replace("−", "-"))
    assert told == pytest.approx(apart.mean(), abs=0.0051)
    assert pairs == 1 or f"{pairs} pairs of replicates, 95 % bootstrap interval" in sentence
    assert ("ends more accurate" in sentence) <= (apart.mean() > 0)
    assert ("ends less accurate" in sentence) <= (apart.mean() < 0)


@pytest.mark.parametrize("first", range(0, len(NAMES), 4))
def test_compare_contradicts_neither_the_runs_nor_itself(
    first: int, trained: None, compare: Callable[..., AppTest]
) -> None:
    columns = dict(zip("ABCD", [RUNS[name] for name in NAMES[first : first + 4]], strict=True))
    page = compare(**to_query([run.record.source for run in columns.values()]))
    for run, said in zip(columns.values(), verdicts(page), strict=True):
        check_verdict(run, *said)
    (table,) = (one.value for one in page.table if "replicates that learn" in one.value.index)
    for letter, run in columns.items():
        check_endings(run, table[letter].map(lambda words: words.replace("\\", "")))
    apart = [text for text in words_of(page) if re.match(r"\w ends ", text)]
    assert len(apart) == 6, "each pair of four columns"
    for sentence in apart:
        check_difference(columns, sentence)
    for name, text in readings(page, "Compare"):
        figure, _, letter = name.partition(" ")
        if letter:
            check_reading(columns[letter], figure, text)
        else:
            check_shared(columns, figure, text)


def check_shared(columns: dict[str, OddRun], figure: str, text: str) -> None:
    """What a figure of all columns says of each."""
    told = re.findall(rf"\b([A-D])(?: at epoch \d+)?(?: \([^)]*\))? {N}(?: to {N})?", text)
    assert [letter for letter, *_ in told] == [*columns], text
    for letter, first, last in told:
        run = columns[letter]
        if figure == "overlay":
            assert agree(first, run.median_of_all(run.final_accuracy))
        else:
            sizes = run.median_of_all(run.raw("gradient_rms")[-1])
            assert agree(first, sizes[0]) and agree(last, sizes[-1])


def test_the_library_lists_the_same(jobs: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = RunStore(str(tmp_path))
    for run in RUNS.values():
        store[run.record.run_key] = run.record
    monkeypatch.setattr(runs, "open_store", lambda: store)
    listed = AppTest.from_file(APP, default_timeout=60).switch_page("pages/3_Library.py").run().dataframe[0].value
    assert len(listed) == len(RUNS)
    for run in RUNS.values():
        (row,) = (row for _, row in listed.iterrows() if row["rest"] == run.record.sentence.partition(" · ")[2])
        check_listed(run, row)


def check_listed(run: OddRun, row: Any) -> None:
    assert row["accuracy"] == pytest.approx(run.median_of_all(run.final_accuracy))
    if 0 < run.learners < run.record.replicates:
        assert row["verdict"] == f"Learns in {run.learners} of {run.record.replicates}"
    elif run.learners:
        assert row["verdict"] == "Healthy"
    else:
        assert run.can_have(TITLES[row["verdict"]])


def test_the_article_says_how_many_learn_and_their_median(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claim("validation", "learn", VAL_ACCURACY, low=0.7)
    made = tuple(
        replace(
            experiments()[0],
            number=str(place),
            title=name,
            pictures=(),
            runs=(("run", run.record.source),),
            claims=(claim,),
        )
        for place, (name, run) in enumerate(RUNS.items())
    )
    stored = StandInStore({run.record.run_key: run.record for run in RUNS.values()})
    monkeypatch.setattr(runs, "open_store", lambda: stored)
    monkeypatch.setattr(vgdemo.article, "chapters", lambda: {"One": made})
    monkeypatch.setattr(vgdemo.article, "experiments", lambda: made)
    page = AppTest.from_file(APP, default_timeout=60).switch_page("pages/2_Article.py").run()
    told = [text for text in words_of(page) if "**validation:**" in text]
    for run, text in zip(RUNS.values(), told, strict=True):
        if run.record.status is RunStatus.STOPPED:
            assert f"cut short after epoch {run.record.epochs[-1]}" in text
            continue
        assert f"{run.learners} of {run.record.replicates} replicate" in text and "95 % interval" in text
        (median,) = re.findall(r"(?:median|all) (\d\.\d{3})", text)
        assert float(median) == pytest.approx(run.median_of_all(run.final_accuracy), abs=6e-4)


def test_the_report_contradicts_no_run_that_of_a_foreign_network_neither() -> None:
    records = [run.record for run in RUNS.values()] + [foreign_run()]
    said = [findings(record) for record in records]
    for run, sentences in zip(RUNS.values(), said, strict=False):
        headline, _, explanation = sentences[0].partition(": ")
        icon = "green" if run.learners == run.record.replicates else "orange" if run.learners else "red"
        check_verdict(run, icon, headline, explanation)
    assert said[-1][0].startswith("Vanishing gradient: ")
    assert "in layer lstm/kernel it is 1.0·10⁻⁴ times the output's" in said[-1][1]
    page = unescape(report([ReportedRun(foreign_run(), findings=said[-1])]))
    assert all(sentence in page for sentence in said[-1])
    assert "1.0·10⁻⁵ in layer lstm/kernel, 0.1 in the output at epoch 6 (one training)." in page
