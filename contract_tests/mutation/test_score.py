"""Tests of the score: which check notices which mutant."""

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
CAMERA_VERDICT = Verdict("/camera", "drop property", ("lint",))
SPEED_VERDICT = Verdict("/speed", "shift limit: 2", ("lint", "responses"))
SOUND_VERDICT = Verdict("/sound", "drop default", ())
HALF_NOTICED = Score(
    "kie",
    (CAMERA_VERDICT, SPEED_VERDICT, SOUND_VERDICT, Verdict("/size", "drop choice: 5", (), ("lint: KeyError: 'size'",))),
)


def always_reports(api, spec):
    return [f"{api}: {spec['info']['title']}"]


def never_reports(api, spec):
    return []


def crashes(api, spec):
    raise KeyError("title")


def test_the_check_that_notices_is_reported():
    assert judge("kie", MUTANT, {"lint": always_reports, "responses": never_reports}).killers == ("lint",)


def test_a_check_that_crashes_has_noticed_nothing():
    verdict = judge("kie", MUTANT, {"lint": crashes, "responses": always_reports})
    assert verdict.killers == ("responses",)
    assert verdict.crashes == ("lint: KeyError: 'title'",)


def test_with_first_no_check_runs_after_one_that_notices():
    verdict = judge("kie", MUTANT, {"lint": always_reports, "responses": crashes}, first=True)
    assert verdict == Verdict("/info/title", "change title", ("lint",))


def test_the_share_is_that_of_the_noticed_mutants():
    assert (HALF_NOTICED.killed, HALF_NOTICED.share) == (2, 50)
    assert [str(verdict) for verdict in HALF_NOTICED.survivors] == ["/sound drop default", "/size drop choice: 5"]
    assert [HALF_NOTICED.killed_by("lint"), HALF_NOTICED.killed_by("lint", alone=True)] == [2, 1]
    assert [HALF_NOTICED.killed_by("responses"), HALF_NOTICED.killed_by("responses", alone=True)] == [1, 0]


def replace_lint(monkeypatch, problems, compared=1_000_000, floor=1):
    """Replace the check `lint` by another."""
    monkeypatch.setitem(registry.CHECKS, "lint", registry.Check(problems, lambda api: compared, floor))
    monkeypatch.setitem(scoring.CHECKS, "lint", problems)


def test_a_check_that_reports_the_committed_spec_gets_no_score(monkeypatch):
    replace_lint(monkeypatch, always_reports)
    with pytest.raises(NotReadyError, match=r"kie as it is: lint: kie: kie\.ai"):
        expect_silence("kie", ["lint"])
    with pytest.raises(NotReadyError):
        score("kie", checks=["lint"])


def test_a_check_that_compares_too_little_gets_no_score(monkeypatch):
    replace_lint(monkeypatch, never_reports, compared=0)
    with pytest.raises(NotReadyError, match="lint: it compared 0 things of kie, and 1 are the least"):
        expect_silence("kie", ["lint"])


def test_without_checks_or_mutants_there_is_no_score(monkeypatch):
    with pytest.raises(NotReadyError, match="there is no check"):
        expect_silence("kie", [])
    monkeypatch.setattr(scoring, "_mutants", lambda api: ())
    with pytest.raises(NotReadyError, match="there are 0 mutants"):
        expect_silence("kie", ["lint"])


@pytest.mark.parametrize("api", apis())
@pytest.mark.parametrize("check", registry.CHECKS)
def test_every_check_compares_enough_and_reports_nothing_in_the_committed_specs(api, check):
    assert [*registry.problems(api, [check])] == []


def test_check_that_finds_nothing_kills_no_mutant(monkeypatch):
    replace_lint(monkeypatch, never_reports)
    all_unnoticed = score("kie", checks=["lint"])
    assert len(all_unnoticed.verdicts) > 1000
    assert (all_unnoticed.killed, all_unnoticed.share) == (0, 0)


def test_one_of_several_mutants_may_be_judged(monkeypatch):
    replace_lint(monkeypatch, never_reports)
    all_judged, some_judged = (score("kie", checks=["lint"], every=number) for number in (1, 4))
    assert len(all_judged.verdicts) // 4 <= len(some_judged.verdicts) <= len(all_judged.verdicts) // 4 + 1
    assert {*some_judged.verdicts} < {*all_judged.verdicts}
    (left_out, *_) = (verdict for verdict in all_judged.verdicts if verdict not in some_judged.verdicts)
    assert [*stale(some_judged, [Explanation("kie", left_out.pointer, left_out.name, "it was not judged")])] == []


