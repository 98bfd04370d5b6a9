// A panel for each thing that the model can do, and what is known of it.

import {between} from './between.js';
import {completing} from './completing.js';
import {drawing} from './drawing.js';
import {element} from './elements.js';
import {making} from './making.js';
import {load, Model} from './model.js';
import {pairs} from './pairs.js';
import {plane} from './plane.js';
import {table} from './table.js';
import {translating} from './translating.js';

const PANELS = [
  making, between, drawing, completing, translating, plane, table, pairs];

const ALLOWED = 1e-4;  // as model.js measures

const place = (id) => document.getElementById(id);

// With standard errors where they are known.
function figures(values) {
  const short = (value) => Number(value.toPrecision(4));
  return Object.entries(values)
      .filter(([name]) => !/_std_errors?$/.test(name))
      .map(([name, value]) => {
        const error = values[`${name}_two_std_errors`] ||
            values[`${name}_std_error`];
        return `${name} ${short(value)}${error ? ` ± ${short(error)}` : ''}`;
      }).join(', ');
}

// What is known before the model runs; `#checked` is said later.
function facts(about) {
  const terms = [
    ['Data', about.data.replaceAll('`', '')],
    ['Test figures', figures(about.figures) || 'not evaluated'],
    ['Version', `tfgen ${about.version}, LiteRT.js ${about.litert}`],
    ['Checked', element('span', {id: 'checked'}, 'not yet')],
    ['Not here', about.elsewhere.length ?
      `${about.elsewhere.join(', ')}: for servers, by their random numbers, ` +
        'text, PNG or gradients' : 'nothing'],
    ...(about.completion?.reason ?
      [['No completion', about.completion.reason]] : []),
    ['Held', `${about.count} test examples; nothing leaves this browser`],
  ];
  place('facts').append(element('dl', {}, ...terms.flatMap(
      ([term, text]) => [element('dt', {}, term), element('dd', {}, text)])));
}

// A panel that fails is a line on the page, and the others go on.
async function show(make, model) {
  try {
    const made = make(model);
    if (!made) return;
    place('panels').append(made.element);
    await made.show();
  } catch (error) {
    place('panels').append(element('p', {className: 'failed'},
        `The panel “${make.name}” does not work here: ${error.message}`));
  }
}

async function check(about, model) {
  const error = await model.check();
  place('checked').textContent = `${about.checks.length} calls${
    about.completion?.checks ?
      ` and ${about.completion.checks.length} completions` : ''} against ` +
    `Keras in this browser: largest error ${error.toExponential(1)} ` +
    `(allowed ${ALLOWED.toExponential()}; of numbers beyond ±1, a share)`;
  if (!(error < ALLOWED)) {
    place('status').textContent = 'The numbers of this page are wrong: they ' +
      `differ from Keras’s by ${error}, in this browser.`;
  }
  document.body.dataset.error = error;
}

async function run(about, loading) {
  const model = new Model(about, await loading);
  for (const make of PANELS) await show(make, model);
  place('status').textContent = place('panels').children.length ? '' :
    'This page has no panel for what the model does.';
  document.body.dataset.shown = Math.round(performance.now());
  await check(about, model);
}

function say(error) {
  place('status').textContent = `This page does not work here: ${
    error.message ?? error}`;
  document.body.dataset.failed = error.message ?? error;
}

async function main() {
  const loading = load();
  loading.catch(() => {});  // `run` says it
  const about = await (await fetch('./page.json')).json();
  about.count = Object.values(about.examples)[0].length;
  document.title = about.name;
  place('name').textContent = about.name;
  place('paper').textContent = about.paper;
  facts(about);
  await run(about, loading).catch(say);
  if ('serviceWorker' in navigator) {
    await navigator.serviceWorker.register('./worker.js');
    await navigator.serviceWorker.ready;
    document.body.dataset.offline = true;
  }
}

// What fails after a touch or a key.
addEventListener('unhandledrejection', ({reason}) => say(reason));
main().catch(say);
