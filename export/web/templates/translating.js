// A picture and what it becomes, one before the other.

import {button, element, latest, panel, row, slider} from './elements.js';
import {random, size} from './numbers.js';
import {sheet} from './pictures.js';

const SIDE = 280;

export function translating(model) {
  const {about} = model;
  const y = about.fields.y;
  if (!model.has('translate') || y?.shape.length !== 3) return null;
  const [read, made] = [about.shape[2], y.shape[2]];
  const frame = read > 3 && read % made === 0 ? made : 0;
  const domains = {
    x: {shape: about.shape, levels: about.levels, range: about.range, frame},
    y};
  const place = element('div', {className: 'row beside'});
  let [example, seed, back] = [0, 0, false];
  let pictures;
  // Of one size they lie one upon the other, and the slider moves the edge.
  const same = `${about.shape.slice(0, 2)}` === `${y.shape.slice(0, 2)}`;
  const edge = slider('edge', [0, 1, 0.01], 0.5, () => cut());
  const cut = () => {
    const percent = 100 * Number(edge.input.value);
    pictures[1].canvas.style.clipPath = `inset(0 0 0 ${percent}%)`;
  };
  const lay = () => {
    const [from, to] = back ? ['y', 'x'] : ['x', 'y'];
    pictures = [
      sheet(domains[from], 1, 1, SIDE, 'the picture'),
      sheet(domains[to], 1, 1, SIDE, 'what it becomes')];
    place.classList.toggle('upon', same);
    place.replaceChildren(...pictures.map(({canvas}) => canvas));
    if (same) cut();
  };
  const show = latest(async () => {
    const given = (name) => about.examples[name][example].flat(Infinity);
    const [name, from, to] = back ? ['translate_back', 'y', 'x'] :
      [seed ? 'translate_with_noise' : 'translate', 'x', 'y'];
    const inputs = {[from]: given(from)};
    if (seed) {
      const next = random(seed);
      const {shape} = about.signatures.translate_with_noise.inputs.dropout;
      inputs.dropout = Array.from({length: size(shape)}, next);
    }
    const out = await model.call(name, inputs);
    pictures[0].paint(inputs[from]);
    pictures[1].paint(out[to]);
  });
  const buttons = [button('Test example', () => {
    example = (example + 1) % about.count;
    show();
  })];
  if (model.has('translate_back')) {
    buttons.push(button('Other direction', () => {
      back = !back;
      seed = 0;
      lay();
      show();
    }));
  }
  if (model.has('translate_with_noise')) {
    buttons.push(button('Other noise', () => {
      seed += 1;
      show();
    }));
  }
  lay();
  const what = frame ? `The last of ${read / made} frames` : 'The picture';
  const text = same ? `Left of the edge ${
    what[0].toLowerCase()}${what.slice(1)}, right of it what the model ` +
    'makes of it.' : `${what}, and what the model makes of it.`;
  return {
    element: panel(
        'Translated', text, place, ...(same ? [edge.element] : []),
        row(...buttons)),
    show,
  };
}
