// A picture of which a part is hidden, and what the model puts there.

import {beside, button, choice, conditions, conditionsOf, element, latest,
  panel, row} from './elements.js';
import {draw, size} from './numbers.js';
import {fill, paper, pen} from './paper.js';
import {sheet} from './pictures.js';

const HIDDEN = '#e8590c';
const PARTS = ['center', 'left', 'right', 'top', 'bottom', 'nothing'];
const BRUSHES = ['hide', 'show', 'pen', 'eraser'];

export function completing(model) {
  const {about} = model;
  if (!about.completion?.passes) return null;
  const [height, width] = about.shape;
  const x = new Float32Array(size(about.shape));
  const hidden = new Array(height * width).fill(false);
  const drawn = pen(about, x);
  let [brush, seed, example] = ['hide', 1, 0];
  const touch = (place, share) => {
    drawn.erases = brush === 'eraser';
    if (brush === 'pen' || drawn.erases) drawn.touch(place, share);
    else hidden[place] = brush === 'hide';
  };
  const page = paper(
      about, 'picture with a hidden part', touch, () => show());
  const whole = sheet(about, 1, 1, 240, 'the completed picture');
  const given = conditions(about, () => show());
  const show = latest(async () => {
    page.paint(x);
    hidden.forEach((is, n) => is && fill(page.canvas, n, width, HIDDEN));
    const z = draw(about.latents, seed);
    whole.paint(await model.complete(x, hidden, z, given.values));
  });
  const hide = (part) => {
    for (let n = 0; n < hidden.length; n++) {
      hidden[n] = lies(part, Math.floor(n / width), n % width, height, width);
    }
  };
  const take = (n) => {
    x.set(about.examples.x[n % about.count].flat(Infinity));
    given.take(conditionsOf(about, n % about.count));
    return show();
  };
  const tools = row(
      element('label', {}, 'hidden ', choice('hidden part', PARTS, (n) => {
        hide(PARTS[n]);
        show();
      })),
      element('label', {}, 'brush ', choice('brush', BRUSHES, (n) => {
        brush = BRUSHES[n];
      })));
  const buttons = row(
      button('Test example', () => take(++example)),
      button('Clear', () => {
        x.fill(about.range[0]);
        show();
      }),
      button('Start elsewhere', () => {
        seed += 1;
        show();
      }));
  hide(PARTS[0]);
  const text = 'What is orange is hidden from the model. It starts from ' +
    `random latents; ${about.completion.passes} times its encoder reads the ` +
    'picture and its decoder fills the hole. Draw with mouse, finger, or ' +
    'arrow keys and the space bar.';
  return {
    element: panel(
        'Completion', text, beside(page.canvas, whole.canvas), tools, buttons,
        given.controls),
    show: () => take(0),
  };
}

// Whether a pixel is in a part: `mask_of` of tfgen/projection.py.
function lies(part, i, j, height, width) {
  const quarter = (at, length) => {
    const edge = Math.floor(length / 4);
    return at >= edge && at < length - edge;
  };
  return {
    center: quarter(i, height) && quarter(j, width),
    left: j < Math.floor(width / 2),
    right: j >= Math.floor(width / 2),
    top: i < Math.floor(height / 2),
    bottom: i >= Math.floor(height / 2),
    nothing: false,
  }[part];
}
