"""docs/handling-errors.md shows the tree and every attribute of the errors as the code has them."""

import inspect
import re

import klingkit
from klingkit import KlingkitError
from scripts import errors

PUBLIC = [each for name in klingkit.__all__ if isinstance(each := getattr(klingkit, name), type)]
ERRORS = [each for each in PUBLIC if issubclass(each, KlingkitError)]


def attributes(error: type[KlingkitError]) -> set[str]:
    """What a class adds to its base: the options of its constructor, and its properties."""
    constructor = vars(error).get("__init__")
    options = inspect.signature(constructor).parameters.values() if constructor else ()
    properties = {name for name, value in vars(error).items() if isinstance(value, property)}
    return properties | {option.name for option in options if option.kind is option.KEYWORD_ONLY}


ADDED = {(attribute, error.__name__) for error in ERRORS for attribute in attributes(error)}
"""Read here: while a test runs, the constructors are watched for leaks."""


def test_the_committed_tree_is_that_of_the_code_and_names_every_public_error():
    assert errors.handling() == errors.HANDLING.read_text("utf-8"), "run make docs"
    named = re.findall(r"^ *- `(\w+)`", "\n".join(errors.tree()), re.MULTILINE)
    assert sorted(named) == sorted(error.__name__ for error in ERRORS)


def test_every_attribute_is_explained_for_each_class_that_adds_it():
    page = errors.HANDLING.read_text("utf-8").partition("## The attributes")[2].partition("\n## ")[0]
    listed = {
        (attribute, owner)
        for names, owners in re.findall(r"^\| (`.*?) \| (.*?) \|", page, re.MULTILINE)
        for attribute in re.findall(r"`(\w+)`", names)
        for owner in re.findall(r"`(\w+)`", owners) or ["KlingkitError"]
    }
    assert listed == ADDED | {("again", "KlingkitError")}  # a class attribute
