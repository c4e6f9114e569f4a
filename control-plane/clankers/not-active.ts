import type { ClankerStatus } from "#contract/clankers.ts"
import { AppError } from "../errors.ts"

/** A run was asked of a clanker that takes no jobs. */
export const notActive = ({ id, name, status, statusMessage }: Refusing): AppError =>
  new AppError("clanker.not-active", `The clanker ${name} takes no jobs now (${statusMessage ?? status}): start it first.`, {
    clankerId: id,
    status,
    statusMessage,
  })
interface Refusing {
  id: string
  name: string
  status: ClankerStatus
  statusMessage: string | null
}
