// Random numbers, latents and ways between them, as in tfgen.

// mulberry32: uniform numbers in (0, 1).
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

export function normals(next, count) {
  return Array.from({length: count}, () =>
    Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next()));
}

export const size = (shape) => shape.reduce((a, b) => a * b, 1);

// Phi(x), by Abramowitz & Stegun 7.1.26: within 1e-7.
export function phi(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x) / Math.SQRT2);
  const terms = [0.254829592, -0.284496736, 1.421413741, -1.453152027,
    1.061405429];
  const sum = terms.reduceRight((total, a) => t * (a + total), 0);
  const upper = 0.5 * sum * Math.exp(-x * x / 2);
  return x < 0 ? upper : 1 - upper;
}

// A latent of standard normal numbers: `Latent.of_normal`.
export function ofNormal({prior}, n) {
  if (prior === 'uniform') return n.map((x) => 2 * phi(x) - 1);
  if (prior === 'logistic') return n.map((x) => Math.log(phi(x) / phi(-x)));
  if (prior === 'bernoulli') return n.map((x) => Number(x > 0));
  if (prior === 'categorical') {
    const top = n.indexOf(Math.max(...n));
    return n.map((_, i) => Number(i === top));
  }
  return n;
}

// The latent that an encoder's output stands for: the class of probabilities, a
// number in the range of the prior. `Latent.of_normal` of `Latent.to_normal`.
export function settled(latent, z) {
  if (latent.prior === 'uniform') {
    return z.map((x) => Math.min(Math.max(x, -0.999), 0.999));
  }
  if (latent.prior === 'bernoulli') return z.map((x) => Number(x > 0.5));
  return latent.prior === 'categorical' ? ofNormal(latent, z) : z;
}

// All latents, by name, of a seed; the temperature multiplies the noise.
export function draw(latents, seed, temperature = 1) {
  const next = random(seed);
  return Object.fromEntries(Object.entries(latents).map(([name, latent]) => {
    const scaled = normals(next, size(latent.shape)).map((x) => {
      return latent.prior === 'categorical' ? x : temperature * x;
    });
    return [name, ofNormal(latent, scaled)];
  }));
}

// The point at a share t of the way: an arc between normal latents, which stays
// where they are likely; a line between others, and a step between classes.
export function between(latents, first, second, t) {
  return Object.fromEntries(Object.entries(latents).map(([name, {prior}]) => {
    const [a, b] = [first[name], second[name]];
    const angle = t * Math.PI / 2;
    if (prior === 'normal') {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      return [name, [...a].map((x, i) => c * x + s * b[i])];
    }
    if (prior === 'categorical' || prior === 'bernoulli') {
      return [name, t < 0.5 ? a : b];
    }
    return [name, [...a].map((x, i) => (1 - t) * x + t * b[i])];
  }));
}

// The surface of eq. 19 of Dinh et al. 2017, of four normal latents.
export function manifold(four, u, v) {
  const [cu, su, cv, sv] = [
    Math.cos(u), Math.sin(u), Math.cos(v), Math.sin(v)];
  const [a, b, c, d] = four;
  return Object.fromEntries(Object.keys(a).map((name) => [
    name,
    [...a[name]].map((x, i) => cu * (cv * x + sv * b[name][i]) +
        su * (cv * c[name][i] + sv * d[name][i])),
  ]));
}

// The share of the test examples below a value, of their percentiles.
export function shareBelow(percentiles, value) {
  const above = percentiles.findIndex((p) => p > value);
  if (above < 0) return 1;
  if (above === 0) return 0;
  const [low, high] = [percentiles[above - 1], percentiles[above]];
  const part = high > low ? (value - low) / (high - low) : 0;
  return (above - 1 + part) / (percentiles.length - 1);
}
