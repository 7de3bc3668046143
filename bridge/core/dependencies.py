"""Which session needs which: an order to start them in, and circles that are refused."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Needs = dict[str, list[str]]


def start_order(needs: Needs, wanted: Iterable[str]) -> list[str]:
    """What is wanted and everything it needs, directly or not: the needed ones first, otherwise in the order given.

    `needs` has no circle (`find_circle`).
    """
    order: list[str] = []
    seen: set[str] = set()
    for name in wanted:
        # Walked without recursion: a chain may be longer than Python's stack.
        walk = [(name, iter(needs.get(name, ())))]
        if name in seen:
            continue
        seen.add(name)
        while walk:
            current, rest = walk[-1]
            step = next((one for one in rest if one not in seen), None)
            if step is None:
                order.append(current)
                walk.pop()
            else:
                seen.add(step)
                walk.append((step, iter(needs.get(step, ()))))
    return order


def find_circle(needs: Needs, session: str, needed: str) -> list[str]:
    """The way from `needed` back to `session`, if there is one: the circle that a new dependency would close."""
    came_from: dict[str, str] = {needed: ""}
    queue = [needed]
    while queue:
        current = queue.pop(0)
        if current == session:
            way = [current]
            while came_from[way[-1]]:
                way.append(came_from[way[-1]])
            return [session, *way[::-1]]
        for step in needs.get(current, ()):
            if step not in came_from:
                came_from[step] = current
                queue.append(step)
    return []
