// `npm run migrate:down`: says why there is none.
console.error(`There is no way down: migrations only add, so the version before works with the newer schema, and a rollback of the
Worker (npx wrangler rollback --name <worker>) needs none. To undo what was written to the database, go back in time instead:
  npx wrangler d1 time-travel info <database>
  npx wrangler d1 time-travel restore <database> --timestamp=<before it>`)
process.exitCode = 64
