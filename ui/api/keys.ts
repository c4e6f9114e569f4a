/** The nouns of the feed and of query keys: every key begins with its noun, so that a change finds what it touches. */
export const keys = {
  me: ["me"],
  dashboard: ["dashboard"],
  agents: ["agent"],
  ticket: { all: ["ticket"], list: ["ticket", "list"], one: (id: string) => ["ticket", "one", id] },
  job: { all: ["job"], list: ["job", "list"], one: (id: string) => ["job", "one", id] },
  clanker: { all: ["clanker"], list: ["clanker", "list"], one: (id: string) => ["clanker", "one", id] },
  project: { all: ["project"], list: ["project", "list"], one: (id: string) => ["project", "one", id] },
  secret: { all: ["secret"], list: ["secret", "list"], one: (id: string) => ["secret", "one", id] },
  template: { all: ["template"], list: ["template", "list"], one: (key: string) => ["template", "one", key] },
  claw: { all: ["claw"], templates: ["claw", "templates"], schedules: ["claw", "schedules"], one: (id: string) => ["claw", "one", id] },
  user: { all: ["user"], list: ["user", "list"] },
  settings: ["settings"],
  host: { all: ["host"], list: ["host", "list"], one: (id: string) => ["host", "one", id] },
} as const
