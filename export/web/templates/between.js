// Ways from one picture to another, and the surface that four of them span.

import {beside, conditions, conditionsOf, element, latest, panel, slider}
  from './elements.js';
import {maker} from './making.js';
import {between as way, draw, manifold} from './numbers.js';
import {sheet} from './pictures.js';

const STEPS = 9;
const TURN = 2 * Math.PI;

export function between(model) {
  const {about} = model;
  const make = maker(model);
  if (!make?.byLatents || about.shape.length !== 3) return null;
  const ends = endsOf(model);
  const side = Math.max(about.shape[1], 40);
  const pictures = [0, 1].map((i) => sheet(
      about, 1, 1, 80, `${i ? 'last' : 'first'} picture; a click changes it`));
  const strip = sheet(about, STEPS, 1, side, 'pictures on the way');
  const one = sheet(about, 1, 1, 160, 'picture at this place of the way');
  const chosen = [0, 1];
  let share = 0.5;
  const given = conditions(about, () => show());
  const show = latest(async () => {
    const z = await Promise.all(chosen.map((i) => ends.latents(i)));
    pictures[0].paint(await ends.picture(chosen[0], z[0], given));
    pictures[1].paint(await ends.picture(chosen[1], z[1], given));
    const at = async (t) => await make.decode(
        way(about.latents, ...z, t), given.values);
    one.paint(await at(share));
    for (let i = 0; i < STEPS; i++) strip.paint(await at(i / (STEPS - 1)), i);
  });
  pictures.forEach(({canvas}, i) => {
    canvas.tabIndex = 0;
    const next = () => {
      chosen[i] = (chosen[i] + 2) % ends.count;
      show();
    };
    canvas.onclick = next;
    canvas.onkeydown = (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      next();
    };
  });
  const move = slider('way', [0, 1, 0.01], share, (t) => {
    share = t;
    show();
  });
  const parts = [
    beside(pictures[0].canvas, one.canvas, pictures[1].canvas), move.element,
    strip.canvas, given.controls];
  const normal = Object.values(about.latents).every(
      ({prior}) => prior === 'normal');
  const surface = normal ? surfaceOf(model, make, ends, given) : null;
  if (surface) parts.push(...surface.parts);
  const text = `Between two ${ends.what}: click one for another. ` + (normal ?
    'An arc in the latents, which stays where they are likely.' :
    'A line in the latents; classes change in the middle.') +
    (about.conditions.length && ends.read ? ' Each is read with its own ' +
      'conditions; the way is made with those that are chosen.' : '');
  return {
    element: panel('On the way', text, ...parts),
    show: async () => {
      await show();
      await surface?.show();
    },
  };
}

// Test examples if the model reads all their latents, else samples.
function endsOf(model) {
  const {about} = model;
  const outputs = about.signatures.encode?.outputs || {};
  if (Object.keys(about.latents).every((name) => name in outputs)) {
    const example = (i) => about.examples.x[i].flat(Infinity);
    return {
      what: 'test pictures',
      read: true,
      count: about.count,
      latents: (i) => model.call(
          'encode', {x: example(i), ...conditionsOf(about, i)}),
      picture: async (i) => example(i),
    };
  }
  const make = maker(model);
  return {
    what: 'samples',
    count: 64,
    latents: async (i) => draw(about.latents, 300 + i),
    picture: (i, z, given) => make.decode(z, given.values),
  };
}

function surfaceOf(model, make, ends, given) {
  const picture = sheet(
      model.about, 1, 1, 160, 'picture at this place of the surface');
  const pad = element('canvas', {
    className: 'pad', width: 160, height: 160, tabIndex: 0});
  pad.setAttribute('role', 'application');
  pad.setAttribute('aria-label', 'two angles: drag, or use the arrow keys');
  const place = [0.125, 0.125];
  const context = pad.getContext('2d');
  const show = latest(async () => {
    const z = await Promise.all(
        [0, 1, 2, 3].map((i) => ends.latents(i)));
    context.clearRect(0, 0, 160, 160);
    context.fillStyle = getComputedStyle(pad).color;
    context.fillRect(80, 0, 1, 160);
    context.fillRect(0, 80, 160, 1);
    context.beginPath();
    context.arc(160 * place[0], 160 * place[1], 6, 0, TURN);
    context.fill();
    const point = manifold(z, TURN * place[0], TURN * place[1]);
    picture.paint(await make.decode(point, given.values));
  });
  const point = (event) => {
    const box = pad.getBoundingClientRect();
    const inside = (share) => Math.min(Math.max(share, 0), 1);
    place[0] = inside((event.clientX - box.left) / box.width);
    place[1] = inside((event.clientY - box.top) / box.height);
    show();
  };
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    point(event);
  };
  pad.onpointermove = (event) => event.buttons && point(event);
  pad.onkeydown = (event) => {
    const steps = {
      ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
      ArrowDown: [0, 1]};
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    step.forEach((n, i) => place[i] = (place[i] + n / 40 + 1) % 1);
    show();
  };
  const parts = [
    element('h2', {}, 'A surface through four'),
    element('p', {className: 'quiet'}, 'Two angles, eq. 19 of Dinh et al. ' +
      '2017: drag, or use the arrow keys.'),
    beside(pad, picture.canvas)];
  return {parts, show};
}
