import { For, type JSX, Show } from "solid-js"
import "./table.css"

export interface Column<T> {
  header: string
  cell: (row: T) => JSX.Element
  /** Numbers and times read best at the end. */
  align?: "start" | "end" | undefined
  /** Columns that a narrow screen does without. */
  hideWhen?: "narrow" | "medium" | undefined
  /** Takes the room that is left. */
  grow?: boolean | undefined
  headerHidden?: boolean | undefined
}
interface TableProps<T> {
  /** What the table lists, for readers that cannot see it. */
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  /** Where a row leads: the whole row is a target, its first cell carries the link (`data-row-link` on it for `j`/`k`). */
  href?: ((row: T) => string) | undefined
}

export function Table<T>(props: TableProps<T>): JSX.Element {
  return (
    <div class="table-frame">
      <table class="table" aria-label={props.label} data-linked={props.href ? "" : undefined}>
        <thead>
          <tr>
            <For each={props.columns}>
              {(column) => (
                <th scope="col" data-align={column.align} data-hide={column.hideWhen} data-grow={column.grow ? "" : undefined}>
                  <span classList={{ "visually-hidden": column.headerHidden === true }}>{column.header}</span>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr>
                <For each={props.columns}>
                  {(column, index) => (
                    <td data-align={column.align} data-hide={column.hideWhen} data-grow={column.grow ? "" : undefined}>
                      <Show when={index() === 0 && props.href} fallback={column.cell(row)}>
                        {(href) => (
                          <a class="row-link" data-row-link href={href()(row)}>
                            {column.cell(row)}
                          </a>
                        )}
                      </Show>
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}
