"""The checks that hold documents, specs, client and emulator together; each has a function `problems(api, spec)`."""
