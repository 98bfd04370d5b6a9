// A picture that is drawn on with a mouse, a finger, or keys.

import {sheet} from './pictures.js';

// `touch(n, share)` is told of each pixel n that the brush reaches, and how
// much of it; `show` is called after that.
export function paper(about, label, touch, show) {
  const [height, width] = about.shape;
  const {canvas, paint} = sheet(about, 1, 1, 240, label);
  canvas.className = 'draw';
  canvas.tabIndex = 0;
  let at = 0;  // where the keyboard's brush is
  const press = (place, softly) => {
    const [left, line] = [place % width, Math.floor(place / width)];
    const reach = softly && width >= 16 ? 1 : 0;
    for (let i = line - reach; i <= line + reach; i++) {
      for (let j = left - reach; j <= left + reach; j++) {
        if (i < 0 || j < 0 || i >= height || j >= width) continue;
        touch(i * width + j, i === line && j === left ? 1 : 0.6);
      }
    }
    return show();
  };
  const pointed = (event) => {
    const box = canvas.getBoundingClientRect();
    const part = (share, count) => Math.min(
        Math.max(Math.floor(share * count), 0), count - 1);
    return part((event.clientX - box.left) / box.width, width) +
      width * part((event.clientY - box.top) / box.height, height);
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    press(pointed(event), true);
  };
  canvas.onpointermove = (event) => {
    if (event.buttons) press(pointed(event), true);
  };
  canvas.onkeydown = (event) => {
    const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width,
      ArrowDown: width};
    if (event.key !== ' ' && !(event.key in steps)) return;
    event.preventDefault();
    if (event.key === ' ') {
      press(at, false).then(mark);
      return;
    }
    at = (at + steps[event.key] + width * height) % (width * height);
    show().then(mark);
  };
  const mark = () => fill(canvas, at, width, '#e33');
  return {canvas, paint};
}

// Colours a pixel.
export function fill(canvas, place, width, colour) {
  const context = canvas.getContext('2d');
  context.fillStyle = colour;
  context.fillRect(place % width, Math.floor(place / width), 1, 1);
}

// A pen for the picture x, which also erases.
export function pen(about, x) {
  const [low, top] = about.range;
  const channels = about.shape[2];
  const made = {erases: false};
  made.touch = (place, share) => {
    const part = low + (top - low) * share;
    const level = about.levels > 2 ? Math.round(part) :
      about.levels ? top : part;
    for (let n = place * channels; n < (place + 1) * channels; n++) {
      x[n] = made.erases ? low : Math.max(x[n], level);
    }
  };
  return made;
}
