// A picture drawn by hand, and all that the model says of it.

import {bars, button, conditions, element, latest, panel, row}
  from './elements.js';
import {shareBelow, size} from './numbers.js';
import {sheet} from './pictures.js';

const SCORES = ['log_prob', 'log_prob_with_noise', 'energy'];

export function drawing(model) {
  const {about} = model;
  const kinds = [...SCORES, 'reconstruct', 'classify', 'encode'];
  if (about.shape.length !== 3 || !kinds.some((kind) => model.has(kind))) {
    return null;
  }
  const [height, width, channels] = about.shape;
  const top = about.levels - 1;
  const x = new Float32Array(size(about.shape));
  const paper = sheet(about, 1, 1, 240, 'picture to draw on');
  const {canvas} = paper;
  canvas.className = 'draw';
  canvas.tabIndex = 0;
  const again = sheet(about, 1, 1, 160, 'the model’s reconstruction');
  const said = element('p', {}, '');
  said.setAttribute('aria-live', 'polite');
  const classes = bars(about.classes);
  const given = conditions(about, (n) => about.examples[n][0], () => show());

  const show = latest(async () => {
    paper.paint(x);
    const inputs = {x, ...given.values, noise: new Array(x.length).fill(0.5)};
    said.replaceChildren();
    for (const name of SCORES.filter((kind) => model.has(kind))) {
      const score = Object.values(await model.call(name, inputs))[0][0];
      said.append(sentence(about, name, score), element('br'));
    }
    if (model.has('reconstruct')) {
      again.paint((await model.call('reconstruct', inputs)).x_again);
    }
    if (model.has('classify')) {
      classes.show((await model.call('classify', inputs)).probabilities);
    }
  });

  const brush = {shade: top, at: 0};
  const paint = (place, softly) => {
    const [left, line] = [place % width, Math.floor(place / width)];
    const reach = softly && width >= 16 ? 1 : 0;
    for (let i = line - reach; i <= line + reach; i++) {
      for (let j = left - reach; j <= left + reach; j++) {
        if (i < 0 || j < 0 || i >= height || j >= width) continue;
        const full = brush.shade * (i === line && j === left ? 1 : 0.6);
        for (let c = 0; c < channels; c++) {
          const n = (i * width + j) * channels + c;
          const level = about.levels > 2 ? Math.round(full) : brush.shade;
          x[n] = brush.shade ? Math.max(x[n], level) : 0;
        }
      }
    }
    show();
  };
  const pointed = (event) => {
    const box = canvas.getBoundingClientRect();
    const at = (share, count) => Math.min(
        Math.max(Math.floor(share * count), 0), count - 1);
    return at((event.clientX - box.left) / box.width, width) +
      width * at((event.clientY - box.top) / box.height, height);
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    paint(pointed(event), true);
  };
  canvas.onpointermove = (event) => {
    if (event.buttons) paint(pointed(event), true);
  };
  canvas.onkeydown = (event) => {
    const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width,
      ArrowDown: width};
    if (event.key in steps) {
      brush.at = (brush.at + steps[event.key] + width * height) %
        (width * height);
      event.preventDefault();
      show().then(mark);
    } else if (event.key === ' ') {
      event.preventDefault();
      paint(brush.at, false);
    }
  };
  // Where the keyboard's brush is.
  const mark = () => {
    const context = canvas.getContext('2d');
    context.fillStyle = '#e33';
    context.fillRect(brush.at % width, Math.floor(brush.at / width), 1, 1);
  };

  let example = 0;
  const take = (n) => {
    x.set(about.examples.x[n % about.count].flat(Infinity));
    return show();
  };
  const buttons = [
    button('Clear', () => {
      x.fill(0);
      show();
    }),
    button('Test example', () => take(++example)),
    button('Eraser', (event) => {
      brush.shade = brush.shade ? 0 : top;
      event.target.textContent = brush.shade ? 'Eraser' : 'Pen';
    })];
  if (model.has('encode') && model.take) {
    buttons.push(button('To the sliders', async () => {
      const z = await model.call('encode', {x, ...given.values});
      const unread = Object.keys(about.latents).filter((n) => !(n in z));
      const rest = Object.fromEntries(unread.map(
          (n) => [n, new Array(size(about.latents[n].shape)).fill(0)]));
      model.take({...rest, ...z});
    }));
  }
  const results = element('div', {});
  if (SCORES.some((kind) => model.has(kind))) results.append(said);
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

// The score of a picture, and among how many test examples it lies.
export function sentence(about, name, score) {
  const energy = name === 'energy';
  const share = shareBelow(about.scores[name], score);
  const odd = energy ? share : 1 - share;
  const verdict = odd > 0.99 ? 'most unusual' : odd > 0.9 ? 'unusual' : 'usual';
  const middle = name === 'log_prob_with_noise' ?
    ' (in the middle of its gray levels)' : '';
  const what = energy ? 'Energy' : `Log-density${middle}, nats:`;
  const percent = odd > 0.99 ? 'More than 99' : (100 * odd).toFixed(0);
  return `${what} ${score.toFixed(2)}. ${percent} % of test examples are ` +
    `${energy ? 'lower' : 'higher'}: ${verdict}.`;
}
