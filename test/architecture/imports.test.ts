import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { filesBelow } from "../support/filesBelow";
import { projectDirectory } from "../support/stackConfig";

const folders = ["components", "plugin", "policies", "preview", "service", "stacks", "verify"];

const files = folders
  .flatMap((folder) =>
    filesBelow(path.join(projectDirectory, folder)).map((file) => `${folder}/${file}`),
  )
  .filter((file) => /(?<!\.d)\.ts$/.test(file));

/** Returns the paths that a source file imports, without extensions, including types and `require`. */
function targetsOf(file: string): string[] {
  const source = fs.readFileSync(path.join(projectDirectory, file), "utf8");
  return ts
    .preProcessFile(source, true, true)
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => path.posix.join(path.posix.dirname(file), fileName));
}

/** Returns the source files that a source file imports. */
function importsOf(file: string): string[] {
  return targetsOf(file)
    .flatMap((target) => [`${target}.ts`, `${target}/index.ts`])
    .filter((target) => files.includes(target));
}

type Graph = Map<string, string[]>;

/** Returns the nodes of each import cycle, such as `a -> b -> a`. */
function cyclesIn(graph: Graph): string[] {
  const finished = new Set<string>();
  const visit = (node: string, trail: string[]): string[] => {
    if (trail.includes(node)) return [[...trail.slice(trail.indexOf(node)), node].join(" -> ")];
    if (finished.has(node)) return [];
    const found = (graph.get(node) ?? []).flatMap((next) => visit(next, [...trail, node]));
    finished.add(node);
    return found;
  };
  return [...graph.keys()].flatMap((node) => visit(node, []));
}

describe("Imports", () => {
  const graph: Graph = new Map(files.map((file) => [file, importsOf(file)]));

  it("are found", () => {
    assert.ok(graph.get("components/index.ts")?.includes("components/loki/lokiStack.ts"));
  });

  it("form no cycle of files", () => {
    assert.deepEqual(cyclesIn(graph), []);
  });

  it("do not run in both directions between two folders", () => {
    const between = new Set(
      [...graph].flatMap(([file, targets]) =>
        targets
          .map((target) => [path.posix.dirname(file), path.posix.dirname(target)])
          .filter(([from, to]) => from !== to)
          .map(([from, to]) => `${from} ${to}`),
      ),
    );
    const both = [...between].filter((pair) => between.has(pair.split(" ").reverse().join(" ")));
    assert.deepEqual(both, []);
  });

  it("lead from policies to no other part", () => {
    const others = files
      .filter((file) => file.startsWith("policies/"))
      .flatMap(targetsOf)
      .filter((target) => !target.startsWith("policies/"));
    assert.deepEqual(others, []);
  });

  it("lead from components only to three parts of the policies", () => {
    const others = files
      .filter((file) => file.startsWith("components/"))
      .flatMap(targetsOf)
      .filter((target) => !/^(components|policies\/(limits|promql|shared))\//.test(target));
    assert.deepEqual(others, []);
  });
});
