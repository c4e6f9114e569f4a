/** The one table of id prefixes. An id is `<prefix>_` + a time-ordered UUIDv7 in 32 lower-case hex digits. */
export const ID_PREFIXES = {
  attachment: "att",
  clanker: "clk",
  clawTemplate: "tpl",
  comment: "cmt",
  delivery: "dlv",
  execution: "exe",
  host: "hst",
  job: "job",
  lease: "lea",
  project: "prj",
  request: "req",
  schedule: "sch",
  secret: "sec",
  ticket: "tkt",
  token: "tok",
  user: "usr",
} as const

export type IdKind = keyof typeof ID_PREFIXES
export type NewId = (kind: IdKind) => string
