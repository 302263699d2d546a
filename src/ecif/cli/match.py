"""`ecif match …`: grouping files, judging groups, learning rules and explaining pairs.

No database is needed but for what is asked about the stored customers; the rooms for that are loaded then.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console

from ecif import dedupe
from ecif.cli.mapping import MappingOption, mapped_names
from ecif.cli.match_answers import (
    Counts,
    candidate_recall,
    comparison_table,
    explanation_tables,
    grouping_frame,
    not_compared_frame,
    not_compared_line,
    quality_plain,
    quality_table,
    summary_lines,
    write_frame,
)
from ecif.cli.match_files import grouped_rows, keep_rules, options_of, read_rows, told_rules
from ecif.cli.match_progress import ShownProgress
from ecif.cli.refusing import CannotStart
from ecif.identity import ColumnsNotUnderstood, RowRefused
from ecif.matching import evaluate as quality_of
from ecif.rules import MatchingRules, default_rules

match_app = typer.Typer(
    help="Group the rows of a file, judge a grouping, learn rules, explain a pair.",
    no_args_is_help=True,
)

FileArgument = Annotated[Path, typer.Argument(help="CSV, NDJSON or Parquet.")]
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", help="A rule set to use as it is; without it the rules adapt."),
]
CleanOption = Annotated[
    list[str] | None,
    typer.Option("--clean-source", help="A source without duplicates in itself, or `all`."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EntityOption = Annotated[str, typer.Option("--legal-entity", help="Whose customers.")]
HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Folder of the installation (ECIF_HOME).")
]
SaveOption = Annotated[
    Path | None,
    typer.Option(
        "--save-rules", help="Write the rules that were used; confidential, they hold names."
    ),
]


@match_app.command(name="dedupe")
def dedupe_file(  # noqa: PLR0913  # a command has as many parameters as options
    file: FileArgument,
    out: Annotated[
        Path | None, typer.Option("--out", help="Groups: .parquet, .csv or .ndjson.")
    ] = None,
    rules: RulesOption = None,
    mapping: MappingOption = None,
    spark: Annotated[
        str | None, typer.Option("--spark", help="URL of a Spark cluster, or local[2].")
    ] = None,
    scratch: Annotated[
        Path | None, typer.Option("--scratch", help="Folder that the whole Spark cluster sees.")
    ] = None,
    clean_source: CleanOption = None,
    save_rules: SaveOption = None,
    not_compared: Annotated[
        Path | None,
        typer.Option("--not-compared", help="Write which rows too many others share a key with."),
    ] = None,
) -> None:
    """Group the rows of a file: who is the same?"""
    if spark is not None:
        if not_compared is not None:
            raise CannotStart("--not-compared is not known together with --spark.")
        used = import_module("ecif.cli.match_spark").group_file(
            file, options_of(rules, clean_source, mapping), spark, scratch=scratch, out=out
        )
        keep_rules(save_rules, used)
        return
    frame, grouping = grouped_rows(file, options_of(rules, clean_source, mapping))
    answer = grouping_frame(frame, grouping)
    if out is not None:
        write_frame(answer, out)
    keep_rules(save_rules, grouping.rules)
    shown = Console(stderr=out is None)
    for line in summary_lines(Counts.of(frame, grouping)):
        shown.print(line, highlight=False)
    if not_compared is not None:
        listed = not_compared_frame(frame, grouping)
        write_frame(listed, not_compared)
        shown.print(not_compared_line(listed), highlight=False)
    if out is None:
        write_frame(answer, None)


@match_app.command()
def evaluate(
    file: FileArgument,
    rules: RulesOption = None,
    mapping: MappingOption = None,
    clean_source: CleanOption = None,
    as_json: JsonOption = False,
) -> None:
    """Group a file with a `cluster_id` column, and judge both groupings by it."""
    frame, grouping = grouped_rows(
        file, options_of(rules, clean_source, mapping), needs="cluster_id"
    )
    truth = frame["cluster_id"].cast(pl.String).to_list()
    best = quality_of(grouping.best.tolist(), truth)
    automatic = quality_of(grouping.automatic.tolist(), truth)
    if as_json:
        Console().print_json(data=quality_plain(frame, grouping, best, automatic))
        return
    found = candidate_recall(frame, grouping, best.true_pair_count)
    title = (
        f"{file.name}: {frame.height} rows, {best.true_pair_count} true pairs, "
        f"{found:.2%} of them compared"
    )
    Console().print(quality_table(title, best, automatic))


@match_app.command()
def train(  # noqa: PLR0913  # a command has as many parameters as options
    out: Annotated[
        Path, typer.Option("--out", help="The rule set to write; confidential, it holds names.")
    ],
    files: Annotated[list[Path] | None, typer.Argument(help="CSV, NDJSON or Parquet.")] = None,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="Learn from what people decided, too.")
    ] = False,
    mapping: MappingOption = None,
    legal_entity: EntityOption = "main",
    home: HomeOption = None,
) -> None:
    """Learn a draft rule set from files without labels, from the decisions of people, or from both."""
    if not (files or decisions):
        raise CannotStart("Give files to learn from, or --decisions.")
    frames = [read_rows(file, mapped_names(mapping)) for file in files or ()]
    learned = _trained(frames, None if decisions else out) if files else None
    if decisions:
        import_module("ecif.cli.match_decisions").learn(
            out, adapted=learned, legal_entity=legal_entity, home=home
        )


def _trained(frames: list[pl.DataFrame], out: Path | None) -> MatchingRules:
    texts = [frame.with_columns(pl.all().cast(pl.String, strict=False)) for frame in frames]
    frame = pl.concat(texts, how="diagonal") if len(texts) > 1 else texts[0]
    with ShownProgress() as progress:
        try:
            options = dedupe.Options(default_rules().matching)
            grouping = dedupe.rules_for(frame, options, progress)
        except ColumnsNotUnderstood as error:
            raise CannotStart(str(error)) from None
    keep_rules(out, grouping.rules)
    told = Console()
    told.print(f"{out or 'The files'}: learned from {frame.height} rows.", highlight=False)
    for kind, kept in grouping.kept.items():
        for comparison, reason in kept:
            told.print(f"  {kind} {comparison}: kept as shipped, {reason}.", highlight=False)
    return grouping.rules


@match_app.command()
def comparisons() -> None:
    """Print the table of comparisons with the bits of the shipped rules."""
    console = Console()
    for kind in ("person", "organisation"):
        console.print(comparison_table(kind, default_rules().matching))


@match_app.command()
def impact(
    draft: Annotated[str, typer.Argument(help="The version of a stored rule set, or a rule file.")],
    samples: Annotated[
        int, typer.Option("--samples", min=0, max=1_000, help="Changes of each kind to show.")
    ] = 5,
    legal_entity: EntityOption = "main",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say whom a draft would link, part or move to another band among the stored customers."""
    import_module("ecif.cli.match_impact").show_impact(
        draft, samples=samples, legal_entity=legal_entity, as_json=as_json, home=home
    )


@match_app.command()
def explain(
    file: FileArgument,
    first: Annotated[str, typer.Argument(help="The record_id of one row.")],
    second: Annotated[str, typer.Argument(help="The record_id of another.")],
    rules: RulesOption = None,
    mapping: MappingOption = None,
) -> None:
    """Say in bits why two rows are, or are not, the same."""
    told = told_rules(rules)
    try:
        explanation = dedupe.explain(
            read_rows(file, mapped_names(mapping)), first, second, told.matching
        )
    except (dedupe.RowNotFound, RowRefused, ColumnsNotUnderstood) as error:
        raise CannotStart(str(error)) from None
    for part in explanation_tables(explanation, first, second):
        Console().print(part)


def run() -> None:
    """Run `ecif match …`."""
    match_app(args=sys.argv[2:], prog_name="ecif match")
