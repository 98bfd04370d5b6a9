// Samples, and a picture whose latents are moved by hand.

import {button, choice, conditions, element, latest, panel, row, slider}
  from './elements.js';
import {draw, normals, phi, random, size} from './numbers.js';
import {sheet} from './pictures.js';

const MOST = 16;  // sliders at first
const STEPS = 10;  // pictures of a traversal
const ENDS = {normal: 3, logistic: 6, uniform: 1, bernoulli: 1, categorical: 1};
const KINDS = ['decode', 'decode_with_uniforms', 'draw'];

// How the model makes x of a seed, or of latents; null if it makes none.
export function maker(model) {
  const {latents, signatures} = model.about;
  const kind = KINDS.find((name) => model.has(name));
  if (!kind) return null;
  const {uniforms} = signatures[kind].inputs;
  const count = uniforms ? size(uniforms.shape) : 0;
  const decode = async (z, given, seed = 0, temperature = 1) => {
    const noise = normals(random(seed + 1), count);
    const u = noise.map((n) => phi(temperature * n));
    return (await model.call(kind, {...z, ...given, uniforms: u})).x;
  };
  const sample = (seed, given, temperature = 1) => decode(
      draw(latents, seed, temperature), given, seed, temperature);
  return {decode, sample, byLatents: kind !== 'draw'};
}

export function making(model) {
  const {about} = model;
  const make = maker(model);
  if (!make || about.shape.length !== 3) return null;
  const [columns, rows] = about.shape[1] > 40 ? [4, 3] : [8, 4];
  const side = Math.max(about.shape[1], 40);
  const samples = sheet(about, columns, rows, side, 'samples');
  let [seed, temperature] = [1, 1];
  const given = conditions(about, () => {
    fill();
    moved();
  });
  const fill = latest(async () => {
    for (let i = 0; i < columns * rows; i++) {
      const x = await make.sample(
          1000 * seed + i, given.values, temperature);
      samples.paint(x, i);
    }
  });
  const anew = button('New samples', () => {
    seed += 1;
    fill();
  });
  const heat = slider('temperature', [0, 1.5, 0.05], 1, (value) => {
    temperature = value;
    fill();
  });
  const parts = [row(anew, given.controls), heat.element, samples.canvas];
  let moved = () => {};
  let show = fill;
  let text = 'Each picture is made of random numbers; the temperature is ' +
    'their standard deviation.';
  if (make.byLatents) {
    const hand = byHand(model, make, given);
    moved = hand.show;
    parts.push(...hand.parts);
    samples.choose((n) => hand.take(
        draw(about.latents, 1000 * seed + n, temperature), given.values));
    text += ' A click on one takes its latents, or arrow keys and Enter.';
    show = async () => {
      await hand.show();
      await fill();
    };
  }
  return {element: panel('Samples', text, ...parts), show};
}

function byHand(model, make, given) {
  const {about} = model;
  const side = Math.max(about.shape[1], 40);
  const one = sheet(about, 1, 1, 200, 'picture of these latents');
  let last = null;  // which number was moved: name and place
  const strip = sheet(
      about, STEPS, 1, side, 'pictures along the slider that was moved last');
  let z = draw(about.latents, 7);
  const show = latest(async () => {
    last ||= controls[0].slice(1);
    one.paint(await make.decode(z, given.values));
    const [name, place] = last;
    const {prior} = about.latents[name];
    for (let i = 0; i < STEPS; i++) {
      let numbers = [...z[name]];
      if (prior === 'categorical') {
        numbers = numbers.map((_, n) => Number(n === i % numbers.length));
      } else {
        numbers[place] = ENDS[prior] * (2 * i / (STEPS - 1) - 1);
      }
      strip.paint(await make.decode({...z, [name]: numbers}, given.values), i);
    }
  });
  const controls = [];
  const sliders = element('div', {className: 'sliders'});
  // Codes before noise: they say more.
  const known = Object.entries(about.latents).sort(
      ([, a], [, b]) => size(a.shape) - size(b.shape));
  for (const [name, latent] of known) {
    const end = ENDS[latent.prior];
    const length = size(latent.shape);
    if (latent.prior === 'categorical') {
      const names = Array.from({length}, (_, i) => `${name} ${i + 1}`);
      const select = choice(name, names, (k) => {
        z[name] = names.map((_, i) => Number(i === k));
        last = [name, 0];
        show();
      });
      const set = (_, values) => select.value = values.indexOf(1);
      set(0, z[name]);
      controls.push([{element: select, set}, name, 0]);
      continue;
    }
    const [low, step] =
      latent.prior === 'bernoulli' ? [0, 1] : [-end, end / 100];
    for (let i = 0; i < length; i++) {
      const title = length > 1 ? `${name} ${i + 1}` : name;
      const made = slider(title, [low, end, step], z[name][i], (value) => {
        z[name] = [...z[name]];
        z[name][i] = value;
        last = [name, i];
        show();
      });
      made.input.onfocus = () => {
        last = [name, i];
        show();
      };
      controls.push([made, name, i]);
    }
  }
  const set = () => controls.forEach(
      ([made, n, i]) => made.set(z[n][i], [...z[n]]));
  const more = button('More latents', () => {
    const from = sliders.children.length;
    controls.slice(from, from + MOST).forEach(
        ([made]) => sliders.append(made.element));
    more.hidden = sliders.children.length === controls.length;
  });
  more.onclick();
  const take = (latents, found) => {
    given.take(found);
    for (const name of Object.keys(z)) z[name] = [...latents[name]];
    set();
    show();
  };
  model.take = take;
  const parts = [
    element('h2', {}, 'Latents by hand'), one.canvas, strip.canvas,
    sliders, row(more)];
  return {parts, show, take};
}
