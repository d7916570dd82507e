/** A request as IAM sees it. */
export interface IamRequest {
  action: string;
  resource?: string;
  /** Who asks: `Service:…`, `Federated:…`; anybody when absent. */
  principal?: string;
  /** Keys of the request's context, such as `aws:SecureTransport`. */
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
 * Whether the policies together allow a request: something allows it and nothing denies it. Knows
 * the operators that our documents use, and refuses to judge by others.
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
      Object.entries(keys).every(([key, wanted]) => {
        const given = request.context?.[key];
        if (operator === "StringEquals") return given === wanted;
        if (operator === "Bool") return given?.toLowerCase() === wanted;
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
