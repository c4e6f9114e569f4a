/** The same database, with a note of every question that is put to it: a statement by itself, or a batch of them. */
export function countQuestions(real: D1Database): { database: D1Database; questions: string[] } {
  const questions: string[] = []
  const statements = new WeakMap<D1PreparedStatement, { real: D1PreparedStatement; sql: string }>()

  function watch(statement: D1PreparedStatement, sql: string): D1PreparedStatement {
    const watched = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => watch(target.bind(...values), sql)
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== "function") return value
        return (...values: unknown[]) => {
          questions.push(sql)
          return Reflect.apply(value, target, values)
        }
      },
    })
    statements.set(watched, { real: statement, sql })
    return watched
  }

  const database = new Proxy(real, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => watch(target.prepare(sql), sql)
      if (name === "batch")
        return (batch: D1PreparedStatement[]) => {
          const known = batch.map((one) => statements.get(one) ?? { real: one, sql: "a statement of nobody" })
          questions.push(`batch of ${batch.length}: ${known.map(({ sql }) => sql).join("; ")}`)
          return target.batch(known.map((one) => one.real))
        }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
  return { database, questions }
}
