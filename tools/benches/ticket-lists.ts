import type { Api } from "../api.ts"
import { type Numbers, quantiles, took } from "./measure.ts"
import type { Meter } from "./meter.ts"

/** Enough for a p95 that is not simply the slowest of them. */
const TIMES = 60
/** Everything as it is in an installation that is used: most tickets are old and done, few wait for somebody. */
const PROJECTS = 10
const SEED = `
INSERT INTO tickets (id, project_id, number, key, title, description, severity, category, phase, source, labels, pull_request, resolved, created_by, archived_at, created_at, updated_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
SELECT printf('tkt_%032x', i), printf('prj_%032x', i % ${PROJECTS}), i / ${PROJECTS} + 1, printf('P%d-%d', i % ${PROJECTS}, i / ${PROJECTS} + 1),
  'Ticket ' || i || ' about the shop', 'What happens when somebody does this: ' || hex(zeroblob(200)) || ' number ' || i,
  CASE WHEN i % 100 = 0 THEN 'critical' WHEN i % 10 = 0 THEN 'high' WHEN i % 3 = 0 THEN 'low' ELSE 'medium' END, 'bug',
  CASE i % 3 WHEN 0 THEN 'research' WHEN 1 THEN 'planning' ELSE 'execution' END, 'ui',
  json_array('team-' || (i % 20), CASE WHEN i % 5000 = 0 THEN 'rare' ELSE 'common' END),
  CASE WHEN i % 3 = 2 THEN json_object('url', 'https://forge.test/' || i, 'number', i, 'state', CASE WHEN i % 500 = 2 THEN 'open' ELSE 'merged' END) END,
  i % 7 = 0, 'usr_1', CASE WHEN i % 20 = 7 THEN 1 END, ?2 + i * 1000, ?2 + i * 1000 FROM n`
const DOCUMENTS = `INSERT INTO phase_documents (ticket_id, phase, state, revision, updated_at)
SELECT id, 'research', CASE WHEN number % 50 = 0 THEN 'approval_requested' ELSE 'approved' END, 1, created_at FROM tickets WHERE phase <> 'research'`
const JOBS = `INSERT INTO jobs (id, kind, project_id, ticket_id, clanker_id, exclusive, requested_by, spec, status, terminal, created_at, updated_at)
SELECT 'job' || substr(id, 4), 'research', project_id, id, 'clk_1', id, 'usr_1', '{}', 'succeeded', number % 1000 <> 0, created_at, created_at FROM tickets WHERE phase <> 'research'`

const PROJECT = `prj_${"0".repeat(32)}`
/** Each list as the page asks for it; the words with few or no hits are the hard ones. */
const LISTS: Record<string, string> = {
  all: "",
  project: `projectId=${PROJECT}`,
  statusOpen: "status=open",
  statusInProgress: "status=in_progress",
  statusInReview: "status=in_review",
  statusResolved: "status=resolved",
  phase: "phase=planning",
  severity: "severity=critical",
  label: "label=Common",
  labelRare: "label=Rare",
  q: "q=shop",
  qOne: "q=ticket 4711 about",
  qNone: "q=nothing has this",
  qLongNone: "q=no ticket of them all has so many words in this very order",
  archived: "archived=true",
  several: `projectId=${PROJECT}&status=in_review&severity=critical&label=team-0`,
}

export async function seedTickets(sql: (statement: string, ...values: number[]) => Promise<void>, tickets: number): Promise<void> {
  await sql(SEED, tickets, Date.UTC(2026, 0, 1))
  await sql(DOCUMENTS)
  await sql(JOBS)
  // A token notes its use once a minute: that write is no part of a list.
  await sql("UPDATE api_tokens SET last_used_at = ?", Date.now() + 3_600_000)
}

/** The first page of each list, and the page that follows it: the time until the answer is there, and how often D1 was asked. */
export async function ticketLists(api: Api, meter: Meter, tickets: number): Promise<Numbers> {
  const numbers: Numbers = { tickets, mostQueries: 0, slowestP95: 0 }
  for (const [name, query] of Object.entries(LISTS)) {
    const first = await measured(api, meter, `/api/tickets?${encodeURI(query)}`, numbers)
    numbers[name] = first.p95
    if (first.nextCursor === null) continue
    const next = await measured(api, meter, `/api/tickets?${encodeURI(query)}&cursor=${first.nextCursor}`, numbers)
    numbers[`${name}Next`] = next.p95
  }
  return numbers
}

async function measured(api: Api, meter: Meter, path: string, numbers: Numbers): Promise<{ p95: number; nextCursor: string | null }> {
  let all: number[] = []
  const read = () => api.get<{ nextCursor: string | null }>(path)
  const used = await meter.of(async () => {
    all = await took(TIMES, async () => void (await read()))
  })
  const { p95 } = quantiles(all)
  numbers["mostQueries"] = Math.max(numbers["mostQueries"] ?? 0, (used["d1Queries"] ?? 0) / TIMES)
  numbers["slowestP95"] = Math.max(numbers["slowestP95"] ?? 0, p95)
  return { p95, nextCursor: (await read()).nextCursor }
}
