"""`xaae extract`: the latents of a data folder."""

from __future__ import annotations

from pathlib import Path

import click

from app.command_settings import SettingsCommand
from app.data_options import column_options, columns_from
from app.encoder_option import allow_encoders
from app.terminal import counted, describe_data, print_json, remark


@click.command(
    "extract",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae extract model.safetensors my_pictures --out latents.parquet",
)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Parquet file to write.")
@column_options
@click.option("--batch-size", type=click.IntRange(1), default=32, show_default=True, help="Cases a forward pass.")
@allow_encoders
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(checkpoint: Path, data: Path, out: Path, batch_size: int, as_json: bool, **columns: str | None) -> None:
    """Encode a data folder to a table.

    Writes latent vector, label, split and class probabilities (or the predicted number) of every case of DATA as
    Parquet. DATA is read with the columns that the model was trained on, unless others are named.
    """
    from app.opened_model import open_checkpoint
    from xaae_core.data.class_order import in_class_order
    from xaae_core.data.dataset import read_dataset
    from xaae_core.data.medium import require_medium
    from xaae_core.data.recipes import recipe_for
    from xaae_core.data.signals.signal_options import SignalOptions
    from xaae_core.latents import extract_latents, write_latents

    opened = open_checkpoint(checkpoint)
    recipe = recipe_for(opened.model, opened.card)
    card = opened.card
    asked = columns_from(columns)
    dataset = read_dataset(
        data,
        columns=asked if asked.to_mapping() else card.columns,
        task=card.task_wish,
        min_classes=1,
        signals=SignalOptions.of_card(card),
    )
    require_medium(dataset, card)
    dataset = in_class_order(dataset, card.classes) if card.task == "classes" else dataset
    describe_data(dataset)
    with counted("encoded") as progress:
        table = extract_latents(
            opened.model,
            dataset,
            resize=recipe.resize,
            window=recipe.window,
            target=card.target,
            checkpoint_sha256=opened.sha256,
            batch_size=batch_size,
            progress=progress,
        )
    for case, reason in table.skipped:
        remark(f"  skipped {case}: {reason}")
    write_latents(table, out)
    skipped = len(table.skipped) + len(dataset.broken)
    if as_json:
        print_json({"latents": str(out), "cases": len(table), "dims": table.z.shape[1], "skipped": skipped})
    else:
        click.echo(f"{out}: {len(table):,} cases, z of {table.z.shape[1]}, {skipped} skipped")
