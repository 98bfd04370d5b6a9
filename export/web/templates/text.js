// Sentences to ids, by the rules of the tokenizer that the model was trained
// with (`tfgen/nli/text/tokenizer.py`).

// The words of a sentence.
export function tokenize(about, sentence) {
  let line = ` ${sentence} `;
  for (const [pattern, replacement] of about.rules) {
    line = line.replace(new RegExp(pattern, 'gu'), replacement);
  }
  if (about.lower) {
    line = line.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  }
  return line.split(' ').filter((token) => token);
}

// Their ids: 1 for unknown words, and for a sentence without any.
export function encode(about, sentence) {
  about.ids ||= new Map(about.words.map((word, id) => [word, id]).slice(2));
  const ids = tokenize(about, sentence).slice(0, about.length)
      .map((word) => about.ids.get(word) ?? 1);
  return ids.length ? ids : [1];
}
