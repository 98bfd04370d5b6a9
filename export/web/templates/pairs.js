// Two sentences: how they are related, and which words count.

import {bars, button, element, latest, painted, panel, row}
  from './elements.js';
import {encode, tokenize} from './text.js';

const SENTENCES = ['premise', 'hypothesis'];

export function pairs(model) {
  const {about} = model;
  if (!model.has('classify_ids')) return null;
  const {shape} = about.signatures.classify_ids.inputs.premise_ids;
  const labels = bars(about.classes);
  const note = element('p', {className: 'quiet'});
  const inputs = {};
  const words = {};
  for (const name of SENTENCES) {
    inputs[name] = element('input', {type: 'text', oninput: () => show()});
    words[name] = element('p', {className: 'words'});
  }
  const show = latest(async () => {
    const ids = {};
    const unknown = [];
    const cut = [];
    for (const name of SENTENCES) {
      const tokens = tokenize(about.text, inputs[name].value);
      const found = encode(about.text, inputs[name].value);
      unknown.push(...tokens.filter((_, i) => found[i] === 1));
      if (tokens.length > found.length) cut.push(name);
      ids[`${name}_ids`] = Array.from(
          {length: shape[1]}, (_, i) => found[i] ?? 0);
    }
    const out = await model.call('classify_ids', ids);
    for (const name of SENTENCES) {
      const tokens = tokenize(about.text, inputs[name].value);
      paintWords(words[name], tokens, out[`${name}_attention`]);
    }
    labels.show(out.probabilities);
    painted();
    note.textContent = [
      unknown.length && `Unknown words, all one to the model: ${
        unknown.join(', ')}.`,
      cut.length && `Cut after ${about.text.length} words: ${cut.join(', ')}.`,
    ].filter(Boolean).join(' ');
  });
  let example = -1;
  const next = () => {
    example = (example + 1) % about.count;
    for (const name of SENTENCES) {
      inputs[name].value = about.examples[name][example];
    }
    return show();
  };
  const parts = SENTENCES.flatMap((name) => [
    element('label', {}, name, inputs[name]), words[name]]);
  const colours = 'premise_attention' in about.signatures.classify_ids.outputs;
  return {
    element: panel(
        'A pair of sentences', colours ?
          'Colours: the attention that a word gets.' : 'Write two sentences.',
        ...parts, labels.element, note, row(button('Test example', next))),
    show: next,
  };
}

function paintWords(place, tokens, attention) {
  if (!attention) return;
  const most = Math.max(...attention);
  place.replaceChildren(...tokens.map((token, i) => {
    const span = element('span', {}, token);
    const weight = attention[i] || 0;
    span.title = weight.toFixed(3);
    span.style.background = `rgb(232 89 12 / ${0.85 * weight / most})`;
    return span;
  }));
}
