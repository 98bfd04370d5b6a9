// The model: calls of its signatures, one row at a time.

import {loadAndCompile, loadLiteRt, Tensor} from './litert/core.js';
import {encode} from './text.js';

const ARRAYS = {float32: Float32Array, int32: Int32Array};

export async function loadModel(about) {
  await loadLiteRt('./litert/litert_wasm_compat_internal.js');
  const compiled = await loadAndCompile(
      './model.tflite', {accelerator: 'wasm'});
  return new Model(about, compiled);
}

class Model {
  constructor(about, compiled) {
    this.about = about;
    this.compiled = compiled;
    this.last = Promise.resolve();
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

  // The largest error of the calls whose outputs Keras has computed.
  async check() {
    let worst = 0;
    for (const [text, ids] of this.about.text?.checks || []) {
      const found = encode(this.about.text, text);
      if (`${found}` !== `${ids}`) worst = Infinity;
    }
    for (const {signature, inputs, outputs} of this.about.checks) {
      const flat = Object.fromEntries(
          Object.entries(inputs).map(([n, v]) => [n, [v].flat(Infinity)]));
      const found = await this.call(signature, flat);
      for (const [name, values] of Object.entries(outputs)) {
        [values].flat(Infinity).forEach((value, i) => {
          const error = Math.abs(found[name][i] - value);
          worst = Math.max(worst, error / Math.max(1, Math.abs(value)));
        });
      }
    }
    return worst;
  }
}
