import { createMemo, For, type JSX, Show } from "solid-js"
import { queryOptions } from "@tanstack/solid-query"
import { get } from "../../api/client.ts"
import { useQuery } from "../../api/use-query.ts"
import { Card } from "../../kit/card.tsx"
import { Code } from "../../kit/code.tsx"
import { Skeleton } from "../../kit/skeleton.tsx"
import { Loaded } from "../../parts/loaded.tsx"
import { PageHeader } from "../../parts/page-header.tsx"
import { paths } from "../../paths.ts"
import { type Document, groupsOf, type Shown } from "./operations.ts"
import { limitsOf, outline } from "./outline.ts"
import "./api-docs.css"

const documentQuery = () =>
  queryOptions({ queryKey: ["openapi"], queryFn: () => get<Document>("/api/openapi.json"), staleTime: Number.POSITIVE_INFINITY })

/** The API as its own document describes it, to be read by people; open to everybody, as the document is. */
export default function ApiDocs(): JSX.Element {
  const document = useQuery(documentQuery)
  return (
    <main class="page api-docs">
      <PageHeader
        title="The API"
        parent={{ label: "Viberglass", href: paths.dashboard() }}
        meta={
          <span>
            Everything that the pages do goes through it. <code>Authorization: Bearer vg_…</code> takes a token from Settings. The same for
            programs:{" "}
            <a href="/api/openapi.json" rel="external">
              openapi.json
            </a>
            .
          </span>
        }
      />
      <Loaded query={document} skeleton={<Skeleton lines={12} label="Loading the API" />}>
        {(loaded) => <Groups document={loaded()} />}
      </Loaded>
    </main>
  )
}

function Groups(props: { document: Document }): JSX.Element {
  const groups = createMemo(() => groupsOf(props.document))
  return (
    <>
      <nav class="api-index" aria-label="Parts of the API">
        <For each={groups()}>{({ name }) => <a href={`#${name}`}>{name}</a>}</For>
      </nav>
      <For each={groups()}>
        {({ name, operations }) => (
          <section id={name} aria-label={name}>
            <Card title={name} flush>
              <For each={operations}>{(operation) => <Operation operation={operation} />}</For>
            </Card>
          </section>
        )}
      </For>
    </>
  )
}

function Operation(props: { operation: Shown }): JSX.Element {
  return (
    <details class="api-operation" id={props.operation.id}>
      <summary>
        <span class="api-method">{props.operation.method}</span>
        <code>{props.operation.path}</code>
        <span class="soft">{props.operation.summary}</span>
      </summary>
      <div class="api-parts">
        <Show when={!props.operation.needsToken}>
          <p class="soft small">Needs no token.</p>
        </Show>
        <Parameters parameters={props.operation.parameters} />
        <Show when={props.operation.body}>
          {(body) => <Part title={body().type === "application/json" ? "Body" : `Body, ${body().type}`} text={outline(body().schema)} />}
        </Show>
        <For each={props.operation.replies}>
          {({ status, schema }) => <Part title={`Answer ${status}`} text={schema ? outline(schema) : "nothing"} />}
        </For>
      </div>
    </details>
  )
}

const Parameters = (props: { parameters: Shown["parameters"] }) => (
  <Show when={props.parameters.length > 0}>
    <dl class="api-parameters">
      <For each={props.parameters}>
        {({ name, in: place, required, schema }) => (
          <div>
            <dt>
              <code>{name}</code>{" "}
              <span class="soft small">{place === "path" ? "in the path" : required ? "in the query" : "optional"}</span>
            </dt>
            <dd class="soft small">{[outline(schema), limitsOf(schema)].filter(Boolean).join(", ")}</dd>
          </div>
        )}
      </For>
    </dl>
  </Show>
)

const Part = (props: { title: string; text: string }) => (
  <div>
    <h3 class="small">{props.title}</h3>
    <Code label={props.title} text={props.text} wrap />
  </div>
)
