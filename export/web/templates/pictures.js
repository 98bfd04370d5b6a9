// Examples as pictures.

import {element, painted} from './elements.js';

// Level k covers [k, k + 1) where the data have noise. Else outputs are means,
// and shown as such.
function shade(about, value) {
  const level = about.dequantized ? Math.floor(value) : value;
  const [low, top] = about.range;
  const share = (level - low) / (top - low || 1);
  return 255 * Math.min(Math.max(share, 0), 1);
}

// Of frames one after another in the channels, the last, of `frame` channels.
function pixels(about, x) {
  const [height, width, channels] = about.shape;
  const colours = about.frame || channels;
  const first = about.frame ? channels - about.frame : 0;
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const value = x[i * channels + first + (colours === 3 ? c : 0)];
      image.data[4 * i + c] = shade(about, value);
    }
    image.data[4 * i + 3] = 255;
  }
  return image;
}

// A canvas of rows and columns of pictures, each `side` wide on the page.
export function sheet(about, columns, rows, side, label) {
  const [height, width] = about.shape;
  const canvas = element('canvas', {
    width: columns * (width + 1) - 1, height: rows * (height + 1) - 1});
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', label);
  canvas.style.width = `${columns * side}px`;
  const context = canvas.getContext('2d');
  const corner = (place) => [
    (place % columns) * (width + 1),
    Math.floor(place / columns) * (height + 1)];
  const shown = [];
  const paint = (x, place = 0) => {
    shown[place] = x;
    context.putImageData(pixels(about, x), ...corner(place));
    painted();
  };
  // Which picture an event points at.
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const part = (at, start, length, count) => Math.min(
        Math.max(Math.floor((at - start) / length * count), 0), count - 1);
    return part(event.clientX, box.left, box.width, columns) +
        columns * part(event.clientY, box.top, box.height, rows);
  };
  const mark = (place) => {
    context.strokeStyle = '#e8590c';
    const [left, top] = corner(place);
    context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  };
  const unmark = (place) => shown[place] && paint(shown[place], place);
  const choose = (chosen) => chooser(
      canvas, columns, columns * rows, mark, unmark, place, chosen);
  return {canvas, paint, place, choose};
}

// A picture of a sheet is chosen by a click, or by arrow keys and Enter.
function chooser(canvas, columns, count, mark, unmark, place, chosen) {
  let at = 0;
  const go = (n) => {
    unmark(at);
    at = n;
    mark(at);
  };
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  canvas.ariaLabel += ': arrow keys, and Enter to choose';
  canvas.onfocus = () => canvas.matches(':focus-visible') && go(at);
  canvas.onblur = () => unmark(at);
  canvas.onclick = (event) => {
    unmark(at);
    chosen(place(event));
  };
  canvas.onkeydown = (event) => {
    const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns,
      ArrowDown: columns};
    if (event.key === 'Enter' || event.key === ' ') chosen(at);
    else if (event.key in steps) go((at + steps[event.key] + count) % count);
    else return;
    event.preventDefault();
  };
}
