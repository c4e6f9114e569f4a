const UNITS = ["B", "kB", "MB", "GB", "TB"] as const

/** "812 B", "4.1 kB", "1.2 GB". */
export function bytes(size: number): string {
  const power = size < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(size) / 3))
  const amount = size / 1000 ** power
  return `${power === 0 ? amount : amount.toFixed(1)} ${UNITS[power]}`
}
