"""What tokens cost, by a table of prices. Where a price is missing the cost is not known, and never nought."""

from __future__ import annotations

import fnmatch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.core.agents.records.turn import Usage

PARTS = ("input", "output", "cache_read", "cache_write", "reasoning")
_MILLION = 1_000_000


def summed(usages: Iterable[Usage]) -> dict[str, dict[str, int]]:
    """Tokens by model, each answer counted once: of those with one key the last counts.

    A key is the program's own, so records of different programs are summed apart.
    """
    known: dict[str, Usage] = {}
    single: list[Usage] = []
    for usage in usages:
        if usage.key:
            known[usage.key] = usage
        else:
            single.append(usage)
    found: dict[str, dict[str, int]] = {}
    for usage in [*known.values(), *single]:
        row = found.setdefault(usage.model, dict.fromkeys(PARTS, 0))
        for part in PARTS:
            row[part] += getattr(usage, part)
    return found


def cost(tokens: Mapping[str, int], prices: Mapping[str, object] | None) -> float | None:
    """What the tokens of one model cost; `prices` are for a million each, None where one that is wanted is missing.

    `reasoning` costs what `output` does, unless it has a price of its own.
    """
    if prices is None:
        return None
    found = 0.0
    for part in PARTS:
        number = tokens.get(part, 0)
        if not number:
            continue
        price = prices.get(part, prices.get("output") if part == "reasoning" else None)
        if isinstance(price, bool) or not isinstance(price, int | float) or not price >= 0:
            return None
        found += number * price / _MILLION
    return found


def prices_of(model: str, table: Mapping[str, object]) -> Mapping[str, object] | None:
    """The prices of a model: by its name, else by the longest pattern with `*` that fits, None where none does."""
    exact = table.get(model)
    if isinstance(exact, dict):
        return exact
    fitting = [name for name in table if fnmatch.fnmatchcase(model, name) and isinstance(table[name], dict)]
    row = table[max(fitting, key=len)] if fitting else None
    return row if isinstance(row, dict) else None


def total(usages: Iterable[Usage], table: Mapping[str, object]) -> float | None:
    """What all of it costs, None where a price of one of the models is not known."""
    found = 0.0
    for model, tokens in summed(usages).items():
        if not any(tokens.values()):
            continue
        one = cost(tokens, prices_of(model, table))
        if one is None:
            return None
        found += one
    return found
