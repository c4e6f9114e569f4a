// PURE: what an agent is told that goes on with earlier work. The task itself always follows in full.

/** For a session that is gone on with: it remembers, but not where things are now. */
export function sessionPrompt(prompt: string, { from, to }: { from: string; to: string }): string {
  const moved = from === to ? "" : ` The repository is now in ${to}; it was in ${from}, and other folders have moved in the same way.`
  return `You have worked on this task in this session and were interrupted. Your files are as they were a little before that: look at them before you rely on what you remember of them.${moved} Go on where you were; do not begin anew. This is the task as it stands now:\n\n${prompt}`
}

/** For a new session over files that an earlier one left. */
export function checkpointPrompt(prompt: string): string {
  return `An earlier session has worked on this task and was interrupted. What it had changed lies in the work tree as uncommitted changes ("git status" and "git diff" show them), and what it had written for the output folder lies there. Look at both first and go on from them; do not begin anew. This is the task as it stands now:\n\n${prompt}`
}
