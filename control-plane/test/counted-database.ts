/** The same database, with a note of every question that is put to it: a statement by itself, or a batch of them. */
export function countQuestions(real: D1Database): { database: D1Database; questions: string[] } {
  const questions: string[] = []
  return { questions, database: overheard(real, { before: (question) => void questions.push(question) }) }
}

/** What a test does before a question is put, or once its answer is there. */
export interface Ears {
  before?: (question: string) => void | Promise<void>
  after?: (question: string) => void | Promise<void>
}

/** The same database, and somebody who hears its questions: what they throw is the database's failure. */
export function overheard(real: D1Database, { before, after }: Ears): D1Database {
  const statements = new WeakMap<D1PreparedStatement, { real: D1PreparedStatement; sql: string }>()
  async function ask<T>(question: string, answer: () => Promise<T>): Promise<T> {
    await before?.(question)
    const answered = await answer()
    await after?.(question)
    return answered
  }

  function watch(statement: D1PreparedStatement, sql: string): D1PreparedStatement {
    const watched = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => watch(target.bind(...values), sql)
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== "function") return value
        return (...values: unknown[]) => ask(sql, () => Reflect.apply(value, target, values))
      },
    })
    statements.set(watched, { real: statement, sql })
    return watched
  }

  return new Proxy(real, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => watch(target.prepare(sql), sql)
      if (name === "batch")
        return (batch: D1PreparedStatement[]) => {
          const known = batch.map((one) => statements.get(one) ?? { real: one, sql: "a statement of nobody" })
          const question = `batch of ${batch.length}: ${known.map(({ sql }) => sql).join("; ")}`
          return ask(question, () => target.batch(known.map((one) => one.real)))
        }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" ? value.bind(target) : value
    },
  })
}
