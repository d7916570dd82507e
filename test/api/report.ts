/** The public API as the compiler declares it: what `docs/api.md` shows, and a test compares. */
import * as fs from "node:fs";
import * as path from "node:path";
import { format } from "prettier";
import ts from "typescript";
import { projectDirectory } from "../support/stackConfig";

/** An interface whose members the compiler infers, so that its declaration does not show them. */
const inferred = { file: "policies/catalog.ts", name: "ObservabilityGuardArgs" };

/** Import paths of the package and the modules behind them. */
const entryPoints = {
  "@ticketing/observability": "components/index.ts",
  "@ticketing/observability/policies": "policies/index.ts",
  "@ticketing/observability/dashboards": "components/dashboards/index.ts",
};

const introduction = `# API reference

Everything that the package exports, with its types. \`npm run api\` generates this page from the source; a test fails when it is out of date. [Stability](stability.md) says what may change in which version.

Create the components in this order: SlackAlerting, PrometheusStack, then LokiStack, MonitoredServices and GrafanaDashboards, each with \`dependsOn: prometheus\`. [This example](../examples/everything/index.ts) connects them. The documentation of an argument names the output that it accepts. DatadogAgent and DatadogMonitors depend on no other component.

The components require \`@pulumi/pulumi\`, \`@pulumi/kubernetes\` and \`@pulumi/random\`, LokiStack with the storage \`s3\` also \`@pulumi/aws\`, and the policies \`@pulumi/policy\`.
`;

/** The text of docs/api.md. */
export function apiReport(): Promise<string> {
  const shown = new Set<string>();
  const isNew = ({ name }: Declared) => !shown.has(name) && Boolean(shown.add(name));
  const sections = Object.entries(entryPoints).map(([name, file]) => {
    const all = exportsOf(path.join(projectDirectory, file));
    const exported = all.filter(isNew);
    const referenced = referencesOf(all).filter(isNew);
    return [
      `## \`${name}\``,
      ...exported.map(declarationBlock),
      ...(referenced.length > 0 ? ["### Referenced types", ...referenced.map(codeBlock)] : []),
    ].join("\n\n");
  });
  return format([introduction, ...sections].join("\n"), { parser: "markdown", printWidth: 100 });
}

/** The same text without docstrings: signatures alone. */
export function signaturesOf(report: string): string {
  return report.replace(/^ *\/\*\*[^]*?\*\/\n/gm, "");
}

/** A name that a module declares, with all of its declarations (a constant and its type). */
interface Declared {
  name: string;
  module: Module;
  statements: ts.Statement[];
}

interface Module {
  declarations: Map<string, ts.Statement[]>;
  /** Local name to file and name there, for imports and re-exports of this project's files. */
  imports: Map<string, { file: string; name: string }>;
  reexports: Map<string, { file: string; name: string }>;
}

const modules = new Map<string, Module>();

/** What a module declares, read from the declaration file that the compiler would emit. */
function readModule(file: string): Module {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const { outputText } = ts.transpileDeclaration(fs.readFileSync(file, "utf8"), {
    fileName: file,
    compilerOptions: { declaration: true, strict: true, target: ts.ScriptTarget.ES2022 },
  });
  const source = ts.createSourceFile(file, outputText, ts.ScriptTarget.ES2022, true);
  const module: Module = { declarations: new Map(), imports: new Map(), reexports: new Map() };
  modules.set(file, module);
  for (const statement of source.statements) {
    const from = relativeModule(file, statement);
    if (ts.isImportDeclaration(statement)) {
      const bindings = statement.importClause?.namedBindings;
      if (from === undefined || bindings === undefined || !ts.isNamedImports(bindings)) continue;
      for (const { name, propertyName } of bindings.elements) {
        module.imports.set(name.text, { file: from, name: (propertyName ?? name).text });
      }
    } else if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      if (from === undefined || clause === undefined || !ts.isNamedExports(clause)) continue;
      for (const { name, propertyName } of clause.elements) {
        module.reexports.set(name.text, { file: from, name: (propertyName ?? name).text });
      }
    } else {
      for (const name of namesOf(statement)) {
        module.declarations.set(name, [...(module.declarations.get(name) ?? []), statement]);
      }
    }
  }
  return module;
}

function relativeModule(file: string, statement: ts.Statement): string | undefined {
  if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return undefined;
  const specifier = statement.moduleSpecifier;
  if (specifier === undefined || !ts.isStringLiteral(specifier)) return undefined;
  if (!specifier.text.startsWith(".")) return undefined;
  return path.resolve(path.dirname(file), `${specifier.text}.ts`);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = statement as ts.DeclarationStatement;
  return name === undefined ? [] : [name.text];
}

