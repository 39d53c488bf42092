"""The score: which check notices which mutant."""

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from scripts import mutate
from scripts.checks import registry
from scripts.mutation import score as scoring
from scripts.mutation.mutants import Mutant
from scripts.mutation.score import (
    Explanation,
    NotReadyError,
    Score,
    Verdict,
    expect_silence,
    judge,
    score,
    stale,
    unexplained,
)
from scripts.specs.files import apis

MUTANT = Mutant("/info/title", "change title", "", {"info": {"title": "other"}})
CAMERA = Verdict("/camera", "drop property", ("lint",))
SPEED = Verdict("/speed", "shift limit: 2", ("lint", "responses"))
SOUND = Verdict("/sound", "drop default", ())
HALF = Score("kie", (CAMERA, SPEED, SOUND, Verdict("/size", "drop choice: 5", (), ("lint: KeyError: 'size'",))))


def sees_all(api, spec):
    return [f"{api}: {spec['info']['title']}"]


def sees_nothing(api, spec):
    return []


def crashes(api, spec):
    raise KeyError("title")


def test_the_check_that_notices_is_reported():
    assert judge("kie", MUTANT, {"lint": sees_all, "responses": sees_nothing}).killers == ("lint",)


def test_a_check_that_crashes_has_noticed_nothing():
    verdict = judge("kie", MUTANT, {"lint": crashes, "responses": sees_all})
    assert verdict.killers == ("responses",)
    assert verdict.crashes == ("lint: KeyError: 'title'",)


def test_with_first_no_check_runs_after_one_that_notices():
    verdict = judge("kie", MUTANT, {"lint": sees_all, "responses": crashes}, first=True)
    assert verdict == Verdict("/info/title", "change title", ("lint",))


def test_the_share_is_that_of_the_noticed_mutants():
    assert (HALF.killed, HALF.share) == (2, 50)
    assert [str(verdict) for verdict in HALF.survivors] == ["/sound drop default", "/size drop choice: 5"]
    assert [HALF.killed_by("lint"), HALF.killed_by("lint", alone=True)] == [2, 1]
    assert [HALF.killed_by("responses"), HALF.killed_by("responses", alone=True)] == [1, 0]


def use(monkeypatch, problems, compared=1_000_000, floor=1):
    """Put a check in the place of the lint."""
    monkeypatch.setitem(registry.CHECKS, "lint", registry.Check(problems, lambda api: compared, floor))
    monkeypatch.setitem(scoring.CHECKS, "lint", problems)


def test_a_check_that_finds_something_in_the_spec_as_it_is_scores_nothing(monkeypatch):
    use(monkeypatch, sees_all)
    with pytest.raises(NotReadyError, match=r"kie as it is: lint: kie: kie\.ai"):
        expect_silence("kie", ["lint"])
    with pytest.raises(NotReadyError):
        score("kie", checks=["lint"])


def test_a_check_that_compares_too_little_scores_nothing(monkeypatch):
    use(monkeypatch, sees_nothing, compared=0)
    with pytest.raises(NotReadyError, match="lint: it compared 0 things of kie, and 1 are the least"):
        expect_silence("kie", ["lint"])


def test_no_check_and_no_mutant_score_nothing(monkeypatch):
    with pytest.raises(NotReadyError, match="there is no check"):
        expect_silence("kie", [])
    monkeypatch.setattr(scoring, "_mutants", lambda api: ())
    with pytest.raises(NotReadyError, match="there are 0 mutants"):
        expect_silence("kie", ["lint"])


@pytest.mark.parametrize("api", apis())
@pytest.mark.parametrize("check", registry.CHECKS)
def test_every_check_compares_enough_and_finds_nothing_in_the_specs_as_they_are(api, check):
    assert [*registry.problems(api, [check])] == []


def test_check_that_finds_nothing_kills_no_mutant(monkeypatch):
    use(monkeypatch, sees_nothing)
    blind = score("kie", checks=["lint"])
    assert len(blind.verdicts) > 1000
    assert (blind.killed, blind.share) == (0, 0)


def test_one_of_several_mutants_may_be_judged(monkeypatch):
    use(monkeypatch, sees_nothing)
    every, part = (score("kie", checks=["lint"], every=number) for number in (1, 4))
    assert len(every.verdicts) // 4 <= len(part.verdicts) <= len(every.verdicts) // 4 + 1
    assert {*part.verdicts} < {*every.verdicts}
    (left_out, *_) = (it for it in every.verdicts if it not in part.verdicts)
    assert [*stale(part, [Explanation("kie", left_out.pointer, left_out.name, "it was not judged")])] == []


