"""Tests of `klingkit models` and `klingkit credits`."""

from __future__ import annotations

import json

import pytest

import klingkit


def test_all_models_are_listed(run):
    lines = run("models").stdout.splitlines()
    assert [tuple(line.split()[:2]) for line in lines] == [(model.api, model.name) for model in klingkit.models()]
    assert "native  kling-v1-6                           retired 2026-09-15" in lines
    assert "kie     kling-3.0-omni/text-to-video         unchecked" in lines


@pytest.mark.parametrize("name", dict.fromkeys(model.name for model in klingkit.models()))
def test_the_options_of_a_model_are_those_of_the_catalogue(name: str, run):
    models = [model for model in klingkit.models() if model.name == name]
    text = run("models", name).stdout
    assert all(f"  {option.name} " in text for model in models for option in model.options)
    assert all(f"  rule: {rule}" in text for model in models for rule in model.rules)
    records = json.loads(run("models", name, "--json").stdout)["models"]
    assert [(record["api"], record["name"]) for record in records] == [(model.api, model.name) for model in models]
    for record, model in zip(records, models, strict=True):
        assert [it["choices"] for it in record["options"]] == [list(option.choices) for option in model.options]


def test_limits_are_shown(run):
    text = run("models", "kling/v2-1-pro").stdout
    assert (
        "  cfg_scale                              number, default 0.5, minimum 0, maximum 1, multipleOf 0.1\n" in text
    )
    assert "  image_url                              string, required, 10 MB at most\n" in text
    assert "boolean, default false" in run("models", "kling-2.6/text-to-video").stdout


def test_an_unknown_model_names_the_nearest(run):
    result = run("models", "kling/v2-1-prro", "--api", "kie")
    assert result.exit_code == 2
    assert "perhaps kling/v2-1-pro" in result.stderr


def test_credits(run, emulator):
    assert run("credits").stdout == "100000 credits\n"
    assert json.loads(run("credits", "--json").stdout) == {"api": "kie", "credits": 100000}
    result = run("credits", "--api", "native")
    assert (result.exit_code, result.stdout) == (2, "")
