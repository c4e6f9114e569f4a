// PURE: an instant as the clock of a zone shows it.
/** "Mon, 1 Mar 2027, 09:00" as a clock in that zone shows it. A zone that this browser does not know is told in UTC. */
export function timeInZone(iso: string, timeZone: string): string {
  try {
    return format(timeZone).format(new Date(iso))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return `${format("UTC").format(new Date(iso))} UTC`
  }
}

const format = (timeZone: string) =>
  new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, weekday: "short", day: "numeric", month: "short", year: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  })
