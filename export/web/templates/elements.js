// Small pieces of pages.

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function panel(title, text, ...children) {
  const quiet = element('p', {className: 'quiet'}, text);
  return element(
      'section', {}, element('h2', {}, title), quiet, ...children);
}

export function row(...children) {
  return element('div', {className: 'row'}, ...children);
}

// Pictures that stay side by side, however small that makes them.
export function beside(...children) {
  return element('div', {className: 'row beside'}, ...children);
}

export function button(text, onclick) {
  return element('button', {type: 'button', onclick}, text);
}

// A slider with its value beside it; `element` is the label, `set` moves it.
export function slider(name, [min, max, step], value, changed) {
  const input = element('input', {type: 'range', min, max, step, value});
  const output = element('output');
  const show = () => output.textContent = Number(input.value).toFixed(2);
  input.oninput = () => {
    show();
    changed(Number(input.value));
  };
  show();
  const label = element('label', {className: 'slider'}, name, input, output);
  const set = (number) => {
    input.value = number;
    show();
  };
  return {element: label, input, set};
}

export function choice(name, options, changed) {
  const select = element('select', {ariaLabel: name});
  options.forEach((text, value) => {
    select.append(element('option', {value}, text));
  });
  select.onchange = () => changed(Number(select.value));
  return select;
}

// Probabilities of classes, as bars.
export function bars(names) {
  const place = element('div', {className: 'bars'});
  const show = (probabilities) => {
    place.replaceChildren(...[...probabilities].flatMap((p, i) => {
      const bar = element('i');
      bar.style.width = `${100 * p}%`;
      return [
        element('span', {}, names[i] ?? i), bar,
        element('span', {}, `${(100 * p).toFixed(1)} %`)];
    }));
  };
  return {element: place, show};
}

// Notes when the page has first shown something of the model.
export function painted() {
  const {dataset} = document.body;
  if (dataset.first) return;
  requestAnimationFrame(
      () => dataset.first ||= Math.max(1, Math.round(performance.now())));
}

// What conditions a test example has, as inputs of the model.
export function conditionsOf(about, n) {
  return Object.fromEntries(about.conditions.map(
      (name) => [name, [about.examples[name][n]].flat(Infinity)]));
}

// What conditions the model takes: a choice of the class, attributes to tick,
// numbers. They begin as the first test example's; `take` sets others.
export function conditions(about, changed) {
  const values = conditionsOf(about, 0);
  const controls = [];
  const sets = [];
  const add = (name, i, {element, set}) => {
    controls.push(element);
    sets.push(() => set(values[name][i]));
  };
  for (const name of about.conditions) {
    values[name].forEach((_, i) => {
      const change = (value) => {
        values[name][i] = value;
        changed();
      };
      const text = about.fields[name]?.names[i] || `${name} ${i + 1}`;
      const ticks = name === 'attributes' && about.examples[name].every(
          (example) => [0, 1].includes([example].flat(Infinity)[i]));
      const control = name === 'label' ? classOf(about, change) :
        ticks ? tick(text, change) : number(text, change);
      add(name, i, control);
    });
  }
  const take = (found) => {
    for (const name of about.conditions) values[name] = [...found[name]];
    sets.forEach((set) => set());
  };
  sets.forEach((set) => set());
  return {values, controls: row(...controls), take};
}

function classOf(about, change) {
  const select = choice('class', about.classes, change);
  return {element: select, set: (value) => select.value = value};
}

function tick(text, change) {
  const box = element('input', {type: 'checkbox'});
  box.onchange = () => change(Number(box.checked));
  const label = element('label', {}, box, ` ${text}`);
  return {element: label, set: (value) => box.checked = value > 0.5};
}

// What is no number is marked, and the last number stays.
function number(text, change) {
  const input = element(
      'input', {type: 'number', step: 'any', required: true});
  input.oninput = () => {
    if (Number.isFinite(input.valueAsNumber)) change(input.valueAsNumber);
  };
  const label = element('label', {}, `${text} `, input);
  return {
    element: label, set: (value) => input.value = Number(value.toPrecision(6))};
}

// Runs an async function again and again, but never for a state that is gone:
// of calls that come while it works, the last one counts.
export function latest(work) {
  let running = false;
  let again = false;
  return async function run() {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again) {
        again = false;
        await work();
      }
    } finally {
      running = false;
    }
  };
}
