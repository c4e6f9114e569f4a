import { useQuery } from "../../api/use-query.ts"
import type { JSX } from "solid-js"
import { promptQuery } from "../../api/queries.ts"
import { Code } from "../../kit/code.tsx"
import { Loaded } from "../../parts/loaded.tsx"

/** Exactly what the agent was given. */
export function Prompt(props: { jobId: string }): JSX.Element {
  const prompt = useQuery(() => promptQuery(props.jobId))
  return <Loaded query={prompt}>{(loaded) => <Code text={loaded().prompt} label="Prompt" copy wrap tall />}</Loaded>
}
