const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 })
const money = new Intl.NumberFormat("en", { style: "currency", currency: "USD", minimumFractionDigits: 2 })
const smallMoney = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumSignificantDigits: 2 })

/** "1.2K", "3.4M". */
export const tokens = (count: number): string => compact.format(count)
/** "$1.23"; "$0.0042" below a cent. */
export const dollars = (amount: number): string => (amount > 0 && amount < 0.01 ? smallMoney : money).format(amount)
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
