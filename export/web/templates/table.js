// A row of a table, or any vector: its numbers by hand, and its score.

import {button, conditions, conditionsOf, element, latest, painted, panel,
  row} from './elements.js';
import {sentence} from './drawing.js';
import {maker} from './making.js';

const SCORES = ['log_prob', 'log_prob_with_noise', 'energy'];

export function table(model) {
  const {about} = model;
  const score = SCORES.find((name) => model.has(name));
  const make = maker(model);
  const vector = about.shape.length === 1 && about.shape[0] !== 2;
  if (!vector || !(score || make || model.has('classify'))) return null;
  const said = element('p', {}, '');
  said.setAttribute('aria-live', 'polite');
  const given = conditions(about, () => show());
  const inputs = Array.from({length: about.shape[0]}, (_, i) => {
    const input = element('input', {type: 'text', inputMode: 'decimal'});
    input.oninput = () => show();
    input.setAttribute('aria-label', about.columns[i] || `x ${i + 1}`);
    return input;
  });
  const show = latest(async () => {
    const x = inputs.map((input) => Number(input.value));
    const bad = x.findIndex((value, i) => !Number.isFinite(value) ||
      inputs[i].value.trim() === '');
    if (bad >= 0) {
      said.textContent = `${inputs[bad].ariaLabel}: expected a number.`;
      return;
    }
    said.textContent = '';
    if (score) {
      const noise = new Array(x.length).fill(0.5);
      const out = await model.call(score, {x, noise, ...given.values});
      said.textContent = sentence(about, score, Object.values(out)[0][0]);
    }
    if (model.has('classify')) {
      const out = (await model.call('classify', {x})).probabilities;
      said.textContent += ' ' + [...out].map((p, i) =>
        `${about.classes[i] ?? i} ${(100 * p).toFixed(1)} %`).join(', ');
    }
    painted();
  });
  const fill = (x) => {
    inputs.forEach((input, i) => input.value = Number(x[i].toPrecision(6)));
    return show();
  };
  let [example, seed] = [0, 0];
  const buttons = [button('Test example', () => {
    example = (example + 1) % about.count;
    given.take(conditionsOf(about, example));
    fill(about.examples.x[example]);
  })];
  if (make) {
    buttons.push(button('Sample', async () => {
      seed += 1;
      fill([...await make.sample(seed, given.values)]);
    }));
  }
  const cells = inputs.map((input, i) => element(
      'label', {}, about.columns[i] || `x ${i + 1}`, input));
  return {
    element: panel(
        'A row', 'In the data’s own units.',
        element('div', {className: 'sliders'}, ...cells), row(...buttons),
        given.controls, said),
    show: () => fill(about.examples.x[0]),
  };
}
