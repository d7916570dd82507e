import * as fs from "node:fs";
import { SourceMap } from "node:module";
import * as path from "node:path";
import { cacheFolder } from "./bundle.cjs";

/** Translates positions in a stack trace from a bundle to its sources. */
export function sourcePositions(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replace(/([^\s()]+\.js):(\d+):(\d+)/g, (position, file: string, line, column) => {
    if (!file.startsWith(cacheFolder)) return position;
    if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
    const origin = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (origin === undefined || !("originalSource" in origin)) return position;
    const source = path.resolve(cacheFolder, origin.originalSource);
    return `${source}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  });
}

function readMap(file: string): SourceMap | undefined {
  if (!fs.existsSync(file)) return undefined;
  return new SourceMap(JSON.parse(fs.readFileSync(file, "utf8")));
}
