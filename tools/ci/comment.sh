#!/usr/bin/env bash
# comment.sh: writes standard input as the preview comment of a pull request. A comment that an earlier
# run wrote is updated, so that a pull request has only one. Needs gh, REPOSITORY and PULL_REQUEST.
set -euo pipefail

marker='<!-- preview of the stacks -->'
body=$(mktemp)
trap 'rm -f "$body"' EXIT
{ printf '%s\n\n' "$marker"; cat; } > "$body"

comments="repos/$REPOSITORY/issues/$PULL_REQUEST/comments"
own=".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id"
id=$(gh api --paginate "$comments" --jq "$own" | head -n 1)
if [ -n "$id" ]; then
  gh api --method PATCH "repos/$REPOSITORY/issues/comments/$id" --field "body=@$body" > /dev/null
else
  gh api --method POST "$comments" --field "body=@$body" > /dev/null
fi
