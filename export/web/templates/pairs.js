export function pairs() {
  return null;
}
