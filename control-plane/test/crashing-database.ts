/** The same database; now and then the process that asks dies, before the question is carried out or after. */
export function crashingDatabase(real: D1Database, random: () => number, rate: number): { database: D1Database; crashes: () => number } {
  let crashes = 0
  const statements = new WeakMap<D1PreparedStatement, D1PreparedStatement>()
  async function risk<T>(ask: () => Promise<T>): Promise<T> {
    const fate = random()
    if (fate < rate / 2) return crash()
    const answer = await ask()
    return fate < rate ? crash() : answer
  }
  function crash(): never {
    crashes += 1
    throw new Error("the process died")
  }
  function watch(statement: D1PreparedStatement): D1PreparedStatement {
    const watched = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => watch(target.bind(...values))
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== "function") return value
        return (...values: unknown[]) => risk(async () => Reflect.apply(value, target, values))
      },
    })
    statements.set(watched, statement)
    return watched
  }
  const database = new Proxy(real, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => watch(target.prepare(sql))
      if (name === "batch")
        return (batch: D1PreparedStatement[]) => risk(() => target.batch(batch.map((one) => statements.get(one) ?? one)))
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
  return { database, crashes: () => crashes }
}
