# ruff: noqa: B018, D100, T201  # cells show what their last line is
# %% [markdown]
# # From a model to a figure for a paper
#
# A worked example in cells, on the bundled demo: chest-like phantoms drawn by a program, no patient is in them. VS
# Code, Spyder and PyCharm run the cells as they are; `jupytext --to notebook docs/worked_example.py` makes a notebook
# of them. In a notebook the last line of a cell shows its result: a table, a filmstrip, a map, a figure with caption.
# A test runs every cell, so what stands here works.

# %%
from pathlib import Path

from analysis.attributions import ClassLogit, attribute
from analysis.directions import fit_direction
from analysis.figures.attribution_map import AttributionFigure
from analysis.figures.export import export_figure
from analysis.figures.figure import Figure
from analysis.figures.filmstrip import PathFigure
from analysis.figures.latent_map import MapFigure
from analysis.figures.legibility import smallest_text
from analysis.figures.map_drawing import map_drawing
from analysis.figures.panels import combine_figures
from analysis.figures.style import style_for
from analysis.map_arrows import direction_arrows
from analysis.projections import project
from analysis.provenance import read_provenance
from analysis.provenance.citations import bibliography
from analysis.provenance.making import provenance_of
from analysis.provenance.wording import methods_paragraph
from analysis.report import CasePicture, ReportSettings, make_report, write_report
from analysis.traversals import encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, judge_traversal
from app.views import view_of
from xaae_core.case_tokens import case_token, short_token
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.recipes import recipe_for
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents
from xaae_core.latents import read_latents

out = Path("worked_example")
out.mkdir(exist_ok=True)

# %% [markdown]
# ## The model and where it puts each case
#
# A checkpoint is a safetensors file with a card that says what the model is. `read_latents` opens the table that
# `xaae extract` (or `extract_latents`) wrote with this very model: a latent vector z for each case, its split, its
# label and what the model says of it.

# %%
checkpoint = load_checkpoint(demo_checkpoint())
model, card = checkpoint.model, checkpoint.card
print(card.kind, card.classes, f"AUROC on held-out cases {card.metrics['auroc']:.3f}")

# %%
table = read_latents(demo_latents())
table

# %% [markdown]
# ## The direction along which the disease grows
#
# Fitted to the training cases alone. Its quality is cross-validated and has an interval; p comes from shuffled
# labels. A direction that could be noise is not worth a figure: stop here if `could_be_noise`.

# %%
direction = fit_direction(table, "effusion")
assert not direction.could_be_noise
direction

# %% [markdown]
# ## One case moves along it, and how far to believe that
#
# The picture is read as the model was trained to read it, encoded once, and decoded at every step. `skip_dropout=1`
# draws from z alone. `judge_traversal` says of each step whether training cases are near, and how much of the move
# arrives when the decoded picture is encoded again.

# %%
case = "phantom-000954"  # a held-out one without effusion
row = table.row_of(case)
picture = recipe_for(model, card).read(demo_images() / "images" / f"{case}.png")
path = traverse(model, encode_image(model, picture.pixels), direction, steps=path_steps(3, 21), skip_dropout=1.0)
trust = judge_traversal(model, path, direction, Neighbourhood.of(table.rows(table.split == "train").z))
path

# %%
for step, level, reason in list(zip(path.steps, trust.levels, trust.reasons, strict=True))[::5]:
    print(f"{step:+.1f} SD: {level}: {reason}")

# %% [markdown]
# ## As a figure that knows how it was made
#
# A figure is a drawing with its provenance: the model by its hash, the data by their fingerprint, the case by a token
# that is not its name, the direction, every setting, the versions. `view` is what the page needs to show the same
# again.

