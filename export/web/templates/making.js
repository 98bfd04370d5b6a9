// Samples, and a picture whose latents are moved by hand.

import {button, conditions, element, latest, panel, row, slider}
  from './elements.js';
import {draw, normals, phi, random, size} from './numbers.js';
import {sheet} from './pictures.js';

const MOST = 16;  // sliders at first
const STEPS = 9;  // pictures of a traversal
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
  const given = conditions(about, (n) => about.examples[n][0], () => {
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
    samples.canvas.onclick = (event) => hand.take(draw(
        about.latents, 1000 * seed + samples.place(event), temperature));
    text += ' A click on one takes its latents.';
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
  const strip = sheet(
      about, STEPS, 1, side, 'pictures along the slider that was moved last');
  let z = draw(about.latents, 7);
  let last = [Object.keys(about.latents)[0], 0];
  const show = latest(async () => {
    one.paint(await make.decode(z, given.values));
    const [name, place] = last;
    const {prior} = about.latents[name];
    for (let i = 0; i < STEPS; i++) {
      const value = ENDS[prior] * (2 * i / (STEPS - 1) - 1);
      const numbers = [...z[name]];
      numbers[place] = value;
      strip.paint(await make.decode({...z, [name]: numbers}, given.values), i);
    }
  });
  const controls = [];
  const sliders = element('div', {className: 'sliders'});
  for (const [name, latent] of Object.entries(about.latents)) {
    const end = ENDS[latent.prior];
    const binary = ['bernoulli', 'categorical'].includes(latent.prior);
    const [low, step] = binary ? [0, 1] : [-end, end / 100];
    const length = size(latent.shape);
    for (let i = 0; i < length; i++) {
      const title = length > 1 ? `${name} ${i + 1}` : name;
      const made = slider(title, [low, end, step], z[name][i], (value) => {
        z[name] = [...z[name]];
        if (latent.prior === 'categorical') {
          z[name].fill(0);  // one class at a time
          value = 1;
        }
        z[name][i] = value;
        last = [name, i];
        set();
        show();
      });
      made.input.onfocus = () => {
        last = [name, i];
        show();
      };
      controls.push([made, name, i]);
    }
  }
  const set = () => controls.forEach(([made, n, i]) => made.set(z[n][i]));
  const more = button('More latents', () => {
    const from = sliders.children.length;
    controls.slice(from, from + MOST).forEach(
        ([made]) => sliders.append(made.element));
    more.hidden = sliders.children.length === controls.length;
  });
  more.onclick();
  const take = (latents) => {
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
