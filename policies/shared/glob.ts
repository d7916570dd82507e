/**
 * Whether a pattern with `*` (any text) and `?` (any character) matches the whole text. The run time is
 * at most proportional to the product of both lengths, no matter how many `*` the pattern contains.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let [inPattern, inText] = [0, 0];
  let [star, resume] = [-1, 0];
  while (inText < text.length) {
    if (pattern[inPattern] === "*") {
      [star, resume] = [inPattern++, inText];
    } else if (pattern[inPattern] === "?" || pattern[inPattern] === text[inText]) {
      inPattern++;
      inText++;
    } else if (star >= 0) {
      // Backtrack: extend the last `*` by one character.
      inPattern = star + 1;
      inText = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === "*") inPattern++;
  return inPattern === pattern.length;
}
