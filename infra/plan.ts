// `npm run plan <stack> [dev|prod] [--details]`: what a stack would make, from its program alone.
import { RunError } from "@pulumi/pulumi"
import { type Registered, runUpTo, STACKS } from "./offline.ts"
import { ENVIRONMENTS } from "./read.ts"

const USAGE = `npm run plan <${STACKS.join("|")}> [${ENVIRONMENTS.join("|")}] [-- --details]`

const words = process.argv.slice(2)
const details = words.includes("--details")
const [wanted = "", named = "dev", ...rest] = words.filter((word) => word !== "--details")
const stack = STACKS.find((name) => name === wanted)
const environment = ENVIRONMENTS.find((name) => name === named)
if (!stack) refuse(`There is no stack "${wanted}": ${STACKS.join(", ")}.`)
else if (!environment) refuse(`There is no environment "${named}": ${ENVIRONMENTS.join(", ")}.`)
else if (rest.length > 0) refuse(`"${rest.join(" ")}" means nothing here.`)
else await plan(stack, environment)

function refuse(why: string): void {
  console.error(`${why}\n${USAGE}`)
  process.exitCode = 64
}

async function plan(last: (typeof STACKS)[number], of: (typeof ENVIRONMENTS)[number]): Promise<void> {
  const run = (await runUpTo(last, of).catch(told))?.[last]
  if (!run) return
  console.log(
    `viberglass-${last}, ${of}: ${run.resources.length} things. No engine and no account was asked: this is what the program wants,`,
  )
  console.log("not how it differs from what is there (pulumi preview says that).\n")
  for (const made of run.resources) {
    console.log(`  + ${kindOf(made).padEnd(44)} ${made.name.padEnd(28)} ${calledIn(made)}`)
    if (details) console.log(shown(made))
  }
  console.log(`\nExports: ${Object.keys(run.outputs).join(", ")}`)
  if (run.placeholders.length > 0) console.log(`Stood in for, as no file has a value: ${run.placeholders.join(", ")}`)
}

/** A wrong setting is told in words; anything else is a mistake of ours and keeps its trace. */
function told(error: unknown): void {
  if (!RunError.isInstance(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}

/** `aws:ec2/vpc:Vpc` → `ec2 Vpc` */
function kindOf({ type }: Registered): string {
  return type.replace(/^aws:(\w+)\/\w+:/, "$1 ")
}

function calledIn({ inputs, name }: Registered): string {
  const called =
    [inputs["name"], inputs["family"], inputs["bucket"], inputs["serviceName"]].find((value) => typeof value === "string") ?? ""
  return called === name ? "" : called
}

function shown({ inputs, secret }: Registered): string {
  const open = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, secret.includes(key) ? "(secret)" : value]))
  return JSON.stringify(open, null, 2).replaceAll(/^/gm, "      ")
}