/** The declarations behind a name, through any number of re-exports. */
function resolve(file: string, name: string): Declared {
  const module = readModule(file);
  const statements = module.declarations.get(name);
  if (statements !== undefined) return { name, module, statements };
  const target = module.reexports.get(name) ?? module.imports.get(name);
  if (target === undefined) throw new Error(`${file} does not declare ${name}`);
  return resolve(target.file, target.name);
}

function exportsOf(file: string): Declared[] {
  const { declarations, reexports } = readModule(file);
  const exported = [...declarations].filter(([, statements]) => statements.some(isExported));
  const names = [...reexports.keys(), ...exported.map(([name]) => name)];
  return names.sort().map((name) => ({ ...resolve(file, name), name }));
}

function isExported(statement: ts.Statement): boolean {
  const flags = ts.getCombinedModifierFlags(statement as ts.Declaration & ts.Statement);
  return (flags & ts.ModifierFlags.Export) !== 0;
}

/** Declarations that the exported ones mention without exporting them. */
function referencesOf(exported: Declared[]): Declared[] {
  const seen = new Set(exported.flatMap(({ statements }) => statements));
  const queue = [...exported];
  const references: Declared[] = [];
  for (const { module, statements, name: from } of queue) {
    if (from === inferred.name) continue;
    for (const name of statements.flatMap(identifiersIn)) {
      const imported = module.imports.get(name);
      const local = module.declarations.get(name);
      if (imported === undefined && local === undefined) continue;
      const found =
        local === undefined && imported !== undefined
          ? resolve(imported.file, imported.name)
          : { name, module, statements: local ?? [] };
      if (found.statements.every((statement) => seen.has(statement))) continue;
      for (const statement of found.statements) seen.add(statement);
      references.push(found);
      queue.push(found);
    }
  }
  return references.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Identifiers that may refer to a declaration: all but the names of members and parameters. */
function identifiersIn(node: ts.Node): string[] {
  const names: string[] = [];
  const visit = (inner: ts.Node): void => {
    if (ts.isIdentifier(inner)) {
      const { name } = inner.parent as ts.NamedDeclaration;
      if (name !== inner) names.push(inner.text);
    }
    ts.forEachChild(inner, visit);
  };
  visit(node);
  return names;
}

function declarationBlock(declared: Declared): string {
  const code = declared.name === inferred.name ? inferredInterface() : codeBlock(declared);
  return `### ${declared.name}\n\n${code}`;
}

/** The interface with the members that the type-checker finds, inherited ones included. */
function inferredInterface(): string {
  const file = path.join(projectDirectory, inferred.file);
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    skipLibCheck: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    types: ["node"],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const node = source?.statements
    .filter(ts.isInterfaceDeclaration)
    .find(({ name }) => name.text === inferred.name);
  if (node === undefined) throw new Error(`${file} does not declare ${inferred.name}`);
  const textOf = (type: ts.Type): string =>
    checker.typeToString(type, node, ts.TypeFormatFlags.NoTruncation);
  const members = checker.getPropertiesOfType(checker.getTypeAtLocation(node)).map((member) => {
    const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(member, node));
    const [config] = type.aliasTypeArguments ?? [];
    if (type.aliasSymbol === undefined || config === undefined) {
      return `${member.name}?: ${textOf(type)};`;
    }
    const properties = checker
      .getPropertiesOfType(config)
      .map((property) => [property, checker.getTypeOfSymbolAtLocation(property, node)] as const)
      .map(([{ name }, value]) => `${name}: ${textOf(value)}`);
    return `${member.name}?: ${type.aliasSymbol.name}<{ ${properties.join("; ")} }>;`;
  });
  const code = `export interface ${inferred.name} {\n${members.join("\n")}\n}`;
  return `\`\`\`typescript\n${code}\n\`\`\`\n\n[Policies](policies.md) describes each policy and its properties.`;
}

function codeBlock({ statements }: Declared): string {
  const declarations = statements.map((statement) => statement.getFullText().trim()).join("\n");
  // Repeats the question mark for `exactOptionalPropertyTypes`.
  const code = declarations.replace(/(\?: pulumi\.Input<.*>) \| undefined;/g, "$1;");
  return `\`\`\`typescript\n${code}\n\`\`\``;
}
