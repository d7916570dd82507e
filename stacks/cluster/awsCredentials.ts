import * as pulumi from "@pulumi/pulumi";
import { defined } from "../../components/shared/defined";

/** AWS CLI settings that select the same credentials as the AWS provider. */
export interface AwsCredentials {
  profile?: string;
  roleArn?: string;
}

interface AssumedRole {
  roleArn?: string;
  externalId?: string;
}

/**
 * Returns the credentials in the AWS provider's configuration. Often only these credentials can access
 * the cluster's API, so the token command must not fall back to others.
 */
export function awsCredentials(): AwsCredentials {
  const config = new pulumi.Config("aws");
  const profile = config.get("profile");
  const [role, ...more] = config.getObject<AssumedRole[]>("assumeRoles") ?? [];
  if (more.length > 0 || role?.externalId !== undefined) {
    const reason = more.length > 0 ? "must have one role" : "must not have an externalId";
    throw new pulumi.RunError(
      `aws:assumeRoles ${reason}: \`aws eks get-token\`, which gets the token for the cluster, supports neither several roles nor an external ID\n` +
        "  fix: configure the role in a profile of the AWS CLI, then run: pulumi config rm aws:assumeRoles && pulumi config set aws:profile <profile>",
    );
  }
  return defined({ profile, roleArn: role?.roleArn });
}
