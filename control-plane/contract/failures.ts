import type { z } from "zod"
import type { failureSchema, shownFailureSchema } from "./failures.schema.ts"

export type Failure = z.infer<typeof failureSchema>
export type FailureKind = Failure["kind"]
export type ShownFailure = z.infer<typeof shownFailureSchema>

type Sentences = {
  [K in FailureKind]: { message: (failure: Extract<Failure, { kind: K }>) => string; advice: string; retryHelps: boolean }
}

/** One sentence for people and one next step for each kind. A new kind does not build without them. */
const SENTENCES: Sentences = {
  "queue-timeout": {
    message: () => "The job waited 24 hours for a free worker.",
    advice: "Raise the caps or connect another host, then retry.",
    retryHelps: true,
  },
  "launch-refused": {
    message: (f) => `The compute refused to start a worker${f.awsCode ? ` (${f.awsCode})` : ""}.`,
    advice: "Look at the cause below; start the clanker again if its deployment changed.",
    retryHelps: true,
  },
  "image-missing": {
    message: (f) => `The worker image${f.image ? ` ${f.image}` : ""} could not be found.`,
    advice: "Push or pull the image, or correct it on the clanker, then start the clanker again.",
    retryHelps: true,
  },
  "host-away": {
    message: () => "The host that should run the worker is not connected.",
    advice: "Start the host again, then retry.",
    retryHelps: true,
  },
  "never-started": {
    message: (f) => `The worker was started but never reported for work: ${f.reason}.`,
    advice: "Check that the worker's machine can reach the control plane, then retry.",
    retryHelps: true,
  },
  "worker-lost": {
    message: (f) => `The worker died before it finished: ${f.reason}.`,
    advice: "Retry: it goes on from the last checkpoint, and what was pushed is kept.",
    retryHelps: true,
  },
  "control-plane-unreachable": {
    message: () => "The worker could not reach the control plane.",
    advice: "Check the network between the worker and the control plane, then retry.",
    retryHelps: true,
  },
  "protocol-unsupported": {
    message: () => "The worker speaks a protocol version that the control plane does not know.",
    advice: "Use a worker image of the same release as the control plane.",
    retryHelps: false,
  },
  "invalid-payload": {
    message: (f) => `The job's payload was not valid: ${f.field}.`,
    advice: "This is a fault of the product: report it with the job's id.",
    retryHelps: false,
  },
  "secret-missing": {
    message: (f) => `The job needs ${f.names.length === 1 ? "a secret that is" : "secrets that are"} not there: ${f.names.join(", ")}.`,
    advice: "Add the secret and tick it on the clanker, then retry.",
    retryHelps: true,
  },
  "agent-not-installed": {
    message: (f) => `The agent's CLI${f.agent ? ` (${f.agent})` : ""} is not installed where the worker runs.`,
    advice: "Use an image that carries this agent, or install it on the host.",
    retryHelps: true,
  },
  "prompt-too-long": {
    message: (f) => `The prompt is ${f.actual} bytes long; this agent takes at most ${f.limit}.`,
    advice: "Shorten the ticket or the documents it builds on, or choose another agent, then retry.",
    retryHelps: true,
  },
  "setup-failed": {
    message: (f) => `The project's setup command failed with exit code ${f.exitCode}.`,
    advice: "Correct the setup command in the project's settings, then retry.",
    retryHelps: true,
  },
  "clone-failed": {
    message: (f) =>
      ({
        auth: "The repository could not be cloned: the credential was refused.",
        "not-found": "The repository could not be cloned: it does not exist, or the credential cannot see it.",
        network: "The repository could not be cloned: its server could not be reached.",
        branch: "The repository could not be cloned: the base branch does not exist.",
      })[f.hint],
    advice: "Check the repository URL, the base branch and the SCM credential in the project's settings, then retry.",
    retryHelps: true,
  },
  "agent-auth-failed": {
    message: () => "The model's provider refused the agent's key.",
    advice: "Rotate the agent's secret, then retry.",
    retryHelps: true,
  },
  "agent-usage-limit": {
    message: (f) => `The agent reached its usage limit${f.resetsAt ? `, which resets at ${f.resetsAt}` : ""}.`,
    advice: "Retry after the reset, or use another key: the work so far is kept.",
    retryHelps: true,
  },
  "agent-failed": {
    message: (f) =>
      `The agent ended without finishing${f.signal ? ` (signal ${f.signal})` : f.exitCode === undefined ? "" : ` (exit code ${f.exitCode})`}.`,
    advice: "Read its last lines; retry, if need be with more context. The work so far is kept.",
    retryHelps: true,
  },
  "agent-timeout": {
    message: (f) => `The job reached its time limit of ${Math.round(f.limitMs / 60_000)} minutes.`,
    advice: "Raise the time limit or split the ticket, then retry: the work so far is kept.",
    retryHelps: true,
  },
  "budget-exceeded": {
    message: (f) => `The job reached its budget of $${f.limit}.`,
    advice: "Raise the budget in the project's settings, then retry: the work so far is kept.",
    retryHelps: true,
  },
  "no-document": {
    message: () => "The agent ended without writing the document.",
    advice: "Retry, if need be with more context.",
    retryHelps: true,
  },
  "no-changes": {
    message: () => "The agent ended without changing the code.",
    advice: "Make the plan more precise or add context, then retry.",
    retryHelps: true,
  },
  "too-many-changes": {
    message: (f) => `The agent changed ${f.actual} files; the project allows ${f.limit}.`,
    advice: "Raise the limit or split the ticket, then retry.",
    retryHelps: true,
  },
  "tests-failed": {
    message: (f) => `The tests failed after the change: ${f.command}.`,
    advice: "Read their output; retry with it as context.",
    retryHelps: true,
  },
  "protected-path": {
    message: (f) => `The change touches protected paths: ${f.paths.join(", ")}.`,
    advice: "Allow them in the project's settings if this is wanted, then retry.",
    retryHelps: true,
  },
  "secret-in-diff": {
    message: (f) => `The change contains something that looks like a secret (${f.where}); nothing was pushed.`,
    advice: "Retry; if the text is no secret, rename it.",
    retryHelps: true,
  },
  "change-too-large": {
    message: (f) =>
      f.path === undefined
        ? `The change is larger than ${megabytes(f.limit)} MiB: more than can be looked through; nothing was pushed.`
        : `The change contains a file of ${megabytes(f.actual ?? 0)} MiB (${f.path}); the limit is ${megabytes(f.limit)} MiB.`,
    advice: "Retry with the hint not to add build results or data; large files that belong to the repository need Git LFS.",
    retryHelps: true,
  },
  "lfs-failed": {
    message: (f) =>
      ({
        "not-installed": "The project uses Git LFS, and git-lfs is not installed where the worker runs.",
        "not-enabled":
          "The change contains files that the repository keeps in Git LFS, and the project does not use it; nothing was pushed.",
        download: "The files that Git LFS keeps could not be fetched.",
        upload: "The forge did not take the files that Git LFS keeps; nothing was pushed.",
      })[f.reason],
    advice:
      "Install git-lfs where the worker runs, switch Git LFS on in the project's settings, or check the credential's rights; then retry.",
    retryHelps: true,
  },
  "branch-diverged": {
    message: (f) => `Somebody else pushed to the branch meanwhile; the work was saved as ${f.savedAs}.`,
    advice: "Merge that branch by hand, or retry on top of the new state.",
    retryHelps: true,
  },
  "push-rejected": {
    message: () => "The repository refused the push.",
    advice: "Check the credential's rights and the branch rules, then retry: the change is pushed without running the agent again.",
    retryHelps: true,
  },
  "pull-request-rejected": {
    message: (f) =>
      f.status === 0
        ? "The forge could not be reached for the pull request; the branch was pushed."
        : `The forge refused the pull request (${f.status}); the branch was pushed.`,
    advice: "Read the forge's words below, then retry: only the pull request is opened.",
    retryHelps: true,
  },
  "out-of-memory": {
    message: () => "The worker ran out of memory.",
    advice: "Give the clanker more memory, start it again, then retry.",
    retryHelps: true,
  },
  "disk-full": {
    message: () => "The worker's disk was full.",
    advice: "Give the clanker more storage, start it again, then retry.",
    retryHelps: true,
  },
  internal: {
    message: () => "Something went wrong inside the product.",
    advice: "Retry; if it happens again, report it with the job's id.",
    retryHelps: true,
  },
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1024 / 1024)

/** The failure with its sentence and advice, as the API and the UI show it. */
export function showFailure(failure: Failure): ShownFailure {
  const { message, advice, retryHelps } = sentenceOf(failure)
  return { ...failure, step: failure.step ?? null, message, advice, lastLines: failure.lastLines ?? [], retryHelps }
}

function sentenceOf<K extends FailureKind>(
  failure: Extract<Failure, { kind: K }>,
): { message: string; advice: string; retryHelps: boolean } {
  const kind: K = failure.kind
  const sentence: { message: (failure: Extract<Failure, { kind: K }>) => string; advice: string; retryHelps: boolean } = SENTENCES[kind]
  return { ...sentence, message: sentence.message(failure) }
}
