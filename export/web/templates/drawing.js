// A picture drawn by hand, and all that the model says of it.

import {bars, button, conditions, conditionsOf, element, latest, panel, row}
  from './elements.js';
import {shareBelow, size} from './numbers.js';
import {paper, pen} from './paper.js';
import {sheet} from './pictures.js';

const SCORES = ['log_prob', 'log_prob_with_noise', 'energy'];

export function drawing(model) {
  const {about} = model;
  const kinds = [...SCORES, 'reconstruct', 'classify', 'encode'];
  if (about.shape.length !== 3 || !kinds.some((kind) => model.has(kind))) {
    return null;
  }
  const x = new Float32Array(size(about.shape));
  const drawn = pen(about, x);
  const {canvas, paint} = paper(
      about, 'picture to draw on', drawn.touch, () => show());
  const again = sheet(about, 1, 1, 160, 'the model’s reconstruction');
  const said = element('p', {}, '');
  said.setAttribute('aria-live', 'polite');
  const classes = bars(about.classes);
  const given = conditions(about, () => show());
  // Of latents with names, and noise beside them, the names are what counts.
  const reads = model.has('encode') && Object.keys(about.latents).some(
      (name) => !(name in about.signatures.encode.outputs));

  const show = latest(async () => {
    paint(x);
    const inputs = {x, ...given.values, noise: new Array(x.length).fill(0.5)};
    said.replaceChildren();
    for (const name of SCORES.filter((kind) => model.has(kind))) {
      const score = Object.values(await model.call(name, inputs))[0][0];
      said.append(sentence(about, name, score), element('br'));
    }
    if (model.has('reconstruct')) {
      again.paint((await model.call('reconstruct', inputs)).x_again);
    }
    if (reads) {
      const z = await model.call('encode', inputs);
      said.append(`Read from it: ${read(about, z)}.`);
    }
    if (model.has('classify')) {
      classes.show((await model.call('classify', inputs)).probabilities);
    }
  });

  let example = 0;
  const take = (n) => {
    x.set(about.examples.x[n % about.count].flat(Infinity));
    given.take(conditionsOf(about, n % about.count));
    return show();
  };
  const buttons = [
    button('Clear', () => {
      x.fill(about.range[0]);
      show();
    }),
    button('Test example', () => take(++example)),
    button('Eraser', (event) => {
      drawn.erases = !drawn.erases;
      event.target.textContent = drawn.erases ? 'Pen' : 'Eraser';
    })];
  if (model.has('encode') && model.take) {
    buttons.push(button('To the sliders', async () => {
      const z = await model.call('encode', {x, ...given.values});
      const unread = Object.keys(about.latents).filter((n) => !(n in z));
      const rest = Object.fromEntries(unread.map(
          (n) => [n, new Array(size(about.latents[n].shape)).fill(0)]));
      model.take({...rest, ...z}, given.values);
    }));
  }
  const results = element('div', {});
  if (reads || SCORES.some((kind) => model.has(kind))) results.append(said);
  if (model.has('classify')) results.append(classes.element);
  if (model.has('reconstruct')) {
    results.append(element('p', {className: 'quiet'}, 'Reconstruction'),
        again.canvas);
  }
  const both = row(canvas, results);
  both.classList.add('top');
  const element_ = panel(
      'Draw one', 'Mouse, finger, or arrow keys and the space bar.', both,
      row(...buttons), given.controls);
  return {element: element_, show: () => take(0)};
}

// Codes by name: the likeliest class, or numbers.
function read(about, z) {
  return Object.entries(z).map(([name, values]) => {
    if (about.latents[name]?.prior !== 'categorical') {
      return `${name} ${[...values].map((v) => v.toFixed(2)).join(', ')}`;
    }
    const most = Math.max(...values);
    const percent = (100 * most).toFixed(0);
    return `${name} ${values.indexOf(most) + 1} (${percent} %)`;
  }).join('; ');
}

// The score of a picture, and among how many test examples it lies.
export function sentence(about, name, score) {
  const energy = name === 'energy';
  const share = shareBelow(about.scores[name], score);
  const odd = energy ? share : 1 - share;
  const verdict = odd > 0.99 ? 'most unusual' : odd > 0.9 ? 'unusual' : 'usual';
  const middle = name === 'log_prob_with_noise' ?
    ` (in the middle of its ${about.levels ? 'gray levels' : 'steps'})` : '';
  const what = energy ? 'Energy' : `Log-density${middle}, nats:`;
  const percent = odd > 0.99 ? 'More than 99' : (100 * odd).toFixed(0);
  return `${what} ${score.toFixed(2)}. ${percent} % of test examples are ` +
    `${energy ? 'lower' : 'higher'}: ${verdict}.`;
}
