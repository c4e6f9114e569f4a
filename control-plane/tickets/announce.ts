import type { Context } from "../context.ts"
import { wordsOf } from "../errors.ts"
import { feedObject } from "../feed/stub.ts"
import type { TicketRecord } from "./store.ts"

/** Wakes the browsers. What was written stands without it, so a feed that does not answer is noted and no more. */
export async function announceTicket({ env, log, now }: Context, { id, projectId }: Pick<TicketRecord, "id" | "projectId">): Promise<void> {
  try {
    await feedObject(env).tell({ type: "changed", noun: "ticket", id, projectId, version: now() })
  } catch (error) {
    log.warn("feed.silent", { ticketId: id, error: wordsOf(error) })
  }
}
