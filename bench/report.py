"""What was measured, as a table beside its goals and as a file."""

import json
import os
import platform
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

GOALS: Final = {"read": 0.6, "write": 0.35, "open_loop": 5.0, "import": 5.0}

Rounds = list[dict[str, float]]


def show(console: Console, results: Mapping[str, Any]) -> None:
    """Print the ratios with their goals, then how each kind of request talks with the database."""
    console.print(_ratios(results))
    console.print(_servers(results))
    if "deliveries" in results or "latency" in results:
        console.print(_deliveries(results))
    if "talk" in results:
        console.print(_talks(results["talk"]))
    console.print(_undisturbed(results))


def write(path: Path, results: Mapping[str, Any], extent: Mapping[str, Any]) -> None:
    """Keep every round, the medians and the spread."""
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    summary = {name: _summary(rounds) for name, rounds in results.items() if _is_rounds(rounds)}
    whole = {
        "machine": machine,
        "extent": extent,
        "goals": GOALS,
        "summary": summary,
        "rounds": results,
    }
    path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def _ratios(results: Mapping[str, Any]) -> Table:
    table = Table(title=f"Speed with {results['stored']['customers']:,} customers stored")
    for title in ("", "product", "floor", "ratio", "spread", "goal"):
        table.add_column(title, justify="left" if not title else "right")
    for name, title in (("read", "GET /v1/customers/{no}"), ("write", "POST /v1/customers")):
        if name in results:
            _add_throughput(table, title, results[name], GOALS[name])
    for arrivals in ("even", "random"):
        if (name := f"open_loop_{arrivals}") in results:
            _add_open_loop(table, arrivals, results[name])
    if "import" in results:
        _add_import(table, results["import"])
    return table


def _add_throughput(table: Table, title: str, rounds: Rounds, goal: float) -> None:
    ours, floor = _middle(rounds, "per_second"), _middle(rounds, "floor_per_second")
    row = [f"{ours:,.0f}/s", f"{floor:,.0f}/s", *_ratio(rounds, lambda ratio: ratio >= goal)]
    table.add_row(title, *row, f"≥ {goal}")


def _add_open_loop(table: Table, arrivals: str, rounds: Rounds) -> None:
    p50, p99, rate = (_middle(rounds, each) for each in ("p50_ms", "p99_ms", "rate"))
    goal = GOALS["open_loop"]
    row = [f"p99 {p99:.1f} ms", f"p50 {p50:.1f} ms", *_ratio(rounds, lambda ratio: ratio <= goal)]
    refused = sum(each["refused"] for each in rounds)
    said = f", {refused:.0f} refused" if refused else ""
    table.add_row(f"POST at {rate:.0f}/s (80 %), {arrivals} arrivals{said}", *row, f"≤ {goal:.0f}")


def _add_import(table: Table, rounds: Rounds) -> None:
    beside = [{**each, "ratio": each["per_second"] / each["posts"]} for each in rounds]
    goal, posts = GOALS["import"], _middle(rounds, "posts")
    row = [f"{_middle(beside, 'per_second'):,.0f}/s", f"POST {posts:,.0f}/s"]
    table.add_row(
        "ecif import", *row, *_ratio(beside, lambda ratio: ratio >= goal), f"≥ {goal:.0f}"
    )


def _undisturbed(results: Mapping[str, Any]) -> str:
    """What the host took of the cores in the rounds that count, and how many were measured again because of it."""
    rounds = [each for told in results.values() if _is_rounds(told) for each in told]
    stolen = max((each["stolen_share"] for each in rounds), default=0.0)
    again = sum(each["disturbed"] for each in rounds)
    return (
        f"Of {len(rounds)} rounds the host took at most {stolen:.1%} of the cores;"
        f" {again:.0f} more were disturbed by it and measured again."
    )


def _servers(results: Mapping[str, Any]) -> Table:
    table = Table(title="CPU, and the server's core")
    titles = ("", "ms per request", "floor's", "PostgreSQL's", "CPU ratio", "busy", "core busy")
    for title in titles:
        table.add_column(title, justify="right" if title else "left")
    for name, title in (("read", "GET"), ("write", "POST")):
        if name not in results:
            continue
        rounds = results[name]
        ratio = "by_cpu" if name == "write" else "cpu_ratio"
        table.add_row(
            title,
            f"{_middle(rounds, 'cpu_ms'):.3f}",
            f"{_middle(rounds, 'floor_cpu_ms'):.3f}",
            f"{_middle(rounds, 'floor_postgres_ms'):.3f}" if name == "write" else "",
            f"{_middle(rounds, ratio):.2f}",
            f"{_middle(rounds, 'busy_share'):.0%}",
            f"{_middle(rounds, 'core_share'):.0%}",
        )
    return table


def _deliveries(results: Mapping[str, Any]) -> Table:
    table = Table(title="Signed webhooks to a local receiver, one worker on one core")
    for title in ("", "figure", "floor", "goal"):
        table.add_column(title, justify="left" if not title else "right")
    if rounds := results.get("deliveries"):
        posts = f"bare posts {_middle(rounds, 'floor_per_second'):,.0f}/s"
        reads = f"bare reads {_middle(rounds, 'floor_reads_per_second'):,.0f}/s"
        table.add_row(
            "delivered", f"{_middle(rounds, 'per_second'):,.0f}/s", f"{posts}, {reads}", "800/s"
        )
        cpu = f"{_middle(rounds, 'cpu_ms'):.3f} ms"
        own = f"bare post {_middle(rounds, 'floor_cpu_ms'):.3f} ms"
        table.add_row("CPU of the worker for each", cpu, own, "")
        table.add_row(
            "CPU of PostgreSQL for each", f"{_middle(rounds, 'database_cpu_ms'):.3f} ms", "", ""
        )
    if rounds := results.get("latency"):
        for name, goal in (("p50_ms", "50 ms"), ("p99_ms", "250 ms")):
            late = f"{_middle(rounds, name):.1f} ms"
            table.add_row(f"commit to arrival at 300/s, {name[:3]}", late, "", goal)
    return table


def _talks(talks: Iterable[Mapping[str, Any]]) -> Table:
    table = Table(title="Talk with the database per request (medians)")
    for title in ("", "statements", "round trips", "most round trips", "requests"):
        table.add_column(title, justify="left" if not title else "right")
    for talk in talks:
        figures = (
            talk["statements"],
            talk["round_trips"],
            talk["most_round_trips"],
            talk["requests"],
        )
        table.add_row(talk["kind"], *(f"{figure:g}" for figure in figures))
    return table


def _ratio(rounds: Rounds, is_met: Callable[[float], bool]) -> list[str]:
    middle = _middle(rounds, "ratio")
    ratios = [each["ratio"] for each in rounds]
    colour = "green" if is_met(middle) else "red"
    return [f"[{colour}]{middle:.2f}[/{colour}]", f"{min(ratios):.2f}–{max(ratios):.2f}"]


def _summary(rounds: Rounds) -> dict[str, dict[str, float]]:
    return {
        name: {
            "median": _middle(rounds, name),
            "least": min(each[name] for each in rounds),
            "most": max(each[name] for each in rounds),
        }
        for name in rounds[0]
    }


def _is_rounds(value: Any) -> bool:
    return isinstance(value, list) and all(
        "per_second" in each or "p50_ms" in each for each in value
    )


def _middle(rounds: Rounds, name: str) -> float:
    return median(each[name] for each in rounds)