def test_two_processes_find_what_one_finds_in_the_same_order(monkeypatch):
    monkeypatch.setattr(scoring, "_mutants", lambda api, all_mutants=scoring._mutants: all_mutants(api)[:3])
    monkeypatch.setattr(scoring, "FEWEST", 3)
    by_one_process = score("kie", checks=["responses"])
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        by_two_processes = score("kie", checks=["responses"], run=pool.map)
    assert by_two_processes.verdicts[:3] == by_one_process.verdicts
    assert len(by_one_process.verdicts) == 3


@pytest.mark.parametrize("api", apis())
def test_the_cache_of_unchanged_nodes_hides_nothing(api):
    """A copy of a mutant shares no node with the cached spec, so each check reads all of it again."""
    all_mutants = scoring._mutants(api)
    for mutant in all_mutants[:: len(all_mutants) // 4]:
        copied = json.loads(json.dumps(mutant.spec))
        for name in ("lint", "responses", "requests", "documents"):
            check = registry.CHECKS[name].problems
            assert (mutant.name, [*check(api, mutant.spec)]) == (mutant.name, [*check(api, copied)])


EXPLANATIONS = [
    Explanation("kie", "/size", "drop choice: 5", "no check can notice"),
    Explanation("kie", "/sound", "drop default", "no check can notice"),
    Explanation("relay", "/sound", "drop default", "no check can notice"),
]


def test_each_survivor_needs_its_own_reason():
    assert unexplained(HALF_NOTICED, EXPLANATIONS) == []
    assert unexplained(HALF_NOTICED, EXPLANATIONS[1:]) == HALF_NOTICED.survivors[1:]
    assert unexplained(HALF_NOTICED, EXPLANATIONS[2:]) == HALF_NOTICED.survivors


def test_reasons_for_what_is_noticed_or_gone_are_stale():
    noticed = Explanation("kie", "/speed", "shift limit: 2", "no check could notice")
    gone = Explanation("kie", "/speed", "shift limit: 3", "no check could notice")
    assert [*stale(HALF_NOTICED, [*EXPLANATIONS, noticed, gone])] == [noticed, gone]


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that runs the command with given scores and explanations."""

    def run(arguments, scores, explained=EXPLANATIONS):
        by_api = {each.api: each for each in scores}
        monkeypatch.setattr(mutate, "expect_silence", lambda api, checks: None)
        monkeypatch.setattr(mutate, "score", lambda api, **_: by_api[api])
        monkeypatch.setattr(mutate, "explanations", lambda: explained)
        return mutate.main([*arguments, *by_api]), capsys.readouterr().out

    return run


def test_command_succeeds_at_the_goal(run):
    failure, printed = run(["--goal", "50"], [HALF_NOTICED])
    assert failure is None
    rows = [line.split() for line in printed.splitlines()]
    assert {("changes", "4"), ("noticed", "2", "50.00", "%"), ("lint", "2", "(1)")} <= set(map(tuple, rows))
    assert "kie: failed at /size drop choice: 5: lint: KeyError: 'size'" in printed


def test_the_command_fails_below_the_goal(run):
    failure, _ = run([], [HALF_NOTICED])
    assert failure == "kie: 50.00 % of the changes are noticed, not 95 %"


def test_the_command_fails_with_unexplained_survivors_and_with_stale_reasons(run):
    failure, _ = run(
        ["--goal", "0"], [HALF_NOTICED], [Explanation("kie", "/sound", "drop sound", "no check could notice")]
    )
    assert failure.splitlines() == [
        "kie: unnoticed, and not explained in survivors.yaml: /sound drop default",
        "kie: unnoticed, and not explained in survivors.yaml: /size drop choice: 5",
        "kie: explained in survivors.yaml, but noticed or gone: /sound drop sound",
    ]


def test_the_command_lists_every_change(run):
    _, printed = run(["--goal", "0", "--list"], [HALF_NOTICED])
    assert printed.startswith("kie/camera drop property: lint\nkie/speed shift limit: 2: lint, responses\n")
    assert "kie/sound drop default: unnoticed\n" in printed


def test_the_command_writes_json(run):
    _, printed = run(["--goal", "0", "--json"], [HALF_NOTICED])
    (result,) = json.loads(printed)
    assert result["share"] == 50
    assert result["verdicts"][0] == {"pointer": "/camera", "name": "drop property", "killers": ["lint"], "crashes": []}


def test_the_command_leaves_the_same_json_in_a_file(run, tmp_path):
    target = tmp_path / "new" / "mutation.json"
    run(["--goal", "0", "--output", str(target)], [HALF_NOTICED])
    (result,) = json.loads(target.read_text())
    assert (result["api"], result["survivors"]) == ("kie", ["/sound drop default", "/size drop choice: 5"])


def test_an_unknown_api_is_refused():
    assert mutate.main(["kei"]) == "no such spec: kei; there are kie, native, relay"
