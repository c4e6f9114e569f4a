/** One changing act that was carried out. What was refused changed nothing and is not here. */
export interface AuditEntry {
  id: string
  at: string
  /** `name` is null when the user is gone. */
  actor: { id: string; name: string | null }
  /** Method and route, such as `patch /api/clankers/:id`. */
  act: string
  /** The same in words; null for an act that this release does not know any more. */
  summary: string | null
  /** The path that was called, with its ids, and with that of what it made. */
  subject: string
  /** Where the request came from, as Cloudflare saw it; null when it did not come through Cloudflare. */
  address: string | null
  status: number
  requestId: string
}
