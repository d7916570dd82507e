import { ExpectedError } from "../../preview/config/errors";
import { run } from "../pulumi/pulumiCli";
import { Fate, type Finding } from "./finding";
import type { Registered } from "./registered";

interface Inputs {
  bucket: string;
  name: string;
  role: string;
  clusterName: string;
  namespace: string;
  serviceAccount: string;
}

/** Looks up a resource in the account, by resource type. Returns its import ID if it exists. */
const lookups: Record<string, (inputs: Inputs, region?: string) => Promise<string | undefined>> = {
  "aws:s3/bucket:Bucket": ({ bucket }) =>
    ifFound(bucket, ["s3api", "head-bucket", "--bucket", bucket]),
  "aws:iam/role:Role": ({ name }) => ifFound(name, ["iam", "get-role", "--role-name", name]),
  "aws:iam/rolePolicy:RolePolicy": ({ role, name }) =>
    ifFound(`${role}:${name}`, [
      ...["iam", "get-role-policy", "--role-name", role, "--policy-name", name],
    ]),
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": async (
    { clusterName, namespace, serviceAccount },
    region,
  ) => {
    const scope = ["--cluster-name", clusterName, "--namespace", namespace];
    const response = await aws([
      ...["eks", "list-pod-identity-associations", ...scope],
      ...["--service-account", serviceAccount],
      // Otherwise, the AWS CLI uses the region from its own configuration.
      ...(region === undefined ? [] : ["--region", region]),
    ]);
    const { associations } = JSON.parse(response ?? '{"associations":[]}') as {
      associations: { associationId: string }[];
    };
    const [association] = associations;
    return association && `${clusterName},${association.associationId}`;
  },
};

const effects: Record<string, string> = {
  "aws:s3/bucket:Bucket":
    "its objects remain; it becomes private, encrypted, versioned and TLS only, and logs with another schema need a setting to stay readable (docs/migration.md)",
  "aws:iam/role:Role": "only Loki's service account can assume it",
  "aws:iam/rolePolicy:RolePolicy": "its actions become those that Loki needs",
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": "it binds the program's role",
};

/** Returns the existing AWS resource that matches a registered one. */
export async function existingInAws(resource: Registered, region?: string): Promise<Finding[]> {
  const { entry, inputs } = resource;
  const id = await lookups[entry.type]?.(inputs as unknown as Inputs, region);
  if (id === undefined) return [];
  const kind = entry.type.split(":").at(-1);
  const effect = effects[entry.type] ?? "";
  return [{ fate: Fate.Adopted, what: `${kind} ${id}`, effect, adopts: { resource, id } }];
}

/** Returns the ID if the command finds the resource. Some commands print nothing. */
async function ifFound(id: string, args: string[]): Promise<string | undefined> {
  return (await aws(args)) === undefined ? undefined : id;
}

/** Returns the output of the AWS CLI, or undefined if the requested resource does not exist. */
async function aws(args: string[]): Promise<string | undefined> {
  const { code, out, err } = await run("aws", [...args, "--output", "json"], {
    missing: "the AWS CLI is not on the PATH\n  fix: https://aws.amazon.com/cli/",
  });
  if (code === 0) return out;
  if (/\(404\)|NoSuchEntity|ResourceNotFound|Not Found/.test(err)) return undefined;
  throw new ExpectedError(`aws ${args.join(" ")} failed: ${err.trim()}`);
}
