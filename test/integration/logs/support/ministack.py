"""Changes the emulated account: `ministack.py <endpoint> <command> <JSON>`, with the result as JSON."""

import json
import sys

import botocore.session

endpoint, command, text = sys.argv[1:]
arguments = json.loads(text)


def client(service):
    return botocore.session.get_session().create_client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def start_session(role, trust, policy, bucket):
    """Creates the bucket and the role, and assumes the role."""
    client("s3").create_bucket(Bucket=bucket)
    iam = client("iam")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="access", PolicyDocument=policy)
    session = client("sts").assume_role(RoleArn=arn, RoleSessionName="loki-0")["Credentials"]
    return {
        "AccessKeyId": session["AccessKeyId"],
        "SecretAccessKey": session["SecretAccessKey"],
        "Token": session["SessionToken"],
    }


def set_policy(role, policy):
    client("iam").put_role_policy(RoleName=role, PolicyName="access", PolicyDocument=policy)


def list_keys(bucket):
    objects = client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return [item["Key"] for item in objects]


commands = {function.__name__: function for function in (start_session, set_policy, list_keys)}
print(json.dumps(commands[command](**arguments)))
