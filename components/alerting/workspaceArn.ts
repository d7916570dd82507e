import { z } from "zod";
import { example } from "../shared/problems";

const form = /^arn:(aws[a-z-]*):aps:([a-z0-9-]+):(\d{12}):workspace\/(ws-[a-z0-9-]+)$/;

/** ARN of an Amazon Managed Service for Prometheus workspace. */
export const workspaceArn = example(
  z.string().regex(form, "must be the ARN of an Amazon Managed Service for Prometheus workspace"),
  "arn:aws:aps:us-east-1:123456789012:workspace/ws-1234abcd-12ab-34cd-56ef-1234567890ab",
);

/** Returns the parts of a workspace ARN. If the ARN is unknown, each part is unknown. */
export function workspaceArnParts(arn: string) {
  const [, partition = arn, region = arn, account = arn, id = arn] = form.exec(arn) ?? [];
  return { partition, region, account, id };
}
