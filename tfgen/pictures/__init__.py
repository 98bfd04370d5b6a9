"""What is drawn of a run: its samples, and what its latents mean.

samples/
  samples.png        images, or points of the plane, with what a flow makes of
                     both spaces (Dinh et al. 2017, figure 1)
  samples_given_N.png  that flow of points, if it is conditional: of each class,
                     up to four, or for the condition of the first test point
  beside_data.png    test images, and beside them as many samples (figure 5)
  interpolation.png  between test images, if the model encodes, or samples
  manifold.png       of four of them (Dinh et al. 2017, eq. 19)
  relabelled.png     test images with other labels or attributes, of a
                     conditional model (appendix F)
  categories.png     samples, a column for each category of such a code
  codes.png          samples, four rows for each number of the codes beside the
                     noise, which goes from -2 to 2: beyond the ends of uniform
                     ones (Chen et al. 2016, figure 2)
  chain.png          Markov chains, of models that draw by them: a row each,
                     from where it begins, some steps apart, up to the sample
  swaps.png          the first latent of the test image on the left, with the
                     others of that above, of codes of several latents (of a
                     category, the likeliest)
  resampled.png      test images, of whose latents all, a half, a quarter, … are
                     kept and the finer scales drawn anew (appendix D)
  traversal.png      of a test image, if the model encodes, or a sample: a row
                     for each number of the latents, in their order, which goes
                     from -3 to 3; if asked for
  enlarged_x2.png    samples so many times as large (appendix C), if asked for
  completions.png    test images, what is shown of them, and four ways in which
                     the model goes on: their upper halves, or what is asked
                     for
  projections.png    test images, and beside them the nearest that a model
                     decodes (`tfgen.projection`), if asked for
  receptive_field.png  how much of each pixel the one in the middle sees, which
                     is red, on test images: bright is much, black nothing
  reconstructions.png  test images x beside g(e(x)) (BiGAN, figure 4)
  neighbors.png      test images and the training images whose features are
                     nearest by cosine (BiGAN, figure 5)
  translations.png   test pictures x, the last frame where there are several,
                     what they are translated into, and y; translations_back.png
                     likewise from y to x, if the model does so
  samples.csv        of a table, with its columns; and pairs.png, columns of it
                     against each other
  pit.png            of a flow, histograms of the latents of test examples by
                     their prior's distribution function: flat if it is right
  filters_<network>.png  between images and a network's first hidden layer, or
                     a generator's last (BiGAN, figure 3)

A `Drawing` is a model with what is asked for. A picture is a function that
yields names and sheets of it, if there are any; `figures.py` has other kinds.
"""

import pathlib

import numpy as np

from tfgen.data.captions import attributes_of
from tfgen.errors import UserError
from tfgen.pictures import examples, figures, latents, samples, translations
from tfgen.pictures.drawing import Drawing, Sheets
from tfgen.viz import images

# Of models that sample images, in the order in which files are listed.
PICTURES = (
    samples.samples,
    samples.beside_data,
    latents.ways,
    latents.traversal,
    samples.enlarged,
    latents.categories,
    latents.codes,
    samples.chain,
    latents.swaps,
    examples.reconstructions,
    examples.neighbors,
    examples.completions,
    examples.projections,
    examples.receptive_field,
    examples.filters,
    translations.translations,
)


def write(drawing: Drawing, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes every picture there is of a model, and returns the files.

    Args:
      drawing: of images, points of the plane or a table.
      folder: gets PNG files, and CSV.

    Raises:
      UserError: no larger samples, nothing to traverse or complete, or
        attributes that the data do not have.
    """
    _check(drawing)
    if drawing.config.spec.columns:
        made = figures.table(drawing, folder)
    elif not drawing.of_images:
        made = figures.points(drawing, folder)
    else:
        # Nothing is written before all is drawn.
        made = [
            images.write_png(folder / f"{name}.png", picture)
            for name, picture in dict(_sheets(drawing)).items()
        ]
    return made + figures.pit_of(drawing, folder)


def sheet(drawing: Drawing) -> np.ndarray:
    """Returns the first picture, which training shows, [H, W, C] uint8.

    Args:
      drawing: of images, by a model that can `sample` or `translate`.
    """
    return next(_sheets(drawing))[1]


def _sheets(drawing: Drawing) -> Sheets:
    makes = drawing.model.can("sample")
    for picture in PICTURES if makes else (translations.translations,):
        yield from picture(drawing)


def _check(drawing):
    model, config = drawing.model, drawing.config
    name = f"{config.model} on {config.data.name}"
    if drawing.attributes is not None:
        attributes_of(drawing.attributes, model)
    if drawing.traverse and not (model.latents and drawing.of_images):
        raise UserError(
            f"traverse: {name}: expected a model with latents, of images."
        )
    if drawing.enlarge and not (model.can("enlarged") and drawing.of_images):
        raise UserError(f"enlarge: {name} makes samples of one size.")
    completes = model.can("decode", "complete") and drawing.of_images
    if drawing.complete and not completes:
        raise UserError(
            f"complete={drawing.complete}: {name}: expected a model that"
            " decodes, of images."
        )
