"""The square: documents, specs, clients and the emulator, held together by checks that can fail.

A check is a function ``problems(api, spec) -> list[str]``: the name of an API and its spec as loaded by
`scripts.codegen.build.load` in, one sentence for each disagreement out, naming the fact. Tests run the checks on the
specs as they are; `scripts.mutate` runs them on specs with one fact changed, and counts who notices.
"""
