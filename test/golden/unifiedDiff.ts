/** Number of unchanged lines around a change. */
const context = 3;

type Line = { sign: " " | "-" | "+"; text: string };

/** Differences between two texts in the format of `diff -u`, without its two header lines. */
export function unifiedDiff(before: string, after: string): string {
  const lines = changesBetween(before.split("\n"), after.split("\n"));
  const isShown = lines.map((_line, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== " "),
  );
  const result: string[] = [];
  let [oldLine, newLine] = [1, 1];
  lines.forEach(({ sign, text }, index) => {
    if (isShown[index] && !isShown[index - 1]) {
      const end = isShown.indexOf(false, index);
      const hunk = lines.slice(index, end === -1 ? undefined : end);
      const count = (other: string) => hunk.filter((line) => line.sign !== other).length;
      result.push(`@@ -${oldLine},${count("+")} +${newLine},${count("-")} @@`);
    }
    if (isShown[index]) result.push(sign + text);
    if (sign !== "+") oldLine += 1;
    if (sign !== "-") newLine += 1;
  });
  return result.join("\n");
}

/** Differences by the longest common subsequence, without searching the common start and end. */
function changesBetween(before: string[], after: string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let shared = 0;
  const most = Math.min(before.length, after.length) - start;
  while (shared < most && before.at(-1 - shared) === after.at(-1 - shared)) shared++;
  const unchanged = (texts: string[]): Line[] => texts.map((text) => ({ sign: " ", text }));
  return [
    ...unchanged(before.slice(0, start)),
    ...changed(
      before.slice(start, before.length - shared),
      after.slice(start, after.length - shared),
    ),
    ...unchanged(before.slice(before.length - shared)),
  ];
}

function changed(before: string[], after: string[]): Line[] {
  const width = after.length + 1;
  const common = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [removed, added] = [before[row], after[column]];
    if (removed !== undefined && removed === added) {
      lines.push({ sign: " ", text: removed });
      row++;
      column++;
    } else if (
      added === undefined ||
      (removed !== undefined && at(row + 1, column) >= at(row, column + 1))
    ) {
      lines.push({ sign: "-", text: removed ?? "" });
      row++;
    } else {
      lines.push({ sign: "+", text: added });
      column++;
    }
  }
  return lines;
}
