// Examples as pictures.

import {element} from './elements.js';

// Level k covers [k, k + 1) where the data have noise. Else outputs are means,
// and shown as such.
function shade(about, value) {
  const level = about.dequantized ? Math.floor(value) : value;
  const top = about.levels - 1;
  return 255 * Math.min(Math.max(level, 0), top) / top;
}

function pixels(about, x) {
  const [height, width, channels] = about.shape;
  const image = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const value = x[i * channels + (channels === 3 ? c : 0)];
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
  const paint = (x, place = 0) => context.putImageData(
      pixels(about, x),
      (place % columns) * (width + 1),
      Math.floor(place / columns) * (height + 1));
  // Which picture an event points at.
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const part = (at, start, length, count) => Math.min(
        Math.max(Math.floor((at - start) / length * count), 0), count - 1);
    return part(event.clientX, box.left, box.width, columns) +
        columns * part(event.clientY, box.top, box.height, rows);
  };
  return {canvas, paint, place};
}
