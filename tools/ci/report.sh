#!/usr/bin/env bash
# report.sh FILE...: prints the output of a preview as Markdown, for a comment or a summary. Markdown (.md)
# stays as it is, other output is folded. GitHub rejects comments over 65,536 characters, so a long
# output is cut; the whole output is in the log of the run.
set -euo pipefail

# Bytes for each of the two stacks, with room for the text around them.
limit_markdown=8000
limit_text=20000

cut_note() {
  if [ "$(wc -c < "$1")" -gt "$2" ]; then
    printf 'The output is cut. The log of the run has all of it.\n\n'
  fi
}

for file in "$@"; do
  if [[ $file == *.md ]]; then
    head -c "$limit_markdown" "$file"
    printf '\n\n'
    cut_note "$file" "$limit_markdown"
  else
    title=$(basename "$file" .txt)
    printf '<details><summary>%s: %s</summary>\n\n````text\n' "${title/-/ of }" "$(tail -n 1 "$file")"
    head -c "$limit_text" "$file"
    printf '\n````\n\n'
    cut_note "$file" "$limit_text"
    printf '</details>\n\n'
  fi
done
