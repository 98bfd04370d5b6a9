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

// What conditions the model takes: a choice of the class, attributes to tick.
export function conditions(about, example, changed) {
  const values = {};
  const controls = [];
  for (const name of about.conditions) {
    if (name === 'label') {
      values.label = [0];
      controls.push(choice('class', about.classes, (label) => {
        values.label = [label];
        changed();
      }));
      continue;
    }
    values[name] = [example(name)].flat(Infinity);
    values[name].forEach((value, i) => {
      const text = about.fields[name].names[i] || `${name} ${i + 1}`;
      const box = element('input', {type: 'checkbox', checked: value > 0.5});
      box.onchange = () => {
        values[name][i] = Number(box.checked);
        changed();
      };
      controls.push(element('label', {}, box, ` ${text}`));
    });
  }
  return {values, controls: row(...controls)};
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
    while (again) {
      again = false;
      await work();
    }
    running = false;
  };
}
