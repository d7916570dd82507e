/** A request that IAM evaluates. */
export interface IamRequest {
  action: string;
  resource?: string;
  /** Principal: `Service:…`, `Federated:…`. Default: anonymous. */
  principal?: string;
  /** Condition keys of the request context, such as `aws:SecureTransport`. */
  context?: Record<string, string>;
}

interface Statement {
  Effect: "Allow" | "Deny";
  Action: string | string[];
  Resource?: string | string[];
  Principal?: "*" | Record<string, string>;
  Condition?: Record<string, Record<string, string>>;
}

/**
 * Whether policy documents together allow a request: at least one statement allows it and none denies
 * it. Supports only the operators of our documents, and throws for others.
 */
export function allows(documents: string[], request: IamRequest): boolean {
  const effects = documents
    .flatMap((document) => (JSON.parse(document) as { Statement: Statement[] }).Statement)
    .filter((statement) => applies(statement, request))
    .map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

function applies(statement: Statement, request: IamRequest): boolean {
  const { Action, Resource, Principal, Condition = {} } = statement;
  return (
    list(Action).some((pattern) => matches(pattern, request.action, "i")) &&
    (Resource === undefined ||
      list(Resource).some((pattern) => matches(pattern, request.resource ?? ""))) &&
    (Principal === undefined ||
      Principal === "*" ||
      Object.entries(Principal).some(([kind, who]) => `${kind}:${who}` === request.principal)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, expected]) => {
        const actual = request.context?.[key];
        if (operator === "StringEquals") return actual === expected;
        if (operator === "Bool") return actual?.toLowerCase() === expected;
        throw new Error(`unknown operator ${operator}`);
      }),
    )
  );
}

function list(value: string | string[]): string[] {
  return Array.isArray(value) ? value : [value];
}

function matches(pattern: string, text: string, flags = ""): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const expression = escaped.replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${expression}$`, flags).test(text);
}
