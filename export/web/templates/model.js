// The model: calls of its signatures, one row at a time.

import {loadAndCompile, loadLiteRt, Tensor} from './litert/core.js';
import {settled} from './numbers.js';
import {encode} from './text.js';

const ARRAYS = {float32: Float32Array, int32: Int32Array};

// What runs the model's file.
export async function load() {
  await loadLiteRt('./litert/litert_wasm_compat_internal.js');
  return loadAndCompile('./model.tflite', {accelerator: 'wasm'});
}

const RESTS = 50;  // ms

const flat = (named) => Object.fromEntries(
    Object.entries(named).map(([name, v]) => [name, [v].flat(Infinity)]));

export class Model {
  constructor(about, compiled) {
    this.about = about;
    this.compiled = compiled;
    this.last = Promise.resolve();
    this.rested = performance.now();
  }

  has(...names) {
    return names.every((name) => name in this.about.signatures);
  }

  // Inputs by name, flat arrays; so are the outputs. One call after another:
  // all of a model's signatures share its memory.
  call(name, inputs) {
    const result = this.last.then(() => this.callNow(name, inputs));
    this.last = result.catch(() => {});
    return result;
  }

  async callNow(name, inputs) {
    // Between long rows of calls, the browser shows what was painted.
    if (performance.now() - this.rested > RESTS) {
      await new Promise((resolve) => setTimeout(resolve));
      this.rested = performance.now();
    }
    const told = this.about.signatures[name].inputs;
    const tensors = {};
    const made = [];
    try {
      for (const [input, {shape, type}] of Object.entries(told)) {
        const values = ARRAYS[type].from(inputs[input]);
        tensors[input] = new Tensor(values, shape);
        made.push(tensors[input]);
      }
      const outputs = await this.compiled.run(name, tensors);
      made.push(...Object.values(outputs));
      return Object.fromEntries(
          Object.entries(outputs).map(([n, t]) => [n, t.toTypedArray()]));
    } finally {
      made.forEach((tensor) => tensor.delete());
    }
  }

  // x, and what the model puts where pixels are hidden: the encoder reads the
  // picture, the decoder fills the hole, again and again, first of latents z.
  async complete(x, hidden, z, given) {
    const {completion, dequantized, latents} = this.about;
    const channels = x.length / hidden.length;
    const known = dequantized ? x.map((v) => Math.floor(v) + 0.5) : x;
    const [least, most] = completion.range || [-Infinity, Infinity];
    const filled = async (rest) => {
      const made = (await this.call('decode', {...z, ...given})).x;
      return made.map((v, i) => hidden[Math.floor(i / channels)] ?
        Math.min(Math.max(v, least), most) : rest[i]);
    };
    for (let i = 0; i < completion.passes; i++) {
      const found = await this.call(
          'encode', {x: await filled(known), ...given});
      z = Object.fromEntries(Object.entries(latents).map(
          ([name, latent]) => [name, settled(latent, [...found[name]])]));
    }
    return filled(x);
  }

  // The largest |a - b| / max(1, |b|, m / 100) of the calls whose outputs b
  // Keras has computed; m is the largest |b| of an output.
  async check() {
    let worst = 0;
    const compare = (found, expected) => {
      const sizes = expected.map(Math.abs);
      const least = sizes.reduce((m, size) => Math.max(m, size / 100), 1);
      expected.forEach((value, i) => {
        const error = Math.abs(found[i] - value);
        worst = Math.max(worst, error / Math.max(least, sizes[i]));
      });
    };
    for (const [text, ids] of this.about.text?.checks || []) {
      const found = encode(this.about.text, text);
      if (`${found}` !== `${ids}`) worst = Infinity;
    }
    for (const {signature, inputs, outputs} of this.about.checks) {
      const found = await this.call(signature, flat(inputs));
      for (const [name, values] of Object.entries(outputs)) {
        compare(found[name], [values].flat(Infinity));
      }
    }
    const completions = this.about.completion?.checks || [];
    for (const {inputs, hidden, latents, x} of completions) {
      const {x: shown, ...given} = flat(inputs);
      const found = await this.complete(shown, hidden, flat(latents), given);
      compare(found, x.flat(Infinity));
    }
    return worst;
  }
}
