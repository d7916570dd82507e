#!/usr/bin/env bash
# report.sh FILE: prints the output of a preview as Markdown, for a comment or a summary. GitHub rejects
# comments over 65,536 characters, so a long output is cut; the whole output is in the log of the run.
set -euo pipefail

title=$(basename "$1" .txt)
limit=28000 # bytes for each of the two stacks, with room for the text around them
printf '<details><summary>%s: %s</summary>\n\n````text\n' "${title/-/ of }" "$(tail -n 1 "$1")"
head -c "$limit" "$1"
printf '\n````\n\n'
if [ "$(wc -c < "$1")" -gt "$limit" ]; then
  printf 'The output is cut. The log of the run has all of it.\n\n'
fi
printf '</details>\n\n'
