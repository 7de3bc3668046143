"""A check of each of many things as one test: one for each would take longer than most of the checks."""

from __future__ import annotations


def over(things, name=str):
    """Make of a check of one thing a test of all; the report names each that fails, and how."""
    things = list(things)

    def make(check):
        def test():
            assert things
            failed = []
            for thing in things:
                try:
                    check(thing)
                except Exception as problem:  # whatever it is, the others are looked at as well
                    failed.append(f"{name(thing)}: {type(problem).__name__}: {problem}")
            assert not failed, "\n".join(failed)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return make
