"use strict";

/**
 * Posts standard input as a comment on a GitHub pull request or as a note on a GitLab merge request. A
 * later run updates the comment, so there is always just one. Requires GH_TOKEN and PULL_REQUEST on
 * GitHub, and PREVIEW_NOTE_TOKEN on GitLab. Without the GitLab token, it prints the name of the artifact
 * that contains the report instead. CI runners set all other variables. It runs without `npm ci`, so it
 * uses only Node.js.
 */

const fs = require("node:fs");

const marker = "<!-- preview of the stacks -->";
const { env } = process;

/** Returns the URLs of the comment API, and how to recognize and update this script's own comment. */
async function host() {
  if (!env.GITLAB_CI) {
    const comments = `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues`;
    return {
      list: `${comments}/${env.PULL_REQUEST}/comments`,
      comment: (id) => `${comments}/comments/${id}`,
      update: "PATCH",
      isOwn: ({ user }) => user.type === "Bot",
    };
  }
  const { CI_API_V4_URL: api, CI_MERGE_REQUEST_PROJECT_ID: project } = env;
  const notes = `${api}/projects/${project}/merge_requests/${env.CI_MERGE_REQUEST_IID}/notes`;
  const { id: ownId } = await call("GET", `${api}/user`);
  return {
    list: notes,
    comment: (id) => `${notes}/${id}`,
    update: "PUT",
    isOwn: ({ author }) => author.id === ownId,
  };
}

async function call(method, url, comment) {
  const response = await fetch(url, {
    method,
    headers: {
      "content-type": "application/json",
      "user-agent": "preview",
      ...(env.GITLAB_CI
        ? { "private-token": env.PREVIEW_NOTE_TOKEN }
        : { authorization: `Bearer ${env.GH_TOKEN}` }),
    },
    ...(comment !== undefined && { body: JSON.stringify({ body: comment }) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`${method} ${url} was answered with ${response.status}`);
  return response.json();
}

/**
 * Returns the ID of an earlier run's comment. The marker is not enough to identify it, because anyone
 * can copy it.
 */
async function existing({ list, isOwn }) {
  for (let page = 1; ; page++) {
    const comments = await call("GET", `${list}?per_page=100&page=${page}`);
    if (comments.length === 0) return undefined;
    const earlier = comments.find((each) => isOwn(each) && each.body.startsWith(marker));
    if (earlier !== undefined) return earlier.id;
  }
}

const need = env.GITLAB_CI
  ? "PREVIEW_NOTE_TOKEN must be a project access token that has not expired, with the role Reporter and the scope api"
  : "the job needs the permission pull-requests: write";

async function main() {
  const report = fs.readFileSync(0, "utf8");
  if (env.GITLAB_CI && !env.PREVIEW_NOTE_TOKEN) {
    console.log(
      "The report is the artifact Preview of this merge request.\n" +
        "For a note that each pipeline updates, create a project access token with the role Reporter and the\n" +
        "scope api, and set it as the CI/CD variable PREVIEW_NOTE_TOKEN: masked and not protected.",
    );
    return;
  }
  const body = `${marker}\n\n${report}`;
  const target = await host();
  const id = await existing(target);
  if (id === undefined) await call("POST", target.list, body);
  else await call(target.update, target.comment(id), body);
}

main().catch((error) => {
  const reason = error.cause?.message || error.cause?.code || error.message;
  console.error(`error: the comment was not written: ${reason}\n  fix: ${need}`);
  process.exitCode = 1;
});