def test_two_processes_find_what_one_finds_in_the_same_order(monkeypatch):
    monkeypatch.setattr(scoring, "_mutants", lambda api, made=scoring._mutants: made(api)[:3])
    monkeypatch.setattr(scoring, "FEWEST", 3)
    alone = score("kie", checks=["responses"])
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        together = score("kie", checks=["responses"], run=pool.map)
    assert together.verdicts[:3] == alone.verdicts
    assert len(alone.verdicts) == 3


@pytest.mark.parametrize("api", apis())
def test_what_is_remembered_of_unchanged_nodes_hides_nothing(api):
    """A copy of a mutant shares no node with the spec that is remembered, so each check reads all of it anew."""
    made = scoring._mutants(api)
    for mutant in made[:: len(made) // 12]:
        alone = json.loads(json.dumps(mutant.spec))
        for name in ("lint", "responses", "requests", "documents"):
            check = registry.CHECKS[name].problems
            assert (mutant.name, [*check(api, mutant.spec)]) == (mutant.name, [*check(api, alone)])


EXPLAINED = [
    Explanation("kie", "/size", "drop choice: 5", "no check can notice"),
    Explanation("kie", "/sound", "drop default", "no check can notice"),
    Explanation("relay", "/sound", "drop default", "no check can notice"),
]


def test_each_survivor_needs_its_own_reason():
    assert unexplained(HALF, EXPLAINED) == []
    assert unexplained(HALF, EXPLAINED[1:]) == HALF.survivors[1:]
    assert unexplained(HALF, EXPLAINED[2:]) == HALF.survivors


def test_reasons_for_what_is_noticed_or_gone_are_stale():
    noticed = Explanation("kie", "/speed", "shift limit: 2", "no check could notice")
    gone = Explanation("kie", "/speed", "shift limit: 3", "no check could notice")
    assert [*stale(HALF, [*EXPLAINED, noticed, gone])] == [noticed, gone]


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the command on given scores and reasons."""

    def run(arguments, scores, explained=EXPLAINED):
        by_api = {it.api: it for it in scores}
        monkeypatch.setattr(mutate, "expect_silence", lambda api, checks: None)
        monkeypatch.setattr(mutate, "score", lambda api, **_: by_api[api])
        monkeypatch.setattr(mutate, "explanations", lambda: explained)
        return mutate.main([*arguments, *by_api]), capsys.readouterr().out

    return run


def test_command_succeeds_at_the_goal(run):
    failure, printed = run(["--goal", "50"], [HALF])
    assert failure is None
    rows = [line.split() for line in printed.splitlines()]
    assert {("changes", "4"), ("noticed", "2", "50.00", "%"), ("lint", "2", "(1)")} <= set(map(tuple, rows))
    assert "kie: failed at /size drop choice: 5: lint: KeyError: 'size'" in printed


def test_the_command_fails_below_the_goal(run):
    failure, _ = run([], [HALF])
    assert failure == "kie: 50.00 % of the changes are noticed, not 95 %"


def test_the_command_fails_with_unexplained_survivors_and_with_stale_reasons(run):
    failure, _ = run(["--goal", "0"], [HALF], [Explanation("kie", "/sound", "drop sound", "no check could notice")])
    assert failure.splitlines() == [
        "kie: unnoticed, and not explained in survivors.yaml: /sound drop default",
        "kie: unnoticed, and not explained in survivors.yaml: /size drop choice: 5",
        "kie: explained in survivors.yaml, but noticed or gone: /sound drop sound",
    ]


def test_the_command_lists_every_change(run):
    _, printed = run(["--goal", "0", "--list"], [HALF])
    assert printed.startswith("kie/camera drop property: lint\nkie/speed shift limit: 2: lint, responses\n")
    assert "kie/sound drop default: unnoticed\n" in printed


def test_the_command_writes_json(run):
    _, printed = run(["--goal", "0", "--json"], [HALF])
    (result,) = json.loads(printed)
    assert result["share"] == 50
    assert result["verdicts"][0] == {"pointer": "/camera", "name": "drop property", "killers": ["lint"], "crashes": []}


def test_the_command_leaves_the_same_json_in_a_file(run, tmp_path):
    target = tmp_path / "new" / "mutation.json"
    run(["--goal", "0", "--output", str(target)], [HALF])
    (result,) = json.loads(target.read_text())
    assert (result["api"], result["survivors"]) == ("kie", ["/sound drop default", "/size drop choice: 5"])


def test_an_unknown_api_is_refused():
    assert mutate.main(["kei"]) == "no such spec: kei; there are kie, native, relay"