# %%
view = view_of("traverse", checkpoint.sha256, case=case_token(case))
path_figure = Figure(
    PathFigure(
        path,
        picture.pixels,
        card.classes.index(direction.target),
        f"case {short_token(case)} {direction.way}",
        trust.achieved,
        trust.levels,
        trust.reasons,
        direction.target,
    ),
    provenance_of(
        "path",
        checkpoint,
        view=view.to_json(),
        data_fingerprint=table.data_fingerprint,
        case_ids=[case],
        direction=direction,
        seed=path.seed,
        settings={"skip_dropout": path.skip_dropout, "steps": len(path.steps)},
    ),
    "A phantom moved towards effusion",
)
path_figure

# %% [markdown]
# ## A map of all cases, with the direction on it
#
# PLS has the target's direction as its first axis. UMAP and t-SNE (`project(table, "umap")`) know no directions, and
# take half a minute the first time. What a map keeps of the neighbourhoods in z stands under it.

# %%
projection = project(table, "pls", target="effusion")
projection

# %%
map_figure = Figure(
    map_drawing(
        [MapFigure(projection, table, direction=direction, arrows=direction_arrows(projection, table, [direction]))]
    ),
    provenance_of(
        "map",
        checkpoint,
        data_fingerprint=table.data_fingerprint,
        direction=direction,
        seed=projection.seed,
        settings={"methods": [projection.method], "cases": len(table)},
    ),
    "The phantoms in the plane of the direction",
)
map_figure

# %% [markdown]
# ## Which pixels make the answer
#
# The map's sum is the difference of the score to the baseline's (its completeness); the delta says how far that
# holds.

# %%
attribution = attribute(model, picture.pixels, ClassLogit(card.classes.index("effusion"), "effusion"))
attribution

# %%
attribution_figure = Figure(
    AttributionFigure(picture.pixels, [attribution], f"case {short_token(case)}"),
    provenance_of(
        "attribution",
        checkpoint,
        data_fingerprint=table.data_fingerprint,
        case_ids=[case],
        settings={"method": attribution.method, "target": attribution.target, "evaluated": False},
    ),
    "What the model looks at",
)

# %% [markdown]
# ## For the journal: width, letters, files
#
# The width is the column's, text keeps its size in points and is never below 5. SVG text can be edited and carries
# its font, PDF text can be selected; both hold the provenance, as PNG, GIF and MP4 do.

# %%
style = style_for("nature", "double", font_size=7)
whole = combine_figures([path_figure, map_figure, attribution_figure], title="Figure 1")
files = {form: export_figure(whole, form, style) for form in ("pdf", "svg")}
for form, content in files.items():
    (out / f"figure-1.{form}").write_bytes(content)
print({form: f"{len(content):,} bytes" for form, content in files.items()})
print(f"smallest text {smallest_text(files['pdf'], 'pdf'):.1f} pt")
(out / "path.gif").write_bytes(export_figure(path_figure, "gif", style))

# %% [markdown]
# Caption, methods and references are written from the provenance, so that they say what was done and no more.

# %%
made = [figure.provenance.stamped() for figure in (path_figure, map_figure, attribution_figure)]
print(whole.drawing.caption(), end="\n\n")
print(methods_paragraph(made), end="\n\n")
print(bibliography(made))

# %% [markdown]
# ## For the ward: a report
#
# Model card, held-out quality, direction, map, cases and the figures above, as one page that needs nothing else.

# %%
label = card.classes[table.labels[row]]
report = make_report(
    checkpoint,
    table,
    [CasePicture(case, picture.pixels, label, str(table.split[row]))],
    figures=[attribution_figure.noted("Where the model looks.")],
    settings=ReportSettings(target="effusion", map_method="pca", n_steps=5),
)
print(write_report(report, out / "report.html"))

# %% [markdown]
# ## Months later: from the file back to the view
#
# `xaae reopen figure-1.pdf`, or dropping the file on the start page, opens the app as it was. The same in Python; the
# warnings say when the drawing or its description was edited since.

# %%
found = read_provenance((out / "path.gif").read_bytes())
print(found.warnings or "as it was exported")
print(found.provenance.view)
print(found.provenance.differences({"checkpoint_sha256": checkpoint.sha256}) or "the same model")
