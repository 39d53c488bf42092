"""Tests that docs/handling-errors.md shows the tree and every attribute of the errors in the code."""

import inspect
import re

import klingkit
from klingkit import KlingkitError
from scripts import errors

PUBLIC_TYPES = [public for name in klingkit.__all__ if isinstance(public := getattr(klingkit, name), type)]
ERROR_CLASSES = [public for public in PUBLIC_TYPES if issubclass(public, KlingkitError)]


def added_attributes(error: type[KlingkitError]) -> set[str]:
    """Return what a class adds to its base: the options of its constructor, and its properties."""
    constructor = vars(error).get("__init__")
    options = inspect.signature(constructor).parameters.values() if constructor else ()
    properties = {name for name, value in vars(error).items() if isinstance(value, property)}
    return properties | {option.name for option in options if option.kind is option.KEYWORD_ONLY}


ATTRIBUTE_AND_CLASS = {(attribute, error.__name__) for error in ERROR_CLASSES for attribute in added_attributes(error)}
"""Attributes are read on import, for during a test the constructors are wrapped to find leaks."""


def test_the_committed_tree_equals_the_code_and_names_every_public_error():
    assert errors.handling() == errors.HANDLING.read_text("utf-8"), "run make docs"
    names_in_tree = re.findall(r"^ *- `(\w+)`", "\n".join(errors.tree()), re.MULTILINE)
    assert sorted(names_in_tree) == sorted(error.__name__ for error in ERROR_CLASSES)


def test_every_attribute_is_explained_for_each_class_that_adds_it():
    page = errors.HANDLING.read_text("utf-8").partition("## The attributes")[2].partition("\n## ")[0]
    listed = {
        (attribute, owner)
        for names, owners in re.findall(r"^\| (`.*?) \| (.*?) \|", page, re.MULTILINE)
        for attribute in re.findall(r"`(\w+)`", names)
        for owner in re.findall(r"`(\w+)`", owners) or ["KlingkitError"]
    }
    assert listed == ATTRIBUTE_AND_CLASS | {("again", "KlingkitError")}  # a class attribute
