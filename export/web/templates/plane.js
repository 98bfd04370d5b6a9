// Points of the plane: the model's density as shades, samples, data.

import {button, conditions, element, latest, painted, panel, row}
  from './elements.js';
import {sentence} from './drawing.js';
import {maker} from './making.js';

const CELLS = 80;  // of a side
const SIDE = 400;  // pixels
const SAMPLES = 500;
const SHOWN = 50;  // at a time

export function plane(model) {
  const {about} = model;
  const score = ['log_prob', 'energy'].find((name) => model.has(name));
  const make = maker(model);
  const points = about.shape.length === 1 && about.shape[0] === 2;
  if (!points || !(score || make)) return null;
  const frame = frameOf(about.examples.x);
  const map = element('canvas', {width: CELLS, height: CELLS});
  const canvas = element('canvas', {
    className: 'pad', width: SIDE, height: SIDE, tabIndex: 0});
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', 'the plane');
  const context = canvas.getContext('2d');
  const said = element('p', {}, score ? 'Point somewhere.' : '');
  said.setAttribute('aria-live', 'polite');
  const given = conditions(about, () => show());
  const samples = [];
  let seed = 0;

  const refresh = () => {
    context.imageSmoothingEnabled = true;
    context.clearRect(0, 0, SIDE, SIDE);
    if (score) context.drawImage(map, 0, 0, SIDE, SIDE);
    samples.forEach((x) => dot(x, '#e8590c'));
    about.examples.x.forEach((x) => dot(x, '#2f9e44', 4));
    painted();
  };
  const dot = (x, colour, radius = 1.5) => {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(...frame.toPixels(x), radius, 0, 2 * Math.PI);
    context.fill();
  };
  const show = latest(async () => {
    samples.length = 0;
    for (let i = 0; make && i < SAMPLES; i++) {
      samples.push(await make.sample(seed * SAMPLES + i, given.values));
      if (samples.length % SHOWN === 0) refresh();
    }
    refresh();  // before the map, which takes longer
    if (score) {
      const values = [];
      for (let i = 0; i < CELLS * CELLS; i++) {
        const x = frame.ofCell(i % CELLS, Math.floor(i / CELLS));
        const out = await model.call(score, {x, ...given.values});
        values.push(Object.values(out)[0][0]);
      }
      shadeMap(map, values, score === 'energy');
    }
    refresh();
  });
  const say = latest(async () => {
    const out = await model.call(score, {x: at, ...given.values});
    said.textContent = `(${at.map((v) => v.toFixed(2)).join(', ')}): ` +
      sentence(about, score, Object.values(out)[0][0]);
  });
  let at = frame.ofCell(CELLS / 2, CELLS / 2);
  if (score) {
    canvas.onpointermove = canvas.onpointerdown = (event) => {
      const box = canvas.getBoundingClientRect();
      at = frame.ofCell(
          (event.clientX - box.left) / box.width * CELLS - 0.5,
          (event.clientY - box.top) / box.height * CELLS - 0.5);
      say();
    };
    canvas.onkeydown = (event) => {
      const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0],
        ArrowUp: [0, 1], ArrowDown: [0, -1]};
      if (!(event.key in steps)) return;
      event.preventDefault();
      at = at.map((v, i) => v + steps[event.key][i] * frame.cell);
      refresh();
      dot(at, '#c2255c', 5);
      say();
    };
  }
  const anew = button('New samples', () => {
    seed += 1;
    show();
  });
  const parts = [canvas, said, row(...(make ? [anew] : []), given.controls)];
  const text = [
    score && `Shades: the ${score === 'energy' ? 'energy, low is dark' :
      'density, high is dark'}.`,
    make && 'Orange: samples.', 'Green: test examples.'];
  return {
    element: panel('The plane', text.filter(Boolean).join(' '), ...parts),
    show,
  };
}

// A square that holds the test examples, with room around them.
function frameOf(examples) {
  const middle = [0, 1].map((i) => {
    const values = examples.map((x) => x[i]);
    return (Math.max(...values) + Math.min(...values)) / 2;
  });
  const half = 1.4 * Math.max(...examples.map((x) => Math.max(
      Math.abs(x[0] - middle[0]), Math.abs(x[1] - middle[1]))));
  const cell = 2 * half / CELLS;
  return {
    cell,
    ofCell: (column, line) => [
      middle[0] - half + (column + 0.5) * cell,
      middle[1] + half - (line + 0.5) * cell],
    toPixels: (x) => [
      (x[0] - middle[0] + half) / (2 * half) * SIDE,
      (middle[1] + half - x[1]) / (2 * half) * SIDE],
  };
}

// Densities relative to the highest; energies from the highest to the lowest.
function shadeMap(map, values, energy) {
  const context = map.getContext('2d');
  const image = context.createImageData(CELLS, CELLS);
  const known = values.filter(Number.isFinite);
  const [low, high] = known.reduce(
      ([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  values.forEach((value, i) => {
    const share = energy ? (high - value) / (high - low || 1) :
      Math.exp(value - high);
    image.data.set([31, 95, 191, 255 * Math.sqrt(share) || 0], 4 * i);
  });
  context.putImageData(image, 0, 0);
}
